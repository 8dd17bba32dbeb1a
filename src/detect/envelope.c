/* envelope.c - fills envelopes in one pass over a series. */
#include "detect/envelope.h"

#include <math.h>

/* First sample of bucket b; exact in integers for every record that fits a file. */
static int64_t bucket_start(const st_envelope *envelope, int64_t samples, size_t b)
{
    const int64_t n = (int64_t)envelope->n, whole = samples / n, rest = samples % n;
    return whole * (int64_t)b + rest * (int64_t)b / n;
}

typedef struct open_bucket {
    size_t index, place; /* in the arrays */
    int64_t end;
    int64_t valid;
    double sum;
} open_bucket;

/* The buckets up to the open one, as far as they have not been kept yet. */
static st_status keep(st_context *ctx, const st_envelope *envelope, const open_bucket *at)
{
    const double *const arrays[] = {envelope->min_w, envelope->mean_w, envelope->max_w,
                                    envelope->time_s};
    const size_t n = at->place + 1;
    for (size_t i = 0; envelope->kept != NULL && i < sizeof arrays / sizeof arrays[0]; i++) {
        const st_kept *to = &envelope->kept[i];
        const uint64_t skip = (at->index - at->place) * sizeof(double);
        ST_TRY(
            st_scratch_write(ctx, to->scratch, to->offset + skip, arrays[i], n * sizeof(double)));
    }
    return ST_OK;
}

static void open_at(st_envelope *envelope, int64_t samples, int64_t period_ns, open_bucket *at,
                    size_t index)
{
    const int64_t start = index == 0 ? 0 : at->end; /* buckets are opened in order */
    at->index = index;
    at->place = envelope->kept == NULL ? index : index % ST_KEPT_BUCKETS;
    at->end = bucket_start(envelope, samples, index + 1);
    at->valid = 0;
    at->sum = 0.0;
    envelope->min_w[at->place] = envelope->max_w[at->place] = envelope->mean_w[at->place] =
        (double)NAN;
    envelope->time_s[at->place] = 0.5 * (double)(start + at->end - 1) * ((double)period_ns * 1e-9);
}

static void add(st_envelope *envelope, open_bucket *at, const double *values, size_t n)
{
    double low = envelope->min_w[at->place], high = envelope->max_w[at->place];
    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) { /* an empty bucket has NaN, to which nothing compares */
            low = low <= values[i] ? low : values[i];
            high = high >= values[i] ? high : values[i];
            at->sum += values[i];
            at->valid++;
        }
    }
    envelope->min_w[at->place] = low;
    envelope->max_w[at->place] = high;
    if (at->valid > 0) {
        envelope->mean_w[at->place] = at->sum / (double)at->valid;
    }
}

static st_status feed(st_context *ctx, st_envelope *envelope, open_bucket *at, int64_t samples,
                      int64_t period_ns, int64_t first, const double *values, size_t n)
{
    size_t done = 0;
    while (done < n) {
        if (first + (int64_t)done == at->end) {
            if (at->place + 1 == ST_KEPT_BUCKETS) {
                ST_TRY(keep(ctx, envelope, at));
            }
            open_at(envelope, samples, period_ns, at, at->index + 1);
        }
        const int64_t room = at->end - first - (int64_t)done;
        const size_t take = n - done < (size_t)room ? n - done : (size_t)room;
        add(envelope, at, values + done, take);
        done += take;
    }
    return ST_OK;
}

st_status st_envelopes_fill(st_context *ctx, const st_series *series, int64_t period_ns,
                            st_envelope *envelopes, size_t n_envelopes, double *values)
{
    enum { AT_MOST = 4 };
    open_bucket at[AT_MOST];
    if (n_envelopes > AT_MOST) {
        return st_fail(ctx, ST_INTERNAL, "%zu envelopes at once, at most %d", n_envelopes, AT_MOST);
    }
    for (size_t e = 0; e < n_envelopes; e++) {
        open_at(&envelopes[e], series->samples, period_ns, &at[e], 0);
    }
    for (int64_t first = 0; first < series->samples; first += ST_BLOCK_SAMPLES) {
        const int64_t left = series->samples - first;
        const size_t n = (size_t)(left < ST_BLOCK_SAMPLES ? left : ST_BLOCK_SAMPLES);
        ST_TRY(st_series_read(ctx, series, first, n, values));
        for (size_t e = 0; e < n_envelopes; e++) {
            ST_TRY(feed(ctx, &envelopes[e], &at[e], series->samples, period_ns, first, values, n));
        }
    }
    for (size_t e = 0; e < n_envelopes; e++) {
        ST_TRY(keep(ctx, &envelopes[e], &at[e]));
    }
    return ST_OK;
}
