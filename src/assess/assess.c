/* assess.c - all rules in one pass over load and draw, then the verdicts. */
#include "assess/assess.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "assess/verdict.h"
#include "model/unit.h"

enum { POINTS = 2 }; /* load, draw */

static bool judges(const st_rule *rule)
{
    return rule->statistic.kind != ST_STAT_NONE;
}

size_t st_assess_rows(const st_limits *const *sets, size_t n_sets)
{
    size_t rows = 0;
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t r = 0; sets[s] != NULL && r < sets[s]->n_rules; r++) {
            rows += judges(&sets[s]->rules[r]) ? POINTS : 0;
        }
    }
    return rows;
}

size_t st_assess_text_bytes(size_t rows)
{
    return st_arena_need(rows, ST_REASON_BYTES);
}

/* What runs during the pass: row 2 i is rule i on the load, row 2 i + 1 on the draw. */
typedef struct pass {
    const st_rule **rule; /* [rows] */
    st_rule_run *run;     /* [rows] */
    size_t rows;
    double *block[POINTS]; /* [ST_ASSESS_BLOCK] */
    double peak_w;
    st_recording recording;
    bool same; /* the draw is the load */
    st_arena arena;
} pass;

/* Where the draw is the load, a rule has run on the row before. */
static bool runs(const pass *p, size_t row)
{
    return row % POINTS == 0 || !p->same;
}

static st_status open_pass(st_context *ctx, const st_limits *const *sets, size_t n_sets,
                           const st_assess_input *input, pass *p)
{
    void *rule, *run, *block;
    const size_t rows = st_assess_rows(sets, n_sets);
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(rows, sizeof(st_rule *)) +
                             st_arena_need(rows, sizeof(st_rule_run)) +
                             POINTS * st_arena_need(ST_ASSESS_BLOCK, sizeof(double)),
                         "the rules", &p->arena));
    ST_TRY(st_arena_take(ctx, &p->arena, rows, sizeof(st_rule *), &rule));
    ST_TRY(st_arena_take(ctx, &p->arena, rows, sizeof(st_rule_run), &run));
    for (size_t point = 0; point < POINTS; point++) {
        ST_TRY(st_arena_take(ctx, &p->arena, ST_ASSESS_BLOCK, sizeof(double), &block));
        p->block[point] = block;
    }
    p->rule = rule;
    p->run = run;
    p->recording = (st_recording){input->period_ns, input->load->samples, input->coverage};
    p->same =
        input->load->scratch == input->draw->scratch && input->load->offset == input->draw->offset;
    p->peak_w = input->peak_w;
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t r = 0; sets[s] != NULL && r < sets[s]->n_rules; r++) {
            for (size_t point = 0; judges(&sets[s]->rules[r]) && point < POINTS; point++) {
                p->rule[p->rows++] = &sets[s]->rules[r];
            }
        }
    }
    return ST_OK;
}

/* What cannot be judged should be known before the pass, not after it. */
static st_status check_limits(st_context *ctx, const pass *p, double nominal_w)
{
    for (size_t row = 0; row < p->rows; row += POINTS) {
        double limit;
        st_unit unit;
        ST_TRY(st_limit_resolve(ctx, p->rule[row], nominal_w, 1.0, &limit, &unit));
    }
    return ST_OK;
}

static void feed_block(pass *p, size_t n, int threads)
{
    const size_t rows = p->rows;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t row = 0; row < rows; row++) {
        if (runs(p, row)) {
            st_rule_run_feed(&p->run[row], p->block[row % POINTS], n);
        }
    }
}

static void note_peak(pass *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(p->block[0][i] <= p->peak_w) && !isnan(p->block[0][i])) {
            p->peak_w = p->block[0][i];
        }
    }
}

static st_status run_pass(st_context *ctx, const st_assess_input *input, pass *p)
{
    const int threads = input->threads > 0 ? input->threads : omp_get_num_procs();
    const bool find_peak = isnan(input->peak_w);
    for (int64_t from = 0; from < p->recording.samples; from += ST_ASSESS_BLOCK) {
        const int64_t left = p->recording.samples - from;
        const size_t n = (size_t)(left < ST_ASSESS_BLOCK ? left : ST_ASSESS_BLOCK);
        ST_TRY(st_series_read(ctx, input->load, from, n, p->block[0]));
        if (!p->same) {
            ST_TRY(st_series_read(ctx, input->draw, from, n, p->block[1]));
        }
        if (find_peak) {
            note_peak(p, n);
        }
        feed_block(p, n, threads);
        ST_TRY(st_progress(ctx, "assess", (double)(from + (int64_t)n), (double)p->recording.samples,
                           "samples"));
    }
    return ST_OK;
}

static st_status write_row(st_context *ctx, const pass *p, const st_assess_input *input, size_t row,
                           st_worst worst, char *reason, st_verdict_columns *to)
{
    st_verdict verdict;
    const st_rule *rule = p->rule[row];
    const size_t point = row % POINTS;
    ST_TRY(
        st_verdict_reach(ctx, rule, &p->recording, worst, input->nominal_w, p->peak_w, &verdict));
    memcpy(reason, verdict.reason, sizeof verdict.reason);
    to->rule[row] = rule->id;
    to->point[row] = (uint8_t)(point == 0 ? ST_POINT_LOAD : ST_POINT_DRAW);
    to->judged[row] = to->point[row] == (uint8_t)rule->point;
    to->status[row] = (uint8_t)verdict.status;
    to->value[row] = verdict.value;
    to->limit[row] = verdict.limit;
    to->margin[row] = verdict.margin;
    to->unit[row] = st_unit_name(verdict.unit);
    to->window_start_ns[row] =
        isnan(verdict.value) ? ST_NO_TIME_NS : input->start_ns + worst.start * input->period_ns;
    to->reason[row] = reason;
    return ST_OK;
}

static void close_pass(pass *p)
{
    for (size_t row = 0; row < p->rows; row++) {
        st_rule_run_close(&p->run[row]);
    }
    st_arena_close(&p->arena);
}

st_status st_assess(st_context *ctx, const st_limits *const *sets, size_t n_sets,
                    const st_assess_input *input, st_arena *texts, st_verdict_columns *verdicts)
{
    st_status status = ST_OK;
    pass p = {0};
    void *reasons;
    st_worst worst = {NAN, 0};
    ST_GOTO(status, open_pass(ctx, sets, n_sets, input, &p));
    ST_GOTO(status, check_limits(ctx, &p, input->nominal_w));
    ST_GOTO(status, st_arena_take(ctx, texts, p.rows, ST_REASON_BYTES, &reasons));
    for (size_t row = 0; row < p.rows; row++) {
        if (runs(&p, row)) {
            ST_GOTO(status, st_rule_run_open(ctx, p.rule[row], &p.recording, &p.run[row]));
        }
    }
    ST_GOTO(status, run_pass(ctx, input, &p));
    for (size_t row = 0; row < p.rows; row++) {
        worst = runs(&p, row) ? st_rule_run_finish(&p.run[row]) : worst;
        ST_GOTO(status, write_row(ctx, &p, input, row, worst,
                                  (char *)reasons + row * ST_REASON_BYTES, verdicts));
    }
done:
    close_pass(&p);
    return status;
}
