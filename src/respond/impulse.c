/* impulse.c - overlap-save: blocks of the load with the taps - 1 samples before them. The load
 * before the record counts as L0. */
#include "respond/impulse.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "formula/sum.h"
#include "respond/prime.h"

typedef struct conduit {
    const st_impulse *impulse;
    size_t past, most; /* taps - 1; samples in a block */
    double *block;     /* [most], W: load on entry, draw on return */
    float *x, *y;      /* [past + most], [most], W, load - L0 and p */
    double level_w, held_w;
    st_sum load_w, draw_w, power_w, turned_w;
    double power_min_w, power_max_w;
    st_arena arena;
} conduit;

/* Blocks no shorter than the response keep the work per sample bounded. */
static size_t block_samples(const st_impulse *impulse)
{
    return impulse->taps > ST_RESPOND_BLOCK ? impulse->taps : ST_RESPOND_BLOCK;
}

static st_status open_conduit(st_context *ctx, const st_impulse *impulse, conduit *c)
{
    void *block, *x, *y;
    c->impulse = impulse;
    c->past = impulse->taps - 1;
    c->most = block_samples(impulse);
    c->power_min_w = INFINITY;
    c->power_max_w = -INFINITY;
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(c->most, sizeof(double)) +
                             st_arena_need(c->past + c->most, sizeof(float)) +
                             st_arena_need(c->most, sizeof(float)),
                         "the impulse response", &c->arena));
    ST_TRY(st_arena_take(ctx, &c->arena, c->most, sizeof(double), &block));
    ST_TRY(st_arena_take(ctx, &c->arena, c->past + c->most, sizeof(float), &x));
    ST_TRY(st_arena_take(ctx, &c->arena, c->most, sizeof(float), &y));
    c->block = block;
    c->x = x;
    c->y = y;
    return ST_OK;
}

static void account(conduit *c, double load_w, double power_w)
{
    st_sum_add(&c->load_w, load_w);
    st_sum_add(&c->draw_w, load_w - power_w);
    st_sum_add(&c->power_w, power_w);
    st_sum_add(&c->turned_w, fabs(power_w));
    c->power_min_w = fmin(c->power_min_w, power_w);
    c->power_max_w = fmax(c->power_max_w, power_w);
}

/* c->block: [n], the load on entry, the draw on return. */
static st_status carry(st_context *ctx, conduit *c, size_t n)
{
    float *new_x = c->x + c->past;
    double held_w = c->held_w;
    for (size_t i = 0; i < n; i++) {
        held_w = isfinite(c->block[i]) ? c->block[i] : held_w;
        new_x[i] = (float)(held_w - c->level_w);
    }
    const st_convolution convolution = {.h = c->impulse->h,
                                        .taps = c->impulse->taps,
                                        .rows = 1,
                                        .x = c->x,
                                        .x_stride = c->past + n,
                                        .n = n,
                                        .y = c->y,
                                        .y_stride = n};
    ST_TRY(c->impulse->convolve(ctx, c->impulse->exec, &convolution));
    for (size_t i = 0; i < n; i++) {
        const bool valid = isfinite(c->block[i]);
        const double power_w = (double)c->y[i];
        c->held_w = valid ? c->block[i] : c->held_w;
        account(c, c->held_w, power_w);
        c->block[i] = valid ? c->held_w - power_w : NAN;
    }
    memmove(c->x, c->x + n, c->past * sizeof(float));
    return ST_OK;
}

static void conclude(const conduit *c, double dt_s, int64_t samples, st_stage_record *record)
{
    *record = (st_stage_record){
        .soc_min = NAN,
        .soc_mean = NAN,
        .soc_max = NAN,
        .power_min_w = c->power_min_w,
        .power_mean_w = st_sum_value(c->power_w) / (double)samples,
        .power_max_w = c->power_max_w,
        .clip_power_s = NAN,
        .clip_energy_s = NAN,
        .load_j = st_sum_value(c->load_w) * dt_s,
        .draw_j = st_sum_value(c->draw_w) * dt_s,
        .stored_j = NAN,
        .loss_j = NAN,
        .throughput_j = st_sum_value(c->turned_w) * dt_s,
        .equivalent_full_cycles = NAN,
        .fade_per_year = NAN,
        .burnt_j = NAN,
        .held_back_s = NAN,
    };
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        record->rainflow_count[bin] = record->rainflow_depth[bin] = NAN;
    }
}

static st_status carry_series(st_context *ctx, conduit *c, const st_series *load,
                              const st_series *draw)
{
    for (int64_t from = 0; from < load->samples; from += (int64_t)c->most) {
        const int64_t left = load->samples - from;
        const size_t n = left < (int64_t)c->most ? (size_t)left : c->most;
        ST_TRY(st_series_read(ctx, load, from, n, c->block));
        ST_TRY(carry(ctx, c, n));
        ST_TRY(st_series_write(ctx, draw, from, n, c->block));
        ST_TRY(st_progress(ctx, "respond", (double)(from + (int64_t)n), (double)load->samples,
                           "samples"));
    }
    return ST_OK;
}

st_status st_respond_impulse(st_context *ctx, const st_impulse *impulse, int64_t period_ns,
                             const st_series *load, const st_series *draw, st_stage_record *record)
{
    st_status status = ST_OK;
    st_prime prime;
    conduit c = {0};
    ST_GOTO(status, open_conduit(ctx, impulse, &c));
    ST_GOTO(status, st_prime_find(ctx, load, ST_IMPULSE_TAU_S, period_ns, c.block, &prime));
    c.held_w = prime.first_w;
    c.level_w = isfinite(prime.level_w) ? prime.level_w : prime.first_w;
    ST_GOTO(status, carry_series(ctx, &c, load, draw));
    conclude(&c, (double)period_ns / 1e9, load->samples, record);
    record->prime_w = prime.level_w;
done:
    st_arena_close(&c.arena);
    return status;
}
