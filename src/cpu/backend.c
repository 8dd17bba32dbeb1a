/* backend.c - the CPU backend: what it holds, from open to close. The work itself is in detect.c
 * and respond.c, its loops in loops.c and the files around it. */
#include "cpu/exec.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

/* Set by the build when it compiled the loops for these sets, too. */
const cpu_loops *st_cpu_loops_choose(void)
{
#ifdef ST_CPU_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd")) {
        return &st_cpu_loops_v4;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return &st_cpu_loops_v3;
    }
#endif
    return &st_cpu_loops_base;
}

/* Every x86 processor since 2009 has what the base loops are compiled for. */
static bool runs_base(void)
{
#ifdef ST_CPU_X86
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
#else
    return true;
#endif
}

static st_status cpu_probe(char *text, size_t size)
{
    if (!runs_base()) {
        snprintf(text, size, "the processor has no SSE4.2 (x86-64-v2)");
        return ST_NO_DEVICE;
    }
    snprintf(text, size, "%d processors, %s vector code", omp_get_num_procs(),
             st_cpu_loops_choose()->name);
    return ST_OK;
}

static st_status cpu_open(st_context *ctx, const st_plan *plan, st_exec **opened)
{
    void *block;
    *opened = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof(st_exec), "the CPU backend", &block));
    st_exec *exec = block;
    exec->plan = plan;
    omp_init_lock(&exec->tree.lock);
    exec->loops = st_cpu_loops_choose();
    exec->threads = plan->threads;
    exec->row_stride = plan->history_samples + (size_t)plan->tile_samples;
    exec->unit_count = (plan->racks + plan->unit_racks - 1) / plan->unit_racks;
    exec->weight_stride = (size_t)plan->fast.n / 2 + ST_LANES;
    const st_status status = st_cpu_exec_fill(ctx, exec);
    if (status != ST_OK) {
        st_backend_cpu.close(exec);
        return status;
    }
    *opened = exec;
    return ST_OK;
}

/* Whole blocks of frames plus the open one. power: [racks][bins]. */
static void collect_power(const cpu_spectra *spectra, size_t rack, double *power)
{
    const size_t bins = (size_t)spectra->frames->n / 2 + 1;
    const float *partial = spectra->partial + rack * spectra->partial_stride;
    for (size_t k = 0; k < bins; k++) {
        power[rack * bins + k] = spectra->power[rack * bins + k] + (double)partial[k];
    }
}

static void collect_levels(const st_exec *exec, size_t rack, st_rack_sums *sums)
{
    const st_levels *levels = &exec->levels[rack];
    const bool none = levels->count == 0;
    sums->valid[rack] = levels->count;
    sums->mean_w[rack] = none ? (double)NAN : levels->mean;
    sums->m2_w2[rack] = none ? (double)NAN : levels->m2;
    sums->min_w[rack] = none ? (double)NAN : levels->min;
    sums->max_w[rack] = none ? (double)NAN : levels->max;
    sums->step_w[rack] = exec->step[rack] < INFINITY ? (double)exec->step[rack] : 0.0;
    for (size_t i = rack * ST_RAMP_WINDOWS; i < (rack + 1) * ST_RAMP_WINDOWS; i++) {
        const bool pairs = exec->rise[i] > -INFINITY;
        sums->ramp_w[2 * i] = pairs ? fmax(0.0, (double)exec->rise[i]) : (double)NAN;
        sums->ramp_w[2 * i + 1] = pairs ? fmax(0.0, (double)exec->fall[i]) : (double)NAN;
    }
}

static st_status cpu_collect(st_context *ctx, st_exec *exec, st_rack_sums *sums)
{
    const size_t racks = exec->plan->racks;
    (void)ctx;
#pragma omp parallel for num_threads(exec->threads)
    for (size_t r = 0; r < racks; r++) {
        collect_power(&exec->fast, r, sums->power_fast);
        collect_power(&exec->slow, r, sums->power_slow);
        collect_levels(exec, r, sums);
    }
    memcpy(sums->frames_used, exec->fast.used, racks * sizeof(int64_t));
    memcpy(sums->frames_flagged, exec->fast.flagged, racks * sizeof(int64_t));
    memcpy(sums->frames_dropped, exec->fast.dropped, racks * sizeof(int64_t));
    memcpy(sums->slow_used, exec->slow.used, racks * sizeof(int64_t));
    if (exec->plan->rack_storage != NULL) {
        st_cpu_rack_stages_collect(exec, sums);
    }
    return ST_OK;
}

static void cpu_close(st_exec *exec)
{
    if (exec != NULL) {
        omp_destroy_lock(&exec->tree.lock);
        st_arena_close(&exec->convolve);
        st_arena_close(&exec->arena);
        st_free(exec);
    }
}

const st_backend st_backend_cpu = {.name = "cpu",
                                   .probe = cpu_probe,
                                   .open = cpu_open,
                                   .detect = st_cpu_detect,
                                   .collect = cpu_collect,
                                   .respond = st_cpu_respond,
                                   .sweep = st_cpu_sweep,
                                   .close = cpu_close};
