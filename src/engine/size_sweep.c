/* size_sweep.c - the map: every candidate through the sweep, every value to its verdict. */
#include <float.h>
#include <math.h>

#include "core/memory.h"
#include "engine/size_rows.h"

enum { LANES = ST_SWEEP_LANES, CHUNK = 1024 * LANES /* candidates whose values are kept */ };

typedef struct map_run {
    st_context *ctx;
    const st_run *run;
    const st_grid *grid;
    const st_sized_rules *rules;
    st_map *map;
    st_exec *exec;
    st_rows rows;
    size_t n_lanes;
    size_t *lane_cell;         /* [n_lanes]; SIZE_MAX = fills a group */
    st_sweep_candidate *lane;  /* [n_lanes] */
    double *worst;             /* [CHUNK][n_statistics] */
    double *watched;           /* [CHUNK][n_watched] */
    st_sweep_candidate *again; /* of a chunk, those that are watched */
    size_t *again_at;          /* where in the chunk; SIZE_MAX = fills a group */
    st_arena arena;
} map_run;

/* ---- which batteries differ ---------------------------------------------------------------------- */

/* The battery never reaches a limit: its draw is that of any larger one, in every bit. */
static bool is_free(const st_stage *stage, const st_reach *reach)
{
    return reach->power_w <= stage->power_w &&
           reach->low_j >= (stage->soc_min - stage->soc_start) * stage->energy_j &&
           reach->high_j <= (stage->soc_max - stage->soc_start) * stage->energy_j;
}

static void add_lane(map_run *m, size_t cell, size_t response, size_t control,
                     const st_stage *stage, bool freely)
{
    const double dt_s = (double)m->run->plan->period_ns / 1e9;
    const st_lag lag = st_lag_of(dt_s, m->grid->response_s[response]);
    const double energy = stage->energy_j / m->rows.base_w;
    m->lane_cell[m->n_lanes] = cell;
    m->lane[m->n_lanes++] = (st_sweep_candidate){
        .control = control,
        .power = freely ? FLT_MAX : (float)fmin(stage->power_w / m->rows.base_w, (double)FLT_MAX),
        .b0 = (float)lag.b0,
        .b1 = (float)lag.b1,
        .floor = freely ? -(double)INFINITY : (stage->soc_min - stage->soc_start) * energy,
        .ceiling = freely ? (double)INFINITY : (stage->soc_max - stage->soc_start) * energy};
}

/* Where every count reaches a limit: also one that does not, which tells whether more would help. */
static void add_unlimited(map_run *m, size_t response, size_t control, size_t free_cell)
{
    const st_stage stage = st_grid_stage(m->grid, response, control, 1);
    if (free_cell == SIZE_MAX) {
        free_cell = m->map->n_cells++;
        add_lane(m, free_cell, response, control, &stage, true);
    }
    m->map->unlimited[response * m->grid->n_controls + control] = free_cell;
}

/* The counts of one response time and control. */
static void add_pair(map_run *m, size_t response, size_t control)
{
    const st_grid *grid = m->grid;
    const size_t pair = response * grid->n_controls + control;
    size_t free_cell = SIZE_MAX;
    for (size_t u = 0; u < grid->n_units; u++) {
        const size_t candidate = st_grid_index(grid, response, control, u);
        const int64_t units = st_grid_units(grid, candidate);
        const st_stage stage = st_grid_stage(grid, response, control, units);
        const bool freely = units > 0 && is_free(&stage, &m->rows.reach[pair]);
        size_t cell = units == 0                        ? 0
                      : freely && free_cell != SIZE_MAX ? free_cell
                                                        : m->map->n_cells;
        m->map->cell[candidate] = cell;
        if (cell == m->map->n_cells) {
            m->map->n_cells++;
            m->map->swept++;
            free_cell = freely ? cell : free_cell;
            add_lane(m, cell, response, control, &stage, freely);
        }
    }
    add_unlimited(m, response, control, free_cell);
}

/* A group has one control: the last one of each is filled up with its own last candidate. */
static void add_lanes(map_run *m)
{
    m->map->n_cells = 1; /* cell 0: no battery */
    for (size_t c = 0; c < m->grid->n_controls; c++) {
        for (size_t r = 0; r < m->grid->n_responses; r++) {
            add_pair(m, r, c);
        }
        while (m->n_lanes % LANES != 0) {
            m->lane_cell[m->n_lanes] = SIZE_MAX;
            m->lane[m->n_lanes] = m->lane[m->n_lanes - 1];
            m->n_lanes++;
        }
    }
}

/* ---- rules that no lane computes ------------------------------------------------------------------ */

typedef struct watch {
    map_run *m;
    size_t group;
    st_rule_run *run; /* [n_watched][LANES] */
    double *x;        /* [ST_SWEEP_BLOCK], W */
    st_arena arena;
} watch;

static void watch_close(void *state, bool failed)
{
    watch *w = state;
    if (w == NULL) {
        return;
    }
    map_run *m = w->m;
    const size_t n = m->rules->n_watched;
    for (size_t i = 0; i < n * LANES; i++) {
        const size_t lane = i % LANES;
        const size_t at = m->again_at[w->group * LANES + lane];
        if (!failed && at != SIZE_MAX) {
            m->watched[at * n + i / LANES] = st_rule_run_finish(&w->run[i]).value;
        }
        st_rule_run_close(&w->run[i]);
    }
    st_arena arena = w->arena; /* holds w itself */
    st_arena_close(&arena);
}

static st_status watch_open(void *user, st_context *ctx, size_t group, void **state)
{
    map_run *m = user;
    const size_t runs = m->rules->n_watched * LANES;
    st_arena arena;
    void *block, *run, *x;
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(1, sizeof(watch)) +
                             st_arena_need(runs, sizeof(st_rule_run)) +
                             st_arena_need(ST_SWEEP_BLOCK, sizeof(double)),
                         "rules of a group", &arena));
    ST_TRY(st_arena_take(ctx, &arena, 1, sizeof(watch), &block));
    ST_TRY(st_arena_take(ctx, &arena, runs, sizeof(st_rule_run), &run));
    ST_TRY(st_arena_take(ctx, &arena, ST_SWEEP_BLOCK, sizeof(double), &x));
    watch *w = block;
    *w = (watch){m, group, run, x, arena};
    *state = w;
    for (size_t r = 0; r < m->rules->n; r++) {
        const st_sized_rule *rule = &m->rules->rule[r];
        for (size_t lane = 0; rule->watched >= 0 && lane < LANES; lane++) {
            ST_TRY(st_rule_run_open(ctx, rule->rule, &m->rules->recording,
                                    &w->run[(size_t)rule->watched * LANES + lane]));
        }
    }
    return ST_OK;
}

static void watch_feed(void *state, const float *draw, size_t n)
{
    watch *w = state;
    const map_run *m = w->m;
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t i = 0; i < n; i++) {
            w->x[i] = m->rows.level_w + (double)draw[i * LANES + lane] * m->rows.base_w;
        }
        for (size_t r = 0; r < m->rules->n_watched; r++) {
            st_rule_run_feed(&w->run[r * LANES + lane], w->x, n);
        }
    }
}

/* ---- values to verdicts ----------------------------------------------------------------------------- */

static st_status judge_lane(const map_run *m, size_t at, st_sized *sized)
{
    const st_sized_rules *rules = m->rules;
    *sized = (st_sized){.pass = 1, .margin = (double)NAN};
    for (size_t i = 0; i < rules->n; i++) {
        const st_sized_rule *rule = &rules->rule[i];
        st_worst worst = {(double)NAN, 0};
        if (rule->rule->point == ST_POINT_LOAD) {
            st_sized_add(sized, rule->rule->id, rule->at_load_status, rule->at_load_margin);
            continue;
        }
        if (rule->statistic >= 0) {
            worst = st_sized_rule_worst(
                rules, rule, m->worst[at * rules->n_statistics + (size_t)rule->statistic]);
        } else if (rule->watched >= 0) {
            worst.value = m->watched[at * rules->n_watched + (size_t)rule->watched];
        }
        st_verdict verdict;
        ST_TRY(st_verdict_reach(m->ctx, rule->rule, &rules->recording, worst, rules->nominal_w,
                                rules->peak_w, &verdict));
        st_sized_add(sized, rule->rule->id, verdict.status, verdict.margin);
    }
    return ST_OK;
}

/* Whether a rule of this candidate must be watched: without a guard always. */
static bool is_watched(const map_run *m, size_t at)
{
    for (size_t i = 0; i < m->rules->n; i++) {
        const st_sized_rule *rule = &m->rules->rule[i];
        if (rule->watched >= 0 &&
            (rule->guard < 0 ||
             m->worst[at * m->rules->n_statistics + (size_t)rule->guard] != 0.0)) {
            return true;
        }
    }
    return false;
}

static size_t fill_group(map_run *m, size_t n)
{
    for (; n % LANES != 0; n++) {
        m->again[n] = m->again[n - 1];
        m->again_at[n] = SIZE_MAX;
    }
    return n;
}

/* The candidates of a chunk that a guard has not let off, once more under the watcher's eyes. */
static st_status watch_chunk(map_run *m, st_sweep sweep)
{
    const st_sweep_watcher watcher = {m, watch_open, watch_feed, watch_close};
    size_t n = 0;
    for (size_t i = 0; i < sweep.n_candidates * m->rules->n_watched; i++) {
        m->watched[i] = (double)NAN;
    }
    for (size_t i = 0; i < sweep.n_candidates; i++) {
        if (m->lane_cell[sweep.before + i] == SIZE_MAX || !is_watched(m, i)) {
            continue;
        }
        if (n > 0 && m->again[n - 1].control != sweep.candidate[i].control) {
            n = fill_group(m, n);
        }
        m->again[n] = sweep.candidate[i];
        m->again_at[n++] = i;
    }
    sweep.candidate = m->again;
    sweep.n_candidates = fill_group(m, n);
    sweep.n_channels = 1;
    sweep.n_statistics = 0;
    sweep.watcher = &watcher;
    return m->run->backend->sweep(m->ctx, m->exec, &sweep, m->worst);
}

static st_sweep describe(const map_run *m)
{
    const st_stage *stage = &m->grid->stage;
    const double dt_s = (double)m->run->plan->period_ns / 1e9;
    return (st_sweep){.scratch = m->run->scratch,
                      .load_offset = m->rows.load_offset,
                      .excess_offset = m->rows.excess_offset,
                      .samples = m->run->plan->samples,
                      .dt_s = dt_s,
                      .delay = m->rows.delay,
                      .share = {stage->soc_recovery_s > 0.0 ? 1.0 / stage->soc_recovery_s : 0.0,
                                dt_s * stage->efficiency_charge,
                                dt_s / stage->efficiency_discharge},
                      .n_behind = m->rows.n_behind,
                      .behind = m->rows.behind,
                      .n_channels = m->rules->n_channels,
                      .channel = m->rules->channel,
                      .n_statistics = m->rules->n_statistics,
                      .statistic = m->rules->statistic,
                      .threads = m->run->plan->threads,
                      .all = m->n_lanes};
}

static st_status sweep_chunks(map_run *m)
{
    st_sweep sweep = describe(m);
    for (; sweep.before < m->n_lanes; sweep.before += CHUNK) {
        const size_t left = m->n_lanes - sweep.before;
        sweep.n_candidates = left < CHUNK ? left : CHUNK;
        sweep.candidate = m->lane + sweep.before;
        ST_TRY(m->run->backend->sweep(m->ctx, m->exec, &sweep, m->worst));
        if (m->rules->n_watched > 0) {
            ST_TRY(watch_chunk(m, sweep));
        }
        for (size_t i = 0; i < sweep.n_candidates; i++) {
            const size_t cell = m->lane_cell[sweep.before + i];
            if (cell != SIZE_MAX) {
                ST_TRY(judge_lane(m, i, &m->map->sized[cell]));
            }
        }
    }
    return ST_OK;
}

/* ---- the map ------------------------------------------------------------------------------------------ */

static st_status take(st_context *ctx, st_arena *arena, size_t count, size_t size, void *slot)
{
    void *block;
    ST_TRY(st_arena_take(ctx, arena, count, size, &block));
    *(void **)slot = block;
    return ST_OK;
}

static st_status take_map(st_context *ctx, const st_grid *grid, st_map *map, st_rows *rows)
{
    const size_t n = grid->n_candidates, pairs = grid->n_responses * grid->n_controls;
    const size_t cells = 1 + n + pairs; /* no battery, candidates, those without limits */
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(n, sizeof(size_t)) + st_arena_need(cells, sizeof(st_sized)) +
                             st_arena_need(pairs, sizeof(size_t)) +
                             st_arena_need(pairs, sizeof(st_reach)) +
                             st_arena_need(grid->n_behind, sizeof(st_sweep_stage)),
                         "the map of candidates", &map->arena));
    ST_TRY(take(ctx, &map->arena, n, sizeof(size_t), &map->cell));
    ST_TRY(take(ctx, &map->arena, cells, sizeof(st_sized), &map->sized));
    ST_TRY(take(ctx, &map->arena, pairs, sizeof(size_t), &map->unlimited));
    ST_TRY(take(ctx, &map->arena, grid->n_behind, sizeof(st_sweep_stage), &rows->behind));
    return take(ctx, &map->arena, pairs, sizeof(st_reach), &rows->reach);
}

static st_status take_lanes(st_context *ctx, map_run *m)
{
    const size_t lanes =
        m->grid->n_candidates + m->grid->n_controls * (m->grid->n_responses + LANES);
    const size_t kept = lanes < CHUNK ? lanes : CHUNK;
    const size_t statistics = m->rules->n_statistics, watched = m->rules->n_watched;
    const size_t again = watched > 0 ? kept + m->grid->n_controls * LANES : 0;
    ST_TRY(st_arena_open(
        ctx,
        st_arena_need(lanes, sizeof(size_t)) + st_arena_need(lanes, sizeof(st_sweep_candidate)) +
            st_arena_need(kept * statistics, sizeof(double)) +
            st_arena_need(kept * watched, sizeof(double)) +
            st_arena_need(again, sizeof(st_sweep_candidate)) + st_arena_need(again, sizeof(size_t)),
        "the candidates of a sweep", &m->arena));
    ST_TRY(take(ctx, &m->arena, lanes, sizeof(size_t), &m->lane_cell));
    ST_TRY(take(ctx, &m->arena, lanes, sizeof(st_sweep_candidate), &m->lane));
    ST_TRY(take(ctx, &m->arena, kept * statistics, sizeof(double), &m->worst));
    ST_TRY(take(ctx, &m->arena, kept * watched, sizeof(double), &m->watched));
    ST_TRY(take(ctx, &m->arena, again, sizeof(st_sweep_candidate), &m->again));
    return take(ctx, &m->arena, again, sizeof(size_t), &m->again_at);
}

st_status st_map_sweep(st_context *ctx, st_run *run, const st_grid *grid,
                       const st_sized_rules *rules, st_map *map)
{
    st_status status = ST_OK;
    map_run m = {.ctx = ctx, .run = run, .grid = grid, .rules = rules, .map = map};
    ST_GOTO(status, take_map(ctx, grid, map, &m.rows));
    ST_GOTO(status, st_rows_make(ctx, run, grid, rules->base_w, rules->level_w, &m.rows));
    ST_GOTO(status, take_lanes(ctx, &m));
    add_lanes(&m);
    ST_GOTO(status, run->backend->open(ctx, run->plan, &m.exec));
    ST_GOTO(status, sweep_chunks(&m));
done:
    run->backend->close(m.exec);
    st_arena_close(&m.arena);
    return status;
}

void st_map_close(st_map *map)
{
    st_arena_close(&map->arena);
}
