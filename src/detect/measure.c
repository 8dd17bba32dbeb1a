/* measure.c - from marked frames to events.
 * A candidate is a run of neighbouring marked frames. In this order: one line = oscillation; a new
 * level beside it = step; samples beyond T + S or B - S = spikes and dips, each on its own; else the
 * same by the range of the neighbourhood, then by what sticks out of a moving median (a rhythm's
 * edges do not), then the sample farthest from the middle: what is marked is never dropped. */
#include "detect/measure.h"

#include <math.h>

#include "detect/report.h"
#include "detect/residual.h"
#include "formula/duration.h"

static const double step_share = 0.25;     /* of the largest excursion, that a step must have */
static const double overshoot_share = 0.2; /* of a step, that an excursion beside it must have */
static const double like_largest = 0.7;    /* of the largest residual, to be an event as well */
static const double residual_z = 6.0;      /* deviations, for a residual to be an event */
static const double apart_s = 0.02;        /* excursions nearer than this are one */
enum { FEWEST_APART = 4 };

static size_t spacing(const st_plan *plan)
{
    const int64_t apart = st_duration_samples(apart_s, plan->period_ns);
    return (size_t)(apart > FEWEST_APART ? apart : FEWEST_APART);
}

static st_search new_search(const st_measure *m, const st_candidate *c, double high_w, double low_w)
{
    return (st_search){.piece = &m->piece,
                       .from = m->piece.from,
                       .to = m->piece.to,
                       .high_w = high_w,
                       .low_w = low_w,
                       .reference_w = c->around.baseline_w,
                       .lower_w = c->around.lower_w,
                       .upper_w = c->around.upper_w,
                       .hop = (size_t)m->row->input->plan->fast.hop,
                       .spacing = spacing(m->row->input->plan)};
}

/* Adds all excursions with at least `least_w` of height; *largest_w: the largest of all. Only looks
 * when `list` is false. */
static st_status take_excursions(st_context *ctx, st_measure *m, const st_candidate *c,
                                 const st_search *search, bool list, double least_w,
                                 double *largest_w)
{
    st_excursion e;
    size_t at = search->from;
    *largest_w = 0.0;
    while (st_excursion_next(search, &at, &e)) {
        *largest_w = fmax(*largest_w, fabs(e.amplitude_w));
        if (list && fabs(e.amplitude_w) >= least_w) {
            ST_TRY(st_report_excursion(ctx, m, c, &e));
        }
    }
    return ST_OK;
}

/* A step, and what overshoots on either side of it. */
static st_status take_step(st_context *ctx, st_measure *m, const st_candidate *c,
                           const st_search *search, const st_step *step)
{
    const double least_w = overshoot_share * fabs(step->after_w - step->before_w);
    st_search before = *search, after = *search;
    double largest_w;
    before.to = after.from = step->at;
    before.reference_w = step->before_w;
    after.reference_w = step->after_w;
    ST_TRY(take_excursions(ctx, m, c, &before, true, least_w, &largest_w));
    ST_TRY(st_report_step(ctx, m, c, step));
    return take_excursions(ctx, m, c, &after, true, least_w, &largest_w);
}

/* What sticks out of the moving median; *largest_w is 0 when nothing does. */
static st_status take_residual(st_context *ctx, st_measure *m, const st_candidate *c,
                               double *largest_w)
{
    const st_plan *plan = m->row->input->plan;
    st_piece piece = m->piece;
    const double sigma_w = st_residual_take(&m->piece, (size_t)plan->fast.n / 8 + 1, m->window,
                                            m->residual, m->residual_sum);
    const double out_w = fmax(residual_z * sigma_w, 6.0 * m->row->step_w);
    st_search search = new_search(m, c, out_w, -out_w);
    piece.x = m->residual;
    piece.sum = m->residual_sum;
    search.piece = &piece;
    search.reference_w = 0.0;
    search.lower_w = search.upper_w = 0.0;
    ST_TRY(take_excursions(ctx, m, c, &search, false, 0.0, largest_w));
    return take_excursions(ctx, m, c, &search, true, like_largest * *largest_w, largest_w);
}

/* The sample farthest from the middle. */
static st_status take_farthest(st_context *ctx, st_measure *m, const st_candidate *c)
{
    const st_piece *piece = &m->piece;
    const double middle_w = st_piece_median(piece, 0, (int64_t)piece->n);
    const st_search search = new_search(m, c, INFINITY, -INFINITY);
    st_excursion e;
    size_t farthest = piece->from;
    for (size_t i = piece->from; i < piece->to; i++) {
        if (fabs(piece->x[i] - middle_w) > fabs(piece->x[farthest] - middle_w)) {
            farthest = i;
        }
    }
    st_excursion_measure(&search, farthest, piece->x[farthest] < middle_w ? -1.0 : 1.0, &e);
    return st_report_excursion(ctx, m, c, &e);
}

/* Levels of the candidate: what is beyond those of the record, then of the neighbourhood. */
static st_status take_levels(st_context *ctx, st_measure *m, const st_candidate *c)
{
    const st_row *row = m->row;
    const st_search search =
        new_search(m, c, row->top_w + row->margin_w, row->bottom_w - row->margin_w);
    const bool whole = !c->cut_before && !c->cut_after;
    st_step step;
    double largest_w;
    ST_TRY(take_excursions(ctx, m, c, &search, false, 0.0, &largest_w));
    if (whole && st_step_find(&m->piece, &c->around, row->drift_w, search.hop, &step) &&
        fabs(step.after_w - step.before_w) >= step_share * largest_w) {
        return take_step(ctx, m, c, &search, &step);
    }
    if (largest_w > 0.0) {
        return take_excursions(ctx, m, c, &search, true, 0.0, &largest_w);
    }
    const double swing_w = c->around.upper_w - c->around.lower_w;
    const double margin_w =
        fmax(row->input->settings->event_level_share * swing_w, 6.0 * row->step_w);
    const st_search near =
        new_search(m, c, c->around.upper_w + margin_w, c->around.lower_w - margin_w);
    ST_TRY(take_excursions(ctx, m, c, &near, true, 0.0, &largest_w));
    if (largest_w == 0.0) {
        ST_TRY(take_residual(ctx, m, c, &largest_w));
    }
    return largest_w == 0.0 ? take_farthest(ctx, m, c) : ST_OK;
}

static st_status measure_piece(st_context *ctx, st_measure *m, st_candidate *c)
{
    st_oscillation found;
    ST_TRY(st_piece_load(ctx, m->row, &m->samples, c->first, c->last, !c->cut_before, !c->cut_after,
                         &m->piece));
    if (isnan(c->around.baseline_w)) { /* nothing is unmarked: the piece must do */
        c->around.baseline_w = st_piece_median(&m->piece, 0, (int64_t)m->piece.n);
    }
    ST_TRY(st_spectra_sum(ctx, &m->spectra, m->row, &m->samples, c->first, c->last));
    if (st_oscillation_find(&m->spectra, &m->piece, c->why, &found)) {
        return st_report_oscillation(ctx, m, c, &found);
    }
    return take_levels(ctx, m, c);
}

/* Cuts a run of marked frames into pieces that fit. */
static st_status measure_run(st_context *ctx, st_measure *m, int64_t first, int64_t last)
{
    const int64_t most = st_piece_frames(m->row->input->plan);
    st_candidate c = {.around = st_around_frames(m->row, first, last)};
    for (int64_t f = first; f <= last;) {
        /* A piece ends a hop after its last frame begins its second half: the next begins with the
         * frame after next, so that no sample belongs to both. */
        c.first = f;
        c.last = last - f <= most ? last : f + most - 1;
        c.cut_before = f > first;
        c.cut_after = c.last < last;
        c.why = 0;
        for (int64_t i = c.first; i <= c.last; i++) {
            c.why |= m->row->why[i];
        }
        ST_TRY(measure_piece(ctx, m, &c));
        f = c.last + 2;
    }
    return st_report_pending(ctx, m);
}

/* The next run of marked frames at or after *first; false when there is none. */
static bool next_run(const st_row *row, int64_t *first, int64_t *last)
{
    int64_t f = *first;
    while (f < row->frames && row->score[f] == 0.0f) {
        f++;
    }
    *first = f;
    while (f + 1 < row->frames && row->score[f + 1] > 0.0f) {
        f++;
    }
    *last = f;
    return *first < row->frames;
}

st_status st_measure_row(st_context *ctx, st_measure *m)
{
    int64_t first = 0, last;
    m->has_pending = false;
    st_spectra_begin(&m->spectra, m->row);
    for (first = 0; next_run(m->row, &first, &last); first = last + 1) {
        ST_TRY(st_spectra_sum(ctx, &m->spectra, m->row, &m->samples, first, last));
        st_spectra_subtract(&m->spectra);
    }
    for (first = 0; next_run(m->row, &first, &last); first = last + 1) {
        ST_TRY(measure_run(ctx, m, first, last));
    }
    return ST_OK;
}
