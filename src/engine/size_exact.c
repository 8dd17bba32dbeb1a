/* size_exact.c - single batteries in float64: respond and assess as the sentence runs them, and the
 * frontier of the map made of such rows only. */
#include <math.h>

#include "assess/assess.h"
#include "engine/sizing.h"
#include "respond/stage.h"

/* Float32 margins are good to better than this: rows that fail by less are run again. */
static const double near_share = 1e-4;

/* ---- one battery -------------------------------------------------------------------------------- */

static st_status take_columns(st_context *ctx, st_exact *exact, size_t rows)
{
    st_verdict_columns *to = &exact->verdicts;
    const struct {
        void *slot;
        size_t size;
    } columns[] = {
        {&to->rule, sizeof(char *)},
        {&to->point, 1},
        {&to->judged, 1},
        {&to->status, 1},
        {&to->value, sizeof(double)},
        {&to->limit, sizeof(double)},
        {&to->margin, sizeof(double)},
        {&to->unit, sizeof(char *)},
        {&to->reason, sizeof(char *)},
        {&to->window_start_ns, sizeof(int64_t)},
    };
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        void *block;
        ST_TRY(st_columns_take(ctx, &exact->columns, rows, columns[c].size, "verdicts", &block));
        *(void **)columns[c].slot = block;
    }
    return ST_OK;
}

/* Rules on one series: as load and draw alike, so that each of them runs once. */
static st_status assess(st_context *ctx, st_exact *exact, const st_series *series)
{
    st_run *run = exact->run;
    const st_limits *const sets[] = {run->site_rules, run->asked->limits};
    const st_assess_input input = {.load = series,
                                   .draw = series,
                                   .period_ns = run->plan->period_ns,
                                   .start_ns = run->plan->start_ns,
                                   .coverage = run->coverage,
                                   .nominal_w = run->asked->site->nominal_w,
                                   .peak_w = run->peak_w,
                                   .threads = run->plan->threads};
    exact->texts.used = 0;
    return st_assess(ctx, sets, 2, &input, &exact->texts, &exact->verdicts);
}

st_status st_exact_open(st_context *ctx, st_run *run, const st_grid *grid, st_sized_rules *rules,
                        st_exact *exact)
{
    const size_t rows = 2 * rules->n;
    *exact = (st_exact){.run = run, .grid = grid, .rules = rules};
    ST_TRY(take_columns(ctx, exact, rows));
    ST_TRY(st_arena_open(ctx, st_assess_text_bytes(rows), "the reasons of the verdicts",
                         &exact->texts));
    ST_TRY(st_series_reserve(ctx, run->scratch, run->plan->samples, &exact->draw));
    ST_TRY(assess(ctx, exact, &run->load));
    for (size_t i = 0; i < rules->n; i++) {
        rules->rule[i].at_load_status = (st_verdict_status)exact->verdicts.status[2 * i];
        rules->rule[i].at_load_margin = exact->verdicts.margin[2 * i];
    }
    return ST_OK;
}

void st_exact_close(st_exact *exact)
{
    st_arena_close(&exact->texts);
    st_columns_close(&exact->columns);
}

static st_status carry_stage(st_context *ctx, const st_exact *exact, const st_stage *stage,
                             const st_series *input)
{
    const st_run *run = exact->run;
    const st_stage_task task = {.stage = stage,
                                .model = ST_MODEL_CONSTRAINED,
                                .period_ns = run->plan->period_ns,
                                .prime_tau_s = stage->tau_s,
                                .temperature_k = run->settings.temperature_k};
    void *record;
    ST_TRY(st_alloc(ctx, 1, sizeof(st_stage_record), "the record of a storage stage", &record));
    const st_status status = st_respond_stage(ctx, &task, input, &exact->draw, record);
    st_free(record);
    return status;
}

/* Through the battery and the stages behind it; *draw is what is left. */
static st_status carry_stages(st_context *ctx, const st_exact *exact, const st_stage *stage,
                              const st_series **draw)
{
    *draw = &exact->run->seen;
    if (stage != NULL) {
        ST_TRY(carry_stage(ctx, exact, stage, *draw));
        *draw = &exact->draw;
    }
    for (size_t b = 0; b < exact->grid->n_behind; b++) {
        if (exact->grid->behind[b].place == ST_PLACE_SITE) {
            ST_TRY(carry_stage(ctx, exact, &exact->grid->behind[b], *draw));
            *draw = &exact->draw;
        }
    }
    return ST_OK;
}

st_status st_exact_judge(st_context *ctx, st_exact *exact, const st_stage *stage, st_sized *sized)
{
    const st_sized_rules *rules = exact->rules;
    const st_series *draw;
    *sized = (st_sized){.pass = 1, .margin = (double)NAN, .exact = true};
    ST_TRY(carry_stages(ctx, exact, stage, &draw));
    ST_TRY(assess(ctx, exact, draw));
    for (size_t i = 0; i < rules->n; i++) {
        const st_sized_rule *rule = &rules->rule[i];
        const bool load = rule->rule->point == ST_POINT_LOAD;
        st_sized_add(sized, rule->rule->id,
                     load ? rule->at_load_status : (st_verdict_status)exact->verdicts.status[2 * i],
                     load ? rule->at_load_margin : exact->verdicts.margin[2 * i]);
    }
    return ST_OK;
}

/* ---- the frontier -------------------------------------------------------------------------------- */

typedef struct frontier {
    st_exact *exact;
    const st_grid *grid;
    st_map *map;
    size_t rerun, replaced;
    bool moved;
} frontier;

static const st_sized *sized_of(const frontier *f, size_t candidate)
{
    return &f->map->sized[f->map->cell[candidate]];
}

/* PASS before INDETERMINATE, then the larger margin. */
static bool better(const st_sized *a, const st_sized *b)
{
    if (a->pass != b->pass) {
        return a->pass == 1;
    }
    return a->margin > b->margin;
}

/* The smallest count without a FAIL, under whichever control has most to spare there. */
static size_t find_best(const frontier *f, size_t response)
{
    size_t best = SIZE_MAX;
    for (size_t u = 0; u < f->grid->n_units && best == SIZE_MAX; u++) {
        for (size_t c = 0; c < f->grid->n_controls; c++) {
            const size_t candidate = st_grid_index(f->grid, response, c, u);
            if (sized_of(f, candidate)->pass != 0 &&
                (best == SIZE_MAX || better(sized_of(f, candidate), sized_of(f, best)))) {
                best = candidate;
            }
        }
    }
    return best;
}

static size_t rows_of_cell(const frontier *f, size_t cell)
{
    size_t rows = 0;
    for (size_t i = 0; i < f->grid->n_candidates; i++) {
        rows += f->map->cell[i] == cell;
    }
    return rows;
}

static st_status judge_again(st_context *ctx, frontier *f, size_t candidate)
{
    const size_t cell = f->map->cell[candidate];
    st_sized *sized = &f->map->sized[cell];
    if (sized->exact) {
        return ST_OK;
    }
    st_sized exact;
    const st_stage stage =
        st_grid_stage(f->grid, st_grid_response(f->grid, candidate),
                      st_grid_control(f->grid, candidate), st_grid_units(f->grid, candidate));
    ST_TRY(st_exact_judge(ctx, f->exact, &stage, &exact));
    f->rerun += 1;
    f->replaced += exact.pass != sized->pass ? rows_of_cell(f, cell) : 0;
    *sized = exact;
    f->moved = true;
    return ST_OK;
}

/* The best row, the counts beside it, and what fails by a hair below it. */
static st_status judge_around(st_context *ctx, frontier *f, size_t response, size_t best)
{
    const size_t n = f->grid->n_units;
    const size_t until = best == SIZE_MAX ? n : best % n;
    if (best != SIZE_MAX) {
        ST_TRY(judge_again(ctx, f, best));
        if (until > 0) {
            ST_TRY(judge_again(ctx, f, best - 1));
        }
        if (until + 1 < n) {
            ST_TRY(judge_again(ctx, f, best + 1));
        }
    }
    for (size_t c = 0; c < f->grid->n_controls; c++) {
        for (size_t u = 0; u < until; u++) {
            const size_t candidate = st_grid_index(f->grid, response, c, u);
            if (sized_of(f, candidate)->margin > -near_share) {
                ST_TRY(judge_again(ctx, f, candidate));
            }
        }
    }
    return ST_OK;
}

st_status st_exact_frontier(st_context *ctx, st_exact *exact, const st_grid *grid, st_map *map,
                            size_t *best, size_t *rerun, size_t *replaced)
{
    frontier f = {.exact = exact, .grid = grid, .map = map};
    for (size_t r = 0; r < grid->n_responses; r++) {
        do {
            f.moved = false;
            best[r] = find_best(&f, r);
            ST_TRY(judge_around(ctx, &f, r, best[r]));
        } while (f.moved);
    }
    *rerun = f.rerun;
    *replaced = f.replaced;
    return ST_OK;
}
