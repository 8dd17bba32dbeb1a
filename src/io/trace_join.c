/* trace_join.c - concatenate in time, or join racks; refuse anything else with two names. */
#include "io/trace_join.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static bool same_racks(const st_trace_file *a, const st_trace_file *b)
{
    bool same = a->racks == b->racks;
    for (size_t r = 0; same && r < a->racks; r++) {
        same = strcmp(a->rack_names[r], b->rack_names[r]) == 0;
    }
    return same;
}

static bool same_times(const st_trace_file *a, const st_trace_file *b)
{
    return a->start_ns == b->start_ns && a->samples == b->samples;
}

/* --- one after the other --------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const int64_t x = ((const st_trace_part *)a)->file.start_ns;
    const int64_t y = ((const st_trace_part *)b)->file.start_ns;
    return (x > y) - (x < y);
}

static st_status concatenate(st_context *ctx, st_trace_part *parts, size_t n, st_trace_grid *grid)
{
    qsort(parts, n, sizeof *parts, by_start);
    const st_trace_file *first = &parts[0].file;
    grid->start_ns = first->start_ns;
    for (size_t i = 0; i < n; i++) {
        const st_trace_file *file = &parts[i].file;
        const st_trace_file *before = &parts[i > 0 ? i - 1 : 0].file;
        int64_t distance_ns;
        if (__builtin_sub_overflow(file->start_ns, first->start_ns, &distance_ns) ||
            distance_ns / grid->period_ns > ST_SAMPLES_MOST - file->samples) {
            return st_fail(ctx, ST_FORMAT, "%s and %s: their times are too far apart", first->path,
                           file->path);
        }
        parts[i].first = distance_ns / grid->period_ns;
        if (i > 0 && parts[i].first < parts[i - 1].first + before->samples) {
            return st_fail(ctx, ST_FORMAT,
                           "%s and %s: the same racks at overlapping times (%lld ns is in both); "
                           "allowed: disjoint times",
                           before->path, file->path, (long long)file->start_ns);
        }
        if (distance_ns % grid->period_ns != 0) {
            return st_fail(ctx, ST_FORMAT,
                           "%s and %s: their starts are %lld ns apart; allowed: a whole number of "
                           "periods of %lld ns",
                           first->path, file->path, (long long)distance_ns,
                           (long long)grid->period_ns);
        }
        grid->samples = parts[i].first + file->samples;
    }
    return ST_OK;
}

/* --- one below the other --------------------------------------------------------------------- */

typedef struct named {
    const char *name;
    size_t part;
} named;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static st_status check_disjoint(st_context *ctx, const st_trace_part *parts, size_t n, size_t racks)
{
    void *block;
    st_status status = ST_OK;
    size_t at = 0;
    ST_TRY(st_alloc(ctx, racks, sizeof(named), "rack names", &block));
    named *names = block;
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < parts[i].file.racks; r++) {
            names[at++] = (named){parts[i].file.rack_names[r], i};
        }
    }
    qsort(names, racks, sizeof *names, by_name);
    for (size_t i = 1; i < racks && status == ST_OK; i++) {
        if (strcmp(names[i - 1].name, names[i].name) == 0 && names[i - 1].part != names[i].part) {
            status = st_fail(ctx, ST_FORMAT,
                             "%s and %s: both hold rack \"%.64s\" at the same times; allowed: "
                             "disjoint racks",
                             parts[names[i - 1].part].file.path, parts[names[i].part].file.path,
                             names[i].name);
        }
    }
    st_free(names);
    return status;
}

static st_status stack(st_context *ctx, st_trace_part *parts, size_t n, st_trace_grid *grid)
{
    size_t racks = 0;
    for (size_t i = 0; i < n; i++) {
        parts[i].first_rack = racks;
        racks += parts[i].file.racks;
        if (racks > ST_RACKS_MOST) {
            return st_fail(ctx, ST_FORMAT, "%s: %zu racks with the files before it; allowed: %d",
                           parts[i].file.path, racks, ST_RACKS_MOST);
        }
    }
    grid->racks = racks;
    return check_disjoint(ctx, parts, n, racks);
}

/* --- which of the two ------------------------------------------------------------------------ */

static st_status refuse(st_context *ctx, const st_trace_part *parts, size_t other_racks,
                        size_t other_times)
{
    const st_trace_file *a = &parts[other_racks == other_times ? 0 : other_times].file;
    const st_trace_file *b = &parts[other_racks].file;
    return st_fail(ctx, ST_FORMAT,
                   "%s and %s: other racks (%zu from \"%.64s\", %zu from \"%.64s\") at other times "
                   "(%lld samples from %lld ns, %lld from %lld ns); allowed: the same racks at "
                   "disjoint times, or disjoint racks at the same times",
                   a->path, b->path, a->racks, a->rack_names[0], b->racks, b->rack_names[0],
                   (long long)a->samples, (long long)a->start_ns, (long long)b->samples,
                   (long long)b->start_ns);
}

st_status st_trace_join(st_context *ctx, st_trace_part *parts, size_t n, st_trace_grid *grid)
{
    const st_trace_file *first = &parts[0].file;
    size_t other_racks = 0, other_times = 0;
    *grid = (st_trace_grid){first->racks, first->samples, first->period_ns, first->start_ns};
    for (size_t i = 1; i < n; i++) {
        const st_trace_file *file = &parts[i].file;
        if (file->period_ns != first->period_ns) {
            return st_fail(
                ctx, ST_FORMAT, "%s and %s: sample periods of %lld and %lld ns; allowed: the same",
                first->path, file->path, (long long)first->period_ns, (long long)file->period_ns);
        }
        other_racks = other_racks == 0 && !same_racks(first, file) ? i : other_racks;
        other_times = other_times == 0 && !same_times(first, file) ? i : other_times;
    }
    if (other_racks == 0) {
        return concatenate(ctx, parts, n, grid);
    }
    return other_times == 0 ? stack(ctx, parts, n, grid)
                            : refuse(ctx, parts, other_racks, other_times);
}
