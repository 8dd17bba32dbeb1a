/* backend.cu - the CUDA backend: is a device there, what it holds from open to close, and what is
 * left at the end. The work itself is in detect.cu and respond.cu and the files under them. */
#include "exec.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* Machine code is built for 8.0 on. */
enum { OLDEST_MAJOR = 8 };
/* Blocks that each multiprocessor should have to choose from. */
enum { BLOCKS_PER_PROCESSOR = 4 };

static void call_name(const char *call, char *name, size_t size)
{
    const size_t length = strcspn(call, "(");
    const char *start = call;
    if (strncmp(call, "gpu_launch", 10) == 0 && call[length] == '(') { /* the kernel's name */
        start = call + length + 1;
        start += strspn(start, "(");
    }
    snprintf(name, size, "%.*s", (int)strcspn(start, "(,<"), start);
}

st_status cuda_fault(st_context *ctx, st_exec *exec, const char *call, cudaError_t error)
{
    char name[128];
    call_name(call, name, sizeof name);
    (void)cudaGetLastError();
    if (error == cudaErrorMemoryAllocation) {
        return st_fail(ctx, ST_MEMORY, "CUDA: %s: %s (code %d)", name, cudaGetErrorString(error),
                       (int)error);
    }
    exec->dead = true;
    return st_fail(ctx, ST_DEVICE, "CUDA: %s: %s (code %d)", name, cudaGetErrorString(error),
                   (int)error);
}

static st_status cuda_probe(char *text, size_t size)
{
    int count = 0; /* stays as it is on machines without a driver */
    cudaDeviceProp device = {};
    cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) {
        error = cudaGetDeviceProperties(&device, 0);
    }
    if (error != cudaSuccess || count == 0) {
        (void)cudaGetLastError();
        snprintf(text, size, "no CUDA device: %s (code %d)",
                 error != cudaSuccess ? cudaGetErrorString(error) : "none is visible", (int)error);
        return ST_NO_DEVICE;
    }
    if (device.major < OLDEST_MAJOR) {
        snprintf(text, size, "%s has compute capability %d.%d; at least %d.0 is needed",
                 device.name, device.major, device.minor, (int)OLDEST_MAJOR);
        return ST_NO_DEVICE;
    }
    snprintf(text, size, "%s, %.1f GiB, compute capability %d.%d", device.name,
             (double)device.totalGlobalMem / 1073741824.0, device.major, device.minor);
    return ST_OK;
}

/* Batches of whole groups, large enough to fill the device. */
static st_status choose_batch(st_context *ctx, st_exec *exec)
{
    cudaDeviceProp device;
    ST_CUDA_TRY(ctx, exec, cudaGetDeviceProperties(&device, 0));
    const size_t wanted = (size_t)device.multiProcessorCount * BLOCKS_PER_PROCESSOR;
    exec->batch_racks = (wanted + ST_GROUP_RACKS - 1) / ST_GROUP_RACKS * ST_GROUP_RACKS;
    return ST_OK;
}

static st_status open_streams(st_context *ctx, st_exec *exec)
{
    cudaStream_t *const streams[] = {&exec->upload, &exec->compute, &exec->download};
    cudaEvent_t *const events[] = {&exec->staged[0], &exec->staged[1], &exec->arrived,
                                   &exec->reduced};
    for (cudaStream_t *stream : streams) {
        ST_CUDA_TRY(ctx, exec, cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking));
    }
    for (cudaEvent_t *event : events) {
        ST_CUDA_TRY(ctx, exec, cudaEventCreateWithFlags(event, cudaEventDisableTiming));
    }
    return ST_OK;
}

static st_status open_parts(st_context *ctx, st_exec *exec)
{
    ST_CUDA_TRY(ctx, exec, cudaSetDevice(0));
    ST_TRY(choose_batch(ctx, exec));
    ST_TRY(open_streams(ctx, exec));
    ST_TRY(cuda_welch_prepare(ctx, exec));
    ST_TRY(cuda_convolve_prepare(ctx, exec));
    return cuda_exec_fill(ctx, exec);
}

static void cuda_close(st_exec *exec)
{
    if (exec == NULL) {
        return;
    }
    cudaStream_t const streams[] = {exec->upload, exec->compute, exec->download};
    cudaEvent_t const events[] = {exec->staged[0], exec->staged[1], exec->arrived, exec->reduced};
    for (cudaStream_t stream : streams) { /* copies may still read what is freed below */
        if (stream != NULL) {
            (void)cudaStreamSynchronize(stream);
        }
    }
    cuda_convolve_free(exec);
    cuda_exec_free(exec);
    for (cudaEvent_t event : events) {
        if (event != NULL) {
            (void)cudaEventDestroy(event);
        }
    }
    for (cudaStream_t stream : streams) {
        if (stream != NULL) {
            (void)cudaStreamDestroy(stream);
        }
    }
    (void)cudaGetLastError();
    st_free(exec);
}

static st_status cuda_open(st_context *ctx, const st_plan *plan, st_exec **opened)
{
    char text[512];
    void *block;
    *opened = NULL;
    if (cuda_probe(text, sizeof text) != ST_OK) {
        return st_fail(ctx, ST_NO_DEVICE, "%s", text);
    }
    ST_TRY(st_alloc(ctx, 1, sizeof(st_exec), "the CUDA backend", &block));
    st_exec *exec = (st_exec *)block;
    exec->plan = plan;
    const st_status status = open_parts(ctx, exec);
    if (status != ST_OK) {
        cuda_close(exec);
        return status;
    }
    *opened = exec;
    return ST_OK;
}

/* ---- what is left at the end --------------------------------------------------------------- */

/* Into pageable memory: done when it returns. */
template <class T>
static st_status fetch(st_context *ctx, st_exec *exec, T *to, const T *from, size_t count)
{
    ST_CUDA_TRY(
        ctx, exec,
        cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyDeviceToHost, exec->download));
    ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->download));
    return ST_OK;
}

/* Whole blocks of frames plus the open one. space: [racks][n/2 + 1]. */
static st_status collect_power(st_context *ctx, st_exec *exec, const cuda_spectra *spectra,
                               float *space, double *power)
{
    const size_t count = exec->plan->racks * (size_t)(spectra->frames->n / 2 + 1);
    ST_TRY(fetch(ctx, exec, power, spectra->power, count));
    ST_TRY(fetch(ctx, exec, space, spectra->partial, count));
    for (size_t i = 0; i < count; i++) {
        power[i] += (double)space[i];
    }
    return ST_OK;
}

static void put_levels(const st_levels *levels, size_t rack, st_rack_sums *sums)
{
    const bool none = levels->count == 0;
    sums->valid[rack] = levels->count;
    sums->mean_w[rack] = none ? (double)NAN : levels->mean;
    sums->m2_w2[rack] = none ? (double)NAN : levels->m2;
    sums->min_w[rack] = none ? (double)NAN : levels->min;
    sums->max_w[rack] = none ? (double)NAN : levels->max;
}

/* space: room for the levels of all racks. */
static st_status collect_levels(st_context *ctx, st_exec *exec, void *space, st_rack_sums *sums)
{
    const size_t racks = exec->plan->racks, ramps = racks * ST_RAMP_WINDOWS;
    st_levels *levels = (st_levels *)space;
    float *rise = (float *)space, *fall = rise + ramps, *step = (float *)space;
    ST_TRY(fetch(ctx, exec, levels, exec->levels, racks));
    for (size_t rack = 0; rack < racks; rack++) {
        put_levels(&levels[rack], rack, sums);
    }
    ST_TRY(fetch(ctx, exec, rise, exec->rise, ramps));
    ST_TRY(fetch(ctx, exec, fall, exec->fall, ramps));
    for (size_t i = 0; i < ramps; i++) {
        const bool pairs = rise[i] > -INFINITY;
        sums->ramp_w[2 * i] = pairs ? fmax(0.0, (double)rise[i]) : (double)NAN;
        sums->ramp_w[2 * i + 1] = pairs ? fmax(0.0, (double)fall[i]) : (double)NAN;
    }
    ST_TRY(fetch(ctx, exec, step, exec->step, racks));
    for (size_t rack = 0; rack < racks; rack++) {
        sums->step_w[rack] = step[rack] < INFINITY ? (double)step[rack] : 0.0;
    }
    return ST_OK;
}

static st_status collect_all(st_context *ctx, st_exec *exec, void *space, st_rack_sums *sums)
{
    const size_t racks = exec->plan->racks;
    ST_TRY(collect_power(ctx, exec, &exec->fast, (float *)space, sums->power_fast));
    ST_TRY(collect_power(ctx, exec, &exec->slow, (float *)space, sums->power_slow));
    ST_TRY(fetch(ctx, exec, sums->frames_used, exec->fast.used, racks));
    ST_TRY(fetch(ctx, exec, sums->frames_flagged, exec->fast.flagged, racks));
    ST_TRY(fetch(ctx, exec, sums->frames_dropped, exec->fast.dropped, racks));
    ST_TRY(fetch(ctx, exec, sums->slow_used, exec->slow.used, racks));
    if (exec->plan->rack_storage != NULL) {
        ST_TRY(cuda_rack_stages_collect(ctx, exec, sums));
    }
    return collect_levels(ctx, exec, space, sums);
}

static st_status cuda_collect(st_context *ctx, st_exec *exec, st_rack_sums *sums)
{
    const st_plan *plan = exec->plan;
    const int longest = plan->fast.n > plan->slow.n ? plan->fast.n : plan->slow.n;
    void *space; /* a rack's powers are more than its levels and ramps: at least 513 floats */
    if (exec->dead) {
        return st_fail(ctx, ST_DEVICE, "CUDA: the device has failed before");
    }
    ST_TRY(st_alloc(ctx, plan->racks, (size_t)(longest / 2 + 1) * sizeof(float),
                    "what comes back from the device", &space));
    const st_status status = collect_all(ctx, exec, space, sums);
    st_free(space);
    return status;
}

const st_backend st_backend_cuda = {"cuda",       cuda_probe,    cuda_open,  cuda_detect,
                                    cuda_collect, cuda_convolve, cuda_sweep, cuda_close};
