/* gaps.c - gap events. A run that is long enough has, around each of its samples, a frame with at
 * least min(shortest gap, hop) invalid samples, since frames overlap by half; so only the hops of
 * such frames are looked at. Of these a frame that is invalid throughout needs no reading, which
 * makes a gap of hours as cheap as its two ends. */
#include "detect/gaps.h"

#include <math.h>

#include "formula/duration.h"

/* A run of invalid samples as the record is walked. */
typedef struct walk {
    const st_row *row;
    st_event_list *list;
    int64_t shortest; /* samples of a gap */
    int64_t start;    /* of the run that is under way, or -1 */
} walk;

static st_status end_run(st_context *ctx, walk *w, int64_t end)
{
    const st_event_input *input = w->row->input;
    const st_plan *plan = input->plan;
    const int64_t start = w->start, length = end - start;
    w->start = -1;
    if (start < 0 || length < w->shortest) {
        return ST_OK;
    }
    const double length_s = (double)length * (double)plan->period_ns * 1e-9;
    const double least_s = (double)w->shortest * (double)plan->period_ns * 1e-9;
    const double none = (double)NAN;
    const st_event gap = {.rack = (int64_t)w->row->index + input->first_rack,
                          .start_ns = plan->start_ns + start * plan->period_ns,
                          .end_ns = plan->start_ns + end * plan->period_ns,
                          .peak_ns = plan->start_ns + start * plan->period_ns,
                          .baseline_w = none,
                          .amplitude_w = none,
                          .energy_j = none,
                          .rise_s = none,
                          .slope_w_per_s = none,
                          .frequency_hz = none,
                          .score = length_s / least_s,
                          .kind = ST_EVENT_GAP};
    return st_event_list_add(ctx, w->list, &gap);
}

typedef enum hop_state { VALID, INVALID, MIXED } hop_state;

/* What the frames say of samples [hop H, (hop + 1) H). No frame knows those after the last one. */
static hop_state look(const walk *w, int64_t hop)
{
    const st_row *row = w->row;
    const st_frames *frames = &row->input->plan->fast;
    const int64_t worth = w->shortest < frames->hop ? w->shortest : frames->hop;
    bool known = false, worthwhile = false;
    for (int64_t f = hop - 1; f <= hop; f++) {
        if (f < 0 || f >= row->frames) {
            continue;
        }
        const float invalid = st_row_feature(row, f, ST_FEATURE_INVALID);
        if (invalid >= (float)frames->n) {
            return INVALID;
        }
        if (invalid == 0.0f) {
            return VALID;
        }
        known = true;
        worthwhile = worthwhile || invalid >= (float)worth;
    }
    /* A run may go on from the last hop into samples that no frame counts. */
    return known && !worthwhile && hop < row->frames ? VALID : MIXED;
}

static st_status walk_samples(st_context *ctx, walk *w, st_samples *samples, int64_t first,
                              int64_t end)
{
    while (first < end) {
        const float *x;
        const int64_t n = end - first < ST_STRETCH ? end - first : ST_STRETCH;
        ST_TRY(st_samples_read(ctx, samples, first, (size_t)n, &x));
        for (int64_t i = 0; i < n; i++) {
            if (!isnan(x[i])) {
                ST_TRY(end_run(ctx, w, first + i));
            } else if (w->start < 0) {
                w->start = first + i;
            }
        }
        first += n;
    }
    return ST_OK;
}

st_status st_gaps_find(st_context *ctx, const st_row *row, st_samples *samples, st_event_list *list)
{
    const st_plan *plan = row->input->plan;
    const int64_t hop = plan->fast.hop, hops = row->frames > 0 ? row->frames + 1 : 0;
    const int64_t shortest = st_duration_samples(row->input->settings->gap_min_s, plan->period_ns);
    walk w = {row, list, shortest > 1 ? shortest : 1, -1};
    if (row->input->sums->valid[row->index] == plan->samples) {
        return ST_OK;
    }
    for (int64_t h = 0; h < hops; h++) {
        const hop_state state = look(&w, h);
        if (state == MIXED) {
            ST_TRY(walk_samples(ctx, &w, samples, h * hop, (h + 1) * hop));
        } else if (state == VALID) {
            ST_TRY(end_run(ctx, &w, h * hop));
        } else if (w.start < 0) {
            w.start = h * hop;
        }
    }
    ST_TRY(walk_samples(ctx, &w, samples, hops * hop, plan->samples));
    return end_run(ctx, &w, plan->samples);
}
