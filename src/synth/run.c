/* run.c - writes a synthetic trace, block by block, through the writer of trace.h.
 * Knows the generator and the public writer; knows no HDF5. */
#include <math.h>
#include <omp.h>
#include <stdio.h>

#include "core/memory.h"
#include "surgetank/synth.h"
#include "synth/fill.h"

enum {
    TILE = 16384, /* samples: the unit of the writer and of a thread's work */
    RACKS_PER_ROW = 16,
    NAME_BYTES = 32
};
static const size_t block_bytes_wanted = (size_t)64 << 20;

typedef struct label {
    char name[NAME_BYTES], row[NAME_BYTES];
} label;

/* Names, rows and ratings of the racks. */
typedef struct labels {
    label *text;
    const char **name, **row; /* into text */
    double *rating_w;
} labels;

static st_status labels_make(st_context *ctx, const st_synth *what, labels *l)
{
    const size_t n = what->racks;
    void *block;
    ST_TRY(st_alloc(ctx, n, sizeof(label), "rack names", &block));
    l->text = block;
    ST_TRY(st_alloc(ctx, n, sizeof(char *), "rack names", &block));
    l->name = block;
    ST_TRY(st_alloc(ctx, n, sizeof(char *), "rack rows", &block));
    l->row = block;
    ST_TRY(st_alloc(ctx, n, sizeof(double), "rack ratings", &block));
    l->rating_w = block;
    for (size_t r = 0; r < n; r++) {
        snprintf(l->text[r].name, NAME_BYTES, "rack-%04zu", r);
        snprintf(l->text[r].row, NAME_BYTES, "row-%03zu", r / RACKS_PER_ROW);
        l->name[r] = l->text[r].name;
        l->row[r] = l->text[r].row;
        l->rating_w[r] = what->rack_rating_w;
    }
    return ST_OK;
}

static void labels_free(labels *l)
{
    st_free(l->text);
    st_free(l->name);
    st_free(l->row);
    st_free(l->rating_w);
}

/* The columns that the writer wants, from the list of events. */
typedef struct truth_columns {
    int64_t rack[ST_PLANTED_MAX], start_ns[ST_PLANTED_MAX], end_ns[ST_PLANTED_MAX];
    uint8_t kind[ST_PLANTED_MAX];
    double amplitude_w[ST_PLANTED_MAX], frequency_hz[ST_PLANTED_MAX];
    st_planted list[ST_PLANTED_MAX];
} truth_columns;

/* What a run needs besides the labels. */
typedef struct workspace {
    st_plants plants;
    truth_columns truth;
} workspace;

static st_truth truth_make(const st_synth *what, truth_columns *c)
{
    const size_t n = st_synth_truth(what, c->list);
    for (size_t i = 0; i < n; i++) {
        c->rack[i] = c->list[i].rack;
        c->kind[i] = c->list[i].kind;
        c->start_ns[i] = c->list[i].start_ns;
        c->end_ns[i] = c->list[i].end_ns;
        c->amplitude_w[i] = c->list[i].amplitude_w;
        c->frequency_hz[i] = c->list[i].frequency_hz;
    }
    return (st_truth){n, c->rack, c->kind, c->start_ns, c->end_ns, c->amplitude_w, c->frequency_hz};
}

/* Tiles of (rack, time) are independent, so any number of threads makes the same bytes. */
static void fill_block(const st_synth *what, const st_plants *plants, int64_t first, size_t samples,
                       size_t stride, float *out_w)
{
    const int64_t tiles = (int64_t)((samples + TILE - 1) / TILE);
    const int64_t jobs = tiles * (int64_t)what->racks;
    /* the analyser does not see what a pragma reads */
    const int threads = // NOLINT(clang-analyzer-deadcode.DeadStores)
        what->threads > 0 ? (int)what->threads : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t job = 0; job < jobs; job++) {
        const size_t rack = (size_t)(job / tiles), at = (size_t)(job % tiles) * TILE;
        const size_t n = samples - at < TILE ? samples - at : TILE;
        st_synth_fill_planned(what, plants, rack, 1, first + (int64_t)at, n,
                              out_w + rack * stride + at, stride);
    }
}

static st_status write_blocks(st_context *ctx, const st_synth *what, const st_plants *plants,
                              st_trace_writer *writer, float *block_w, size_t stride)
{
    const int64_t samples = st_synth_samples(what);
    for (int64_t first = 0; first < samples; first += (int64_t)stride) {
        const int64_t left = samples - first;
        const size_t n = left < (int64_t)stride ? (size_t)left : stride;
        ST_TRY(st_progress(ctx, "synth", (double)first * (double)what->racks,
                           (double)samples * (double)what->racks, "samples"));
        fill_block(what, plants, first, n, stride, block_w);
        ST_TRY(st_trace_writer_put(writer, first, n, block_w, stride));
    }
    return st_progress(ctx, "synth", (double)samples * (double)what->racks,
                       (double)samples * (double)what->racks, "samples");
}

/* Samples of a block: whole tiles, about 64 MiB, no more than the record has. */
static size_t block_samples(const st_synth *what)
{
    const size_t wanted = block_bytes_wanted / (what->racks * sizeof(float)) / TILE;
    const size_t whole = ((size_t)st_synth_samples(what) + TILE - 1) / TILE;
    const size_t tiles = wanted < 1 ? 1 : wanted;
    return (tiles < whole ? tiles : whole) * TILE;
}

static st_status write_trace(st_context *ctx, const st_synth *what, const char *path,
                             const st_trace_spec *spec, workspace *space, float *block_w,
                             size_t stride)
{
    st_trace_writer *writer = NULL;
    ST_TRY(st_trace_writer_create(ctx, path, spec, &writer));
    const st_status status = write_blocks(ctx, what, &space->plants, writer, block_w, stride);
    if (status != ST_OK) {
        st_trace_writer_abandon(writer);
        return status;
    }
    const st_truth truth = truth_make(what, &space->truth);
    return st_trace_writer_finish(writer, &truth);
}

st_status st_synth_run(st_context *ctx, const st_synth *what, const char *path, const char *history)
{
    st_status status = ST_OK;
    labels l = {0};
    void *space = NULL, *block_w = NULL;
    ST_TRY(st_synth_check(ctx, what));
    const size_t stride = block_samples(what);
    size_t floats = 0;
    if (!st_multiply(what->racks, stride, &floats)) {
        return st_fail(ctx, ST_MEMORY, "synth: %zu racks are more than this machine can address",
                       what->racks);
    }
    ST_GOTO(status, labels_make(ctx, what, &l));
    ST_GOTO(status, st_alloc(ctx, 1, sizeof(workspace), "synthetic events", &space));
    ST_GOTO(status, st_alloc(ctx, floats, sizeof(float), "a block of the trace", &block_w));
    st_plants_make(what, &((workspace *)space)->plants);
    const st_trace_spec spec = {
        .racks = what->racks,
        .samples = st_synth_samples(what),
        .period_ns = st_synth_period_ns(what),
        .start_ns = what->start_ns,
        .rack_names = l.name,
        .rack_groups = l.row,
        .rack_rating_w = l.rating_w,
        .scale_w = what->scale_w,
        .codec = what->codec,
        .history = history,
    };
    status = write_trace(ctx, what, path, &spec, space, block_w, stride);
done:
    st_free(block_w);
    st_free(space);
    labels_free(&l);
    return status;
}
