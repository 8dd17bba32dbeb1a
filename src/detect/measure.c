/* measure.c - from marked frames to events.
 * A candidate is a run of neighbouring marked frames. In this order: one line = oscillation; a new
 * level beside it = step; samples beyond T + S or B - S = spikes and dips, each on its own; else
 * the same by the range of the neighbourhood; an edge steeper than any around, behind which the
 * level stays; what sticks out of a moving median (a rhythm's edges do not); the sample farthest
 * from the baseline. Only in a rhythm a candidate may come to nothing: where nothing sticks out of
 * it and the marks are faint, it was the rhythm's own scatter. */
#include "detect/measure.h"

#include <math.h>

#include "detect/report.h"
#include "detect/residual.h"
#include "formula/duration.h"

static const double step_share = 0.5;      /* of the largest excursion, that a step must have */
static const double overshoot_share = 0.2; /* of a step, that an excursion beside it must have */
static const double like_largest = 0.7;    /* of the largest residual, to be an event as well */
static const double residual_z = 6.0;      /* deviations, for a residual to be an event */
static const double line_share = 0.5;      /* of the largest excursion, that a line must have */
static const double long_line_share = 0.2; /* the same for a line of ... */
static const double many_periods = 12.0;   /* ... this many periods */
static const double scatter_score = 1.5;   /* up to which a rhythm may mark a frame of its own */
static const double noise_range = 10.0;    /* deviations: range of a neighbourhood that is noise */
static const double apart_s = 0.02;        /* excursions nearer than this are one */
enum { FEWEST_APART = 4, FEWEST_IN_TRAIN = 8 };

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

/* Excursions of one sign within one candidate. */
typedef struct train {
    size_t count;
    double largest_w;
    st_excursion all; /* from the first to the last */
} train;

static void train_add(const st_search *search, const st_excursion *e, train *t)
{
    if (t->count++ == 0) {
        t->all = *e;
    }
    const double *x = search->piece->x, *sum = search->piece->sum;
    st_excursion *all = &t->all;
    t->largest_w = fmax(t->largest_w, fabs(e->amplitude_w));
    all->end = e->end;
    all->open_end = e->open_end;
    all->slope_w = fmax(all->slope_w, e->slope_w);
    if (e->sign * (x[e->peak] - x[all->peak]) > 0.0) {
        all->peak = e->peak;
    }
    all->reference_w = search->reference_w;
    all->amplitude_w = x[all->peak] - all->reference_w;
    all->energy_w = sum[all->end] - sum[all->start] +
                    (x[0] - all->reference_w) * (double)(all->end - all->start);
}

/* The excursions of a candidate, [0] up and [1] down. */
static void look(const st_search *search, train trains[2])
{
    st_excursion e;
    size_t at = search->from;
    trains[0] = trains[1] = (train){0};
    while (st_excursion_next(search, &at, &e)) {
        train_add(search, &e, &trains[e.sign < 0.0]);
    }
}

static double largest(const train trains[2])
{
    return fmax(trains[0].largest_w, trains[1].largest_w);
}

/* Many in a row are a rhythm that came, or one at another level: one event from the first to the
 * last, which may go on before or after the piece. */
static st_status take_train(st_context *ctx, st_measure *m, const st_candidate *c, train *t)
{
    t->all.sustained = true;
    t->all.open_start = t->all.open_start || c->cut_before || isnan(c->around.before_w);
    t->all.open_end = t->all.open_end || c->cut_after || isnan(c->around.after_w);
    return st_report_excursion(ctx, m, c, &t->all);
}

/* Adds the excursions with at least `least_w` of height. */
static st_status take_excursions(st_context *ctx, st_measure *m, const st_candidate *c,
                                 const st_search *search, double least_w)
{
    st_excursion e;
    train trains[2];
    size_t at = search->from, told[2] = {0, 0}; /* up to where, upwards and downwards */
    look(search, trains);
    for (int down = 0; down < 2; down++) {
        if (trains[down].count >= FEWEST_IN_TRAIN) {
            ST_TRY(take_train(ctx, m, c, &trains[down]));
        }
    }
    while (st_excursion_next(search, &at, &e)) {
        const int down = e.sign < 0.0;
        const bool again = e.start < told[down]; /* half heights may reach over several peaks */
        if (!again && trains[down].count < FEWEST_IN_TRAIN && fabs(e.amplitude_w) >= least_w) {
            told[down] = e.end;
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
    before.to = after.from = step->at;
    before.reference_w = step->before_w;
    after.reference_w = step->after_w;
    ST_TRY(take_excursions(ctx, m, c, &before, least_w));
    ST_TRY(st_report_step(ctx, m, c, step));
    return take_excursions(ctx, m, c, &after, least_w);
}

/* What sticks out of the moving median; *any tells whether something does. */
static st_status take_residual(st_context *ctx, st_measure *m, const st_candidate *c, bool *any)
{
    const st_plan *plan = m->row->input->plan;
    st_piece piece = m->piece;
    train trains[2];
    const double sigma_w = st_residual_take(&m->piece, (size_t)plan->fast.n / 8 + 1, m->window,
                                            m->residual, m->residual_sum);
    const double out_w = fmax(residual_z * sigma_w, 6.0 * m->row->step_w);
    st_search search = new_search(m, c, out_w, -out_w);
    piece.x = m->residual;
    piece.sum = m->residual_sum;
    search.piece = &piece;
    search.reference_w = search.lower_w = search.upper_w = 0.0;
    look(&search, trains);
    *any = largest(trains) > 0.0;
    return take_excursions(ctx, m, c, &search, like_largest * largest(trains));
}

/* The sample farthest from the baseline. */
static st_status take_farthest(st_context *ctx, st_measure *m, const st_candidate *c)
{
    const double *x = m->piece.x, baseline_w = c->around.baseline_w;
    const st_search search = new_search(m, c, INFINITY, -INFINITY);
    st_excursion e;
    size_t farthest = m->piece.from;
    for (size_t i = m->piece.from; i < m->piece.to; i++) {
        if (fabs(x[i] - baseline_w) > fabs(x[farthest] - baseline_w)) {
            farthest = i;
        }
    }
    st_excursion_measure(&search, farthest, x[farthest] < baseline_w ? -1.0 : 1.0, &e);
    return st_report_excursion(ctx, m, c, &e);
}

/* Thresholds by the neighbourhood, as those of the record are made of T and B. */
static st_search search_near(const st_measure *m, const st_candidate *c)
{
    const double share = m->row->input->settings->event_level_share;
    const double margin_w =
        fmax(share * (c->around.upper_w - c->around.lower_w), 6.0 * m->row->step_w);
    return new_search(m, c, c->around.upper_w + margin_w, c->around.lower_w - margin_w);
}

/* Whether the neighbourhood swings by more than noise does. */
static bool in_rhythm(const st_measure *m, const st_candidate *c)
{
    return c->around.upper_w - c->around.lower_w > noise_range * m->piece.noise_w;
}

/* Levels of the candidate: what is beyond those of the record, else of the neighbourhood; a step
 * where the level beside it has changed by more than half as much. */
static st_status take_levels(st_context *ctx, st_measure *m, const st_candidate *c)
{
    const st_row *row = m->row;
    st_search search = new_search(m, c, row->top_w + row->margin_w, row->bottom_w - row->margin_w);
    const bool whole = !c->cut_before && !c->cut_after;
    const double change_w = fabs(c->around.after_mean_w - c->around.before_mean_w);
    st_step step;
    train trains[2];
    look(&search, trains);
    if (largest(trains) == 0.0) {
        search = search_near(m, c);
        look(&search, trains);
    }
    if (whole && change_w >= step_share * largest(trains) &&
        st_step_find(&m->piece, &c->around, row->drift_w, search.hop, &step)) {
        return take_step(ctx, m, c, &search, &step);
    }
    if (largest(trains) > 0.0) {
        return take_excursions(ctx, m, c, &search, 0.0);
    }
    const double least_w = search.high_w - c->around.upper_w; /* the margin of the neighbourhood */
    if (st_step_find_edge(&m->piece, &c->around, least_w, search.hop, &step)) {
        return st_report_step(ctx, m, c, &step);
    }
    bool any;
    ST_TRY(take_residual(ctx, m, c, &any));
    const bool scatter = in_rhythm(m, c) && st_report_score(m, c, 0, m->piece.n) < scatter_score;
    return any || scatter ? ST_OK : take_farthest(ctx, m, c);
}

/* Bands in which an oscillation is looked for: all bins where nothing but noise is around; where
 * there is a rhythm, whose own lines vary by more than an oscillation may be worth, only the bands
 * that marked the candidate. */
static uint32_t bands_to_judge(const st_measure *m, const st_candidate *c)
{
    return in_rhythm(m, c) ? c->why & ~ST_WHY_LEVEL : ST_BANDS_ALL;
}

/* Whether the candidate is one line. What sticks out much further than that line does is something
 * else that has a line in it, the more so the shorter the line is. */
static bool is_oscillation(const st_measure *m, const st_candidate *c, st_oscillation *found)
{
    const st_row *row = m->row;
    const st_search search =
        new_search(m, c, row->top_w + row->margin_w, row->bottom_w - row->margin_w);
    train trains[2];
    if ((c->why & ~ST_WHY_LEVEL) == 0 ||
        !st_oscillation_find(&m->spectra, &m->piece, bands_to_judge(m, c), found)) {
        return false;
    }
    look(&search, trains);
    const double periods =
        found->frequency_hz * (double)(found->end - found->start) / row->input->plan->fast.rate_hz;
    const double share = periods < many_periods ? line_share : long_line_share;
    return found->amplitude_w >= share * largest(trains);
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
    if (is_oscillation(m, c, &found)) {
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
