/* exec.c - the memory of the CPU backend: one block, measured first, then cut into arrays and
 * filled with what does not change. */
#include "cpu/exec.h"

#include <string.h>

#include "formula/decimate.h"

/* Puts every array of the exec into the arena; with a closed arena only adds up what they need. */
typedef struct carver {
    st_context *ctx;
    st_arena *arena;
    size_t need;
    st_status status;
} carver;

static void carve(carver *c, void *slot, size_t count, size_t per, size_t size)
{
    size_t total;
    void *block = NULL;
    if (!st_multiply(count, per, &total)) {
        total = SIZE_MAX;
    }
    const size_t need = st_arena_need(total, size);
    c->need = need > SIZE_MAX - c->need ? SIZE_MAX : c->need + need;
    if (c->arena->base != NULL && c->status == ST_OK) {
        c->status = st_arena_take(c->ctx, c->arena, total, size, &block);
        memcpy(slot, &block, sizeof block);
    }
}

static void carve_spectra(carver *c, cpu_spectra *spectra, const st_frames *frames, size_t racks)
{
    const size_t bins = (size_t)frames->n / 2 + 1;
    spectra->frames = frames;
    spectra->fft.n = frames->n;
    carve(c, &spectra->twiddle, st_split_fft_floats(frames->n), 1, sizeof(float));
    spectra->fft.twiddle = spectra->twiddle;
    spectra->partial_stride = (size_t)frames->n / 2 + ST_LANES;
    carve(c, &spectra->partial, racks, spectra->partial_stride, sizeof(float));
    carve(c, &spectra->power, racks, bins, sizeof(double));
    carve(c, &spectra->used, racks, 1, sizeof(int64_t));
    carve(c, &spectra->flagged, racks, 1, sizeof(int64_t));
    carve(c, &spectra->dropped, racks, 1, sizeof(int64_t));
}

/* Outputs of the first stage that a block in a tile can want, and a register more. */
static size_t largest_stage(const st_plan *plan)
{
    const st_fir *fir = &plan->fir;
    const int64_t in_tile = (plan->tile_samples + st_gap_bridge(fir->taps)) / plan->decimation + 2;
    int64_t n = in_tile < ST_SLOW_BLOCK ? in_tile : ST_SLOW_BLOCK;
    for (int s = fir->stages - 1; s > 0; s--) {
        n = (n - 1) * fir->stage[s].step + fir->stage[s].taps;
    }
    return (size_t)n + ST_LANES;
}

static void carve_work(carver *c, st_exec *exec, cpu_work *work)
{
    const st_plan *plan = exec->plan;
    const size_t n = (size_t)(plan->fast.n > plan->slow.n ? plan->fast.n : plan->slow.n);
    const size_t hops = (size_t)plan->tile_samples / (size_t)plan->fast.hop + 4;
    carve(c, &work->row, plan->unit_racks, exec->row_stride, sizeof(float));
    carve(c, &work->hop, hops, 1, sizeof(st_hop));
    for (int i = 0; i < 4; i++) {
        carve(c, &work->split[i], n + ST_LANES, 1, sizeof(float));
    }
    carve(c, &work->power[0], n / 2 + ST_LANES, 1, sizeof(float));
    carve(c, &work->power[1], n / 2 + ST_LANES, 1, sizeof(float));
    carve(c, &work->filled, CPU_SLOW_STRIP * (size_t)plan->fir.stage[0].step + ST_FIR_TAPS, 1,
          sizeof(float));
    carve(c, &work->decimated, largest_stage(plan), 1, sizeof(float));
    carve(c, &work->rack_block, plan->rack_storage != NULL, 1, sizeof(cpu_rack_block));
}

static void carve_tree(carver *c, const st_plan *plan, cpu_tree *tree)
{
    const size_t tile = (size_t)plan->tile_samples;
    tree->leaves = plan->leaves;
    tree->sums = st_cpu_tree_sums(plan->leaves, (size_t)plan->threads);
    carve(c, &tree->sum, tree->sums, 1, sizeof(cpu_sum));
    carve(c, &tree->idle, tree->sums, 1, sizeof(cpu_sum *));
    carve(c, &tree->waiting, st_cpu_tree_nodes(tree->leaves), 1, sizeof(cpu_sum *));
    for (size_t i = 0; i < tree->sums; i++) {
        cpu_sum none;
        cpu_sum *sum = tree->sum != NULL ? &tree->sum[i] : &none;
        carve(c, &sum->sum_w, tile, 1, sizeof(double));
        carve(c, &sum->valid, tile, 1, sizeof(uint32_t));
        if (plan->rack_storage != NULL) {
            carve(c, &sum->seen_w, tile, 1, sizeof(double));
        }
    }
}

/* The storage at the racks: stages, what their delays remember, and the stacks of their counters. */
static void carve_rack_stages(carver *c, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const st_rack_storage *racks = plan->rack_storage;
    double *past = NULL, *open = NULL;
    if (racks == NULL) {
        return;
    }
    carve(c, &exec->rack_stage, racks->stages, plan->leaves, sizeof(cpu_rack_stage));
    for (size_t s = 0; s < racks->stages; s++) {
        const size_t delay = (size_t)racks->stage[s].delay_samples;
        carve(c, &past, plan->leaves, delay, sizeof(cpu_leaf));
        carve(c, &open, plan->leaves, ST_RACK_STACK, sizeof(cpu_leaf));
        for (size_t leaf = 0; leaf < plan->leaves && exec->rack_stage != NULL; leaf++) {
            cpu_rack_stage *at = &exec->rack_stage[s * plan->leaves + leaf];
            at->past = past + leaf * delay * ST_LEAF_RACKS;
            for (size_t l = 0; l < ST_LEAF_RACKS; l++) {
                st_rainflow_start(&at->flow[l], open + (leaf * ST_LEAF_RACKS + l) * ST_RACK_STACK,
                                  ST_RACK_STACK, racks->stage[s].soc_per_j);
            }
        }
    }
}

static void carve_all(carver *c, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const size_t racks = plan->racks;
    const size_t threads = (size_t)exec->threads;
    carve_spectra(c, &exec->fast, &plan->fast, racks);
    carve_spectra(c, &exec->slow, &plan->slow, racks);
    carve(c, &exec->history, racks, plan->history_samples, sizeof(float));
    carve(c, &exec->levels, racks, 1, sizeof(st_levels));
    carve(c, &exec->rise, racks, ST_RAMP_WINDOWS, sizeof(float));
    carve(c, &exec->fall, racks, ST_RAMP_WINDOWS, sizeof(float));
    carve(c, &exec->step, racks, 1, sizeof(float));
    carve(c, &exec->hop_kept, racks, ST_KEPT_HOPS, sizeof(st_hop));
    carve(c, &exec->slow_ring, racks, 2 * (size_t)plan->slow.n, sizeof(double));
    carve(c, &exec->slow_reference, racks, 1, sizeof(float));
    carve(c, &exec->weight, plan->n_feature_bands, exec->weight_stride, sizeof(float));
    carve(c, &exec->weight_span, plan->n_feature_bands, 1, sizeof(cpu_span));
    carve_tree(c, plan, &exec->tree);
    carve_rack_stages(c, exec);
    carve(c, &exec->unit_status, exec->unit_count, 1, sizeof(st_status));
    carve(c, &exec->convolve_table, CONVOLVE_TABLE, 1, sizeof(float));
    carve(c, &exec->work, threads, 1, sizeof(cpu_work));
    for (size_t t = 0; t < threads; t++) {
        cpu_work none;
        carve_work(c, exec, exec->work != NULL ? &exec->work[t] : &none);
    }
}

/* Copies tables out of the plan in the shape that the loops want. */
static void fill_tables(st_exec *exec, float *fast_twiddle, float *slow_twiddle)
{
    const st_plan *plan = exec->plan;
    const int bins = plan->fast.n / 2 + 1;
    st_split_fft_fill(plan->fast.n, plan->fast.twiddle, fast_twiddle);
    st_split_fft_fill(plan->slow.n, plan->slow.twiddle, slow_twiddle);
    for (size_t b = 0; b < plan->n_feature_bands; b++) {
        const float *from = plan->feature_weight + b * (size_t)bins;
        float *to = exec->weight + b * exec->weight_stride;
        int first = 0, end = bins;
        memcpy(to, from, (size_t)bins * sizeof *to);
        while (first < bins && from[first] == 0.0f) {
            first++;
        }
        while (end > first && from[end - 1] == 0.0f) {
            end--;
        }
        exec->weight_span[b] =
            (cpu_span){first / ST_LANES * ST_LANES, (end + ST_LANES - 1) / ST_LANES * ST_LANES};
    }
}

static st_status fill_convolve_table(st_context *ctx, float *table)
{
    void *twiddle;
    ST_TRY(st_alloc(ctx, CONVOLVE_POINTS, sizeof(st_c32), "the table of a convolution", &twiddle));
    st_fft_twiddle_f32(twiddle, CONVOLVE_POINTS);
    convolve_fill_table(twiddle, table);
    st_free(twiddle);
    return ST_OK;
}

static void clear_racks(st_exec *exec)
{
    for (size_t r = 0; r < exec->plan->racks; r++) {
        exec->levels[r] = st_levels_none();
        exec->step[r] = INFINITY;
        exec->slow_reference[r] = NAN;
        for (size_t w = 0; w < ST_RAMP_WINDOWS; w++) {
            exec->rise[r * ST_RAMP_WINDOWS + w] = -INFINITY;
            exec->fall[r * ST_RAMP_WINDOWS + w] = -INFINITY;
        }
    }
}

st_status st_cpu_exec_fill(st_context *ctx, st_exec *exec)
{
    carver measure = {ctx, &exec->arena, 0, ST_OK};
    carve_all(&measure, exec);
    ST_TRY(st_arena_open(ctx, measure.need, "the CPU backend", &exec->arena));
    carver take = {ctx, &exec->arena, 0, ST_OK};
    carve_all(&take, exec);
    ST_TRY(take.status);
    fill_tables(exec, exec->fast.twiddle, exec->slow.twiddle);
    clear_racks(exec);
    if (exec->plan->rack_storage != NULL) {
        st_cpu_rack_stages_start(exec);
    }
    return fill_convolve_table(ctx, exec->convolve_table);
}
