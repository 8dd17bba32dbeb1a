/* sizing.h - what the files of `size` share: the grid of candidates, the rules as the sweep sees
 * them, and the map that grows out of both.
 * Private to the engine; the stages of a run are in run.h. */
#ifndef ST_ENGINE_SIZING_H
#define ST_ENGINE_SIZING_H

#include "assess/rule.h"
#include "assess/verdict.h"
#include "engine/run.h"
#include "model/sweep.h"
#include "surgetank/sizing.h"

/* size_grid.c: which batteries are candidates. Candidate (response r, control c, count u) has the
 * index (r n_controls + c) n_units + u. */
typedef struct st_grid {
    st_stage stage;   /* of one unit; text borrowed from the site or from `assumed` */
    st_site *assumed; /* what `unit` was looked up with, or NULL */
    size_t place;     /* of the stage among those of the site; their number: it comes after them */
    size_t n_behind;
    const st_stage *behind; /* [n_behind], the stages behind it, of the site; rack stages among them
                             * are none of these */
    int64_t units_first, units_step;
    size_t n_units, n_responses, n_controls, n_candidates;
    double response_s[ST_SIZING_RESPONSES];
    double tau_s[ST_SIZING_CONTROLS];
    double ramp_up_w_per_s[ST_SIZING_CONTROLS]; /* NaN: it smooths */
    double ramp_down_w_per_s[ST_SIZING_CONTROLS];
    bool is_ramp, is_tau; /* which of both is swept, if any */
} st_grid;

/* Checks everything that can be known before the load is. */
st_status st_grid_open(st_context *ctx, const st_sizing *asked, st_grid *grid);
void st_grid_close(st_grid *grid);
size_t st_grid_index(const st_grid *grid, size_t response, size_t control, size_t unit);
int64_t st_grid_units(const st_grid *grid, size_t candidate);
size_t st_grid_response(const st_grid *grid, size_t candidate);
size_t st_grid_control(const st_grid *grid, size_t candidate);
/* The stage with this response and control, of so many units. */
st_stage st_grid_stage(const st_grid *grid, size_t response, size_t control, int64_t units);

/* size_rules.c: the rules that a draw is judged by, and how a statistic of the sweep becomes the
 * worst value of a rule. */
typedef struct st_sized_rule {
    const st_rule *rule;
    bool computable; /* the record can give a value */
    int statistic;   /* of the sweep; -1: none (not computable, judged at the load, or watched) */
    int guard;       /* of a watched rule: statistic that is 0 where it has no value; -1 = none */
    int watched;     /* place among the rules that the watcher feeds; -1 = none */
    st_verdict_status at_load_status; /* of the load: without a battery, and for rules whose */
    double at_load_margin;            /* point is the load */
} st_sized_rule;

typedef struct st_sized_rules {
    size_t n, n_watched;
    st_sized_rule *rule; /* [n] */
    size_t n_channels, n_statistics;
    st_sweep_channel *channel;     /* [n_channels] */
    st_sweep_statistic *statistic; /* [n_statistics] */
    double (*sections)[5];         /* of all filters */
    st_recording recording;
    double nominal_w, peak_w;
    double base_w, level_w; /* per unit; what the load is relative to */
    st_arena arena;
} st_sized_rules;

/* Before hours of work, not after: there is a rule with a number. */
st_status st_sized_rules_any(st_context *ctx, const st_limits *const *sets, size_t n_sets);
st_status st_sized_rules_open(st_context *ctx, const st_run *run, double base_w, double level_w,
                              st_sized_rules *rules);
void st_sized_rules_close(st_sized_rules *rules);
/* The rows of weights that AMPLITUDE reads. */
st_status st_sized_rules_weigh(st_context *ctx, const st_run *run, st_sized_rules *rules);
/* W, W/s or share, from the value of the rule's statistic. */
st_worst st_sized_rule_worst(const st_sized_rules *rules, const st_sized_rule *rule, double value);

/* What is known of one battery. */
typedef struct st_sized {
    int8_t pass;            /* 1, 0, -1 = INDETERMINATE */
    const char *worst_rule; /* smallest margin; borrowed */
    double margin;          /* NaN: no rule has a value */
    bool exact;             /* float64 */
} st_sized;

/* Takes one more verdict into account. Starts from {1, NULL, NAN}. */
void st_sized_add(st_sized *sized, const char *rule, st_verdict_status status, double margin);

/* size_sweep.c: the map in float32. Batteries that never reach a limit draw the same whatever
 * their count, so one of them stands for all. */
typedef struct st_map {
    size_t *cell;      /* [n_candidates], which of the distinct batteries */
    size_t *unlimited; /* [n_responses][n_controls], that of one that reaches no limit */
    st_sized *sized;   /* [n_cells] */
    size_t n_cells;
    size_t swept; /* candidates that were carried through the load */
    st_arena arena;
} st_map;

st_status st_map_sweep(st_context *ctx, st_run *run, const st_grid *grid,
                       const st_sized_rules *rules, st_map *map);
void st_map_close(st_map *map);

/* size_exact.c: single batteries in float64, by the stages of the sentence themselves. */
typedef struct st_exact {
    st_run *run;
    const st_grid *grid;
    const st_sized_rules *rules;
    st_series draw;
    st_columns columns;
    st_verdict_columns verdicts;
    st_arena texts;
} st_exact;

/* Fills the verdicts of the rules at the load. */
st_status st_exact_open(st_context *ctx, st_run *run, const st_grid *grid, st_sized_rules *rules,
                        st_exact *exact);
void st_exact_close(st_exact *exact);
/* stage NULL: no battery there; the stages behind it stay. */
st_status st_exact_judge(st_context *ctx, st_exact *exact, const st_stage *stage, st_sized *sized);

/* The best row of each response time; re-runs it, its neighbours and what nearly passes below it in
 * float64 until nothing moves. best: [n_responses], candidate or SIZE_MAX. *replaced counts rows
 * whose pass changed. */
st_status st_exact_frontier(st_context *ctx, st_exact *exact, const st_grid *grid, st_map *map,
                            size_t *best, size_t *rerun, size_t *replaced);

/* size_why.c: the candidate to look at for each response time, the best one or the one that comes
 * closest; and why no count passes there, said and kept with the columns. row, sentence:
 * [n_responses]; "" where one does. */
void st_sized_rows(const st_grid *grid, const st_map *map, const size_t *best, size_t *row);
st_status st_sized_why(st_context *ctx, st_exact *exact, const st_map *map, const size_t *best,
                       const size_t *row, const char **sentence);

#endif
