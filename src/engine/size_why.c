/* size_why.c - what no count can cure: for each response time the row of the map to look at, and
 * where no count passes the reason, found by taking limits, lag and dead time away one by one.
 * Knows the map; chooses nothing. */
#include <math.h>
#include <stdio.h>

#include "engine/sizing.h"

/* Margins of the sweep are float32: what fails by less is judged again. */
static const double near_share = 1e-4;

typedef enum why { WHY_COUNT, WHY_RESPONSE, WHY_DEAD_TIME, WHY_CONTROL, WHYS } why;

static const char *const whys[WHYS] = {
    [WHY_COUNT] = "the largest still reaches its limits of power or energy: sweep more units",
    [WHY_RESPONSE] =
        "response-time limited: no number of units would pass, a faster response would",
    [WHY_DEAD_TIME] = ("dead-time limited: with its dead time no battery of any size passes, "
                       "however fast its response; without it, one that answers at once does"),
    [WHY_CONTROL] = ("nor would a battery of any size that answers at once: limited by its control "
                     "(try other time constants or ramp targets) or by the load"),
};

enum { LIST = ST_SIZING_RESPONSES * 16, ROW = 384, SENTENCE = LIST + ROW + 384 };

/* ---- the row to look at -------------------------------------------------------------------------- */

/* The candidate with the largest margin at a response time, the first of equals. */
static size_t closest(const st_grid *grid, const st_map *map, size_t response)
{
    const size_t n = grid->n_controls * grid->n_units, first = response * n;
    size_t found = first;
    for (size_t i = first + 1; i < first + n; i++) {
        const double margin = map->sized[map->cell[i]].margin;
        const double most = map->sized[map->cell[found]].margin;
        found = margin > most || (isnan(most) && !isnan(margin)) ? i : found;
    }
    return found;
}

void st_sized_rows(const st_grid *grid, const st_map *map, const size_t *best, size_t *row)
{
    for (size_t r = 0; r < grid->n_responses; r++) {
        row[r] = best[r] != SIZE_MAX ? best[r] : closest(grid, map, r);
    }
}

/* ---- batteries of any size ------------------------------------------------------------------------- */

typedef struct trial {
    st_exact *exact;
    const st_grid *grid;
    const st_map *map;
    int8_t at_once, delayed; /* of one that answers at once, without and after the dead time: passes
                              * under some control; -1: not tried yet */
} trial;

/* Whether a battery without limits would not fail. */
static st_status try_one(st_context *ctx, const trial *t, size_t control, double response_s,
                         double delay_s, bool *passes)
{
    st_sized sized;
    st_stage stage = st_grid_stage(t->grid, 0, control, 1);
    stage.power_w = t->exact->rules->base_w * 1e6;
    stage.energy_j = stage.power_w * 1e9;
    stage.response_s = response_s;
    stage.delay_s = delay_s;
    ST_TRY(st_exact_judge(ctx, t->exact, &stage, &sized));
    *passes = sized.pass != 0;
    return ST_OK;
}

/* At this response time and dead time: the sweep has carried one along. */
static st_status try_any_size(st_context *ctx, const trial *t, size_t response, bool *passes)
{
    const st_grid *grid = t->grid;
    *passes = false;
    for (size_t c = 0; c < grid->n_controls && !*passes; c++) {
        const st_sized *sized = &t->map->sized[t->map->unlimited[response * grid->n_controls + c]];
        if (sized->pass != 0 || sized->margin > -near_share) {
            ST_TRY(try_one(ctx, t, c, grid->response_s[response], grid->stage.delay_s, passes));
        }
    }
    return ST_OK;
}

static st_status try_at_once(st_context *ctx, const trial *t, double delay_s, int8_t *known)
{
    bool passes = *known == 1;
    for (size_t c = 0; c < t->grid->n_controls && *known < 0 && !passes; c++) {
        ST_TRY(try_one(ctx, t, c, 0.0, delay_s, &passes));
    }
    *known = passes ? 1 : 0;
    return ST_OK;
}

static st_status find_reason(st_context *ctx, trial *t, size_t response, why *reason)
{
    bool passes;
    *reason = WHY_COUNT;
    ST_TRY(try_any_size(ctx, t, response, &passes));
    if (passes) {
        return ST_OK;
    }
    ST_TRY(try_at_once(ctx, t, t->grid->stage.delay_s, &t->delayed));
    if (t->delayed == 0) {
        ST_TRY(try_at_once(ctx, t, 0.0, &t->at_once));
    }
    *reason = t->delayed == 1 ? WHY_RESPONSE : t->at_once == 1 ? WHY_DEAD_TIME : WHY_CONTROL;
    return ST_OK;
}

/* ---- in words -------------------------------------------------------------------------------------- */

/* The row of the table, and what it fails. */
static void put_row(char *text, size_t size, const trial *t, size_t row, why reason)
{
    const st_grid *grid = t->grid;
    const st_sized *sized = &t->map->sized[t->map->cell[row]];
    const int64_t units = st_grid_units(grid, row);
    char who[64] = "the site without a battery comes", delay[64] = "";
    if (units > 0) {
        snprintf(who, sizeof who, "%lld units come", (long long)units);
    }
    if (reason == WHY_DEAD_TIME) {
        snprintf(delay, sizeof delay, "; the dead time is %.6g ms", grid->stage.delay_s * 1e3);
    }
    snprintf(text, size, "at %.6g ms %s closest, with %s at %.3g times its limit%s",
             grid->response_s[st_grid_response(grid, row)] * 1e3, who,
             sized->worst_rule != NULL ? sized->worst_rule : "no rule", 1.0 - sized->margin, delay);
}

/* One sentence for a reason, with the response times that it holds for; "" for none. */
static void put_sentence(char *text, const trial *t, const size_t *row, const why *reason,
                         why which)
{
    char list[LIST] = "", at[ROW];
    size_t used = 0, last = SIZE_MAX;
    for (size_t r = 0; r < t->grid->n_responses; r++) {
        if (reason[r] == which && used + 16 < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.6g",
                                     last == SIZE_MAX ? "" : ", ", t->grid->response_s[r] * 1e3);
            last = r;
        }
    }
    text[0] = '\0';
    if (last != SIZE_MAX) {
        put_row(at, sizeof at, t, row[last], which);
        snprintf(text, SENTENCE, "response %s ms: no count passes; %s (%s)", list, whys[which], at);
    }
}

st_status st_sized_why(st_context *ctx, st_exact *exact, const st_map *map, const size_t *best,
                       const size_t *row, const char **sentence)
{
    const st_grid *grid = exact->grid;
    trial t = {.exact = exact, .grid = grid, .map = map, .at_once = -1, .delayed = -1};
    why reason[ST_SIZING_RESPONSES];
    char *texts[WHYS];
    for (size_t r = 0; r < grid->n_responses; r++) {
        reason[r] = WHYS;
        if (best[r] == SIZE_MAX) {
            ST_TRY(find_reason(ctx, &t, r, &reason[r]));
        }
    }
    for (int which = 0; which < WHYS; which++) {
        void *block;
        ST_TRY(st_columns_take(ctx, &exact->run->columns, SENTENCE, 1, "reasons", &block));
        texts[which] = block;
        put_sentence(texts[which], &t, row, reason, (why)which);
        if (texts[which][0] != '\0') {
            st_notice(ctx, "%s", texts[which]);
        }
    }
    for (size_t r = 0; r < grid->n_responses; r++) {
        sentence[r] = reason[r] == WHYS ? "" : texts[reason[r]];
    }
    return ST_OK;
}
