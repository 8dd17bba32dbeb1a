/* report.c - an event from what was measured; joining what a cut between pieces has parted. */
#include "detect/report.h"

#include <math.h>

static int64_t time_ns(const st_measure *m, size_t i)
{
    const st_plan *plan = m->row->input->plan;
    return plan->start_ns + (m->piece.first + (int64_t)i) * plan->period_ns;
}

double st_report_score(const st_measure *m, const st_candidate *c, size_t start, size_t end)
{
    const st_frames *frames = &m->row->input->plan->fast;
    const int64_t begin = m->piece.first + (int64_t)start, stop = m->piece.first + (int64_t)end;
    double score = 0.0, any = 0.0;
    for (int64_t f = c->first; f <= c->last; f++) {
        const double value = m->row->score[f];
        any = fmax(any, value);
        if (f * frames->hop < stop && f * frames->hop + frames->n > begin) {
            score = fmax(score, value);
        }
    }
    return score > 0.0 ? score : any;
}

static st_event new_event(const st_measure *m, const st_candidate *c, st_event_kind kind,
                          size_t start, size_t end, size_t peak)
{
    const double none = (double)NAN;
    return (st_event){.rack = (int64_t)m->row->index + m->row->input->first_rack,
                      .kind = (uint8_t)kind,
                      .start_ns = time_ns(m, start),
                      .end_ns = time_ns(m, end > start ? end : start + 1),
                      .peak_ns = time_ns(m, peak),
                      .baseline_w = c->around.baseline_w + m->row->offset_w,
                      .amplitude_w = none,
                      .energy_j = none,
                      .rise_s = none,
                      .slope_w_per_s = none,
                      .frequency_hz = none,
                      .score = st_report_score(m, c, start, end)};
}

st_status st_report_oscillation(st_context *ctx, st_measure *m, const st_candidate *c,
                                const st_oscillation *found)
{
    st_event event = new_event(m, c, ST_EVENT_OSCILLATION, found->start, found->end, found->peak);
    event.amplitude_w = found->amplitude_w;
    event.frequency_hz = found->frequency_hz;
    event.slope_w_per_s = 6.283185307179586476925 * found->frequency_hz * found->amplitude_w;
    return st_event_list_add(ctx, m->list, &event);
}

st_status st_report_step(st_context *ctx, st_measure *m, const st_candidate *c, const st_step *step)
{
    const double rate_hz = m->row->input->plan->rate_hz;
    const double change_w = step->after_w - step->before_w;
    st_event event = new_event(m, c, change_w > 0.0 ? ST_EVENT_STEP_UP : ST_EVENT_STEP_DOWN,
                               step->at, m->piece.to, step->at);
    event.baseline_w = step->before_w + m->row->offset_w;
    event.amplitude_w = change_w;
    event.rise_s = step->rise / rate_hz;
    event.slope_w_per_s = step->slope_w * rate_hz;
    return st_event_list_add(ctx, m->list, &event);
}

static st_event excursion_event(const st_measure *m, const st_candidate *c, const st_excursion *e)
{
    const double rate_hz = m->row->input->plan->rate_hz;
    st_event event =
        new_event(m, c, e->sign > 0.0 ? ST_EVENT_SPIKE : ST_EVENT_DIP, e->start, e->end, e->peak);
    event.amplitude_w = e->amplitude_w;
    event.energy_j = e->energy_w / rate_hz;
    event.rise_s = e->rise / rate_hz;
    event.slope_w_per_s = e->slope_w * rate_hz;
    return event;
}

/* Whether the level on one side is unknown, or nearer to the excursion than to its reference. */
static bool is_away(double side_w, const st_excursion *e)
{
    return !(fabs(side_w - e->reference_w) < 0.5 * fabs(e->amplitude_w));
}

/* The level that samples [from, to) are at; that of the peak where they are too few or, in
 * the middle, not apart from the reference. */
static double level_of(const st_measure *m, const st_excursion *e, size_t from, size_t to)
{
    const st_piece *piece = &m->piece;
    const double level_w =
        e->sustained && from < to
            ? piece->x[0] + (piece->sum[to] - piece->sum[from]) / (double)(to - from)
            : st_piece_median(piece, (int64_t)from, (int64_t)to);
    const bool is_apart = e->sign * (level_w - e->reference_w) > 0.0; /* false for NaN */
    return is_apart ? level_w : e->reference_w + e->amplitude_w;
}

/* A level that was left and not regained: a step where it began. */
static void turn_into_last_step(const st_measure *m, const st_excursion *e, st_event *event)
{
    const double level_w = level_of(m, e, e->start, m->piece.to);
    event->end_ns = time_ns(m, m->piece.to > e->end ? m->piece.to : e->end);
    event->peak_ns = event->start_ns;
    event->baseline_w = e->reference_w + m->row->offset_w;
    event->amplitude_w = level_w - e->reference_w;
    event->kind = event->amplitude_w > 0.0 ? ST_EVENT_STEP_UP : ST_EVENT_STEP_DOWN;
    event->energy_j = (double)NAN;
}

/* A level that the record began with and left: a step where it ended. */
static void turn_into_first_step(const st_measure *m, const st_excursion *e, st_event *event)
{
    const st_plan *plan = m->row->input->plan;
    st_step step = {.at = e->end < m->piece.n ? e->end : m->piece.n - 1,
                    .before_w = level_of(m, e, e->start, e->end),
                    .after_w = e->reference_w};
    st_step_measure(&m->piece, (size_t)plan->fast.hop, &step);
    event->start_ns = event->peak_ns = time_ns(m, step.at);
    event->end_ns = time_ns(m, m->piece.to > step.at ? m->piece.to : step.at + 1);
    event->baseline_w = step.before_w + m->row->offset_w;
    event->amplitude_w = step.after_w - step.before_w;
    event->kind = event->amplitude_w > 0.0 ? ST_EVENT_STEP_UP : ST_EVENT_STEP_DOWN;
    event->energy_j = (double)NAN;
    event->rise_s = step.rise / plan->rate_hz;
    event->slope_w_per_s = step.slope_w * plan->rate_hz;
}

/* The excursion goes on from the piece before: one event of both parts. */
static void join(const st_event *before, st_event *event)
{
    event->start_ns = before->start_ns;
    event->rise_s = before->rise_s;
    event->energy_j += before->energy_j;
    event->slope_w_per_s = fmax(event->slope_w_per_s, before->slope_w_per_s);
    event->score = fmax(event->score, before->score);
    if (fabs(before->amplitude_w) > fabs(event->amplitude_w)) {
        event->amplitude_w = before->amplitude_w;
        event->peak_ns = before->peak_ns;
    }
}

st_status st_report_pending(st_context *ctx, st_measure *m)
{
    const bool has = m->has_pending;
    m->has_pending = false;
    return has ? st_event_list_add(ctx, m->list, &m->pending) : ST_OK;
}

st_status st_report_excursion(st_context *ctx, st_measure *m, const st_candidate *c,
                              const st_excursion *e)
{
    if (!(e->sign * e->amplitude_w > 0.0)) {
        return ST_OK; /* nothing is apart from the baseline */
    }
    st_event event = excursion_event(m, c, e);
    bool open_start = e->open_start;
    if (m->has_pending && open_start && c->cut_before && m->pending.kind == event.kind) {
        join(&m->pending, &event);
        open_start = m->pending_open;
        m->has_pending = false;
    }
    if (e->open_end && c->cut_after) {
        ST_TRY(st_report_pending(ctx, m));
        m->pending = event;
        m->has_pending = true;
        m->pending_open = open_start;
        return ST_OK;
    }
    const bool begins = open_start && is_away(c->around.before_w, e);
    const bool ends = e->open_end && is_away(c->around.after_w, e);
    if (ends && !open_start) {
        turn_into_last_step(m, e, &event);
    } else if (begins && !e->open_end) {
        turn_into_first_step(m, e, &event);
    }
    return st_event_list_add(ctx, m->list, &event);
}
