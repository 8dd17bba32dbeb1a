/* memory.cu - the arrays of the CUDA backend: taken in open, each by itself, so that a write past
 * one of them never lands unseen in another; freed in close. */
#include "exec.h"

#include "core/memory.h"
#include "formula/decimate.h"

st_status cuda_allocate(st_context *ctx, bool pinned, size_t bytes, void **out)
{
    const cudaError_t error = pinned ? cudaMallocHost(out, bytes) : cudaMalloc(out, bytes);
    if (error != cudaSuccess) {
        size_t free_bytes = 0, total_bytes = 0;
        *out = NULL;
        (void)cudaMemGetInfo(&free_bytes, &total_bytes);
        (void)cudaGetLastError();
        return st_fail(
            ctx, ST_MEMORY,
            "CUDA: %s: %s (code %d): %zu bytes are needed; the device has %zu of %zu free "
            "(a smaller tile_samples needs less)",
            pinned ? "cudaMallocHost" : "cudaMalloc", cudaGetErrorString(error), (int)error, bytes,
            free_bytes, total_bytes);
    }
    return ST_OK;
}

/* One array of `count` x `per` elements of `size` bytes. */
static st_status take(st_context *ctx, st_exec *exec, bool pinned, size_t count, size_t per,
                      size_t size, void **out)
{
    size_t elements, bytes;
    size_t *taken = pinned ? &exec->n_pinned_arrays : &exec->n_device_arrays;
    *out = NULL;
    if (!st_multiply(count, per, &elements) || !st_multiply(elements, size, &bytes)) {
        return st_fail(ctx, ST_MEMORY, "CUDA: an array of %zu x %zu elements of %zu bytes", count,
                       per, size);
    }
    if (*taken == MAX_ARRAYS) {
        return st_fail(ctx, ST_INTERNAL, "CUDA: more than %d arrays", MAX_ARRAYS);
    }
    ST_TRY(cuda_allocate(ctx, pinned, bytes > 0 ? bytes : 1, out));
    (pinned ? exec->pinned_arrays : exec->device_arrays)[(*taken)++] = *out;
    return ST_OK;
}

template <class T>
static st_status take_device(st_context *ctx, st_exec *exec, size_t count, size_t per, T **out)
{
    void *block;
    const st_status status = take(ctx, exec, false, count, per, sizeof(T), &block);
    *out = (T *)block;
    return status;
}

template <class T>
static st_status take_pinned(st_context *ctx, st_exec *exec, size_t count, size_t per, T **out)
{
    void *block;
    const st_status status = take(ctx, exec, true, count, per, sizeof(T), &block);
    *out = (T *)block;
    return status;
}

/* A table of the plan; the pageable source is read before this returns. */
template <class T>
static st_status take_table(st_context *ctx, st_exec *exec, const T *from, size_t count,
                            const T **out)
{
    T *table;
    ST_TRY(take_device(ctx, exec, count, 1, &table));
    *out = table;
    if (count > 0) {
        ST_CUDA_TRY(
            ctx, exec,
            cudaMemcpyAsync(table, from, count * sizeof(T), cudaMemcpyHostToDevice, exec->compute));
    }
    return ST_OK;
}

template <class T> static st_status clear(st_context *ctx, st_exec *exec, T *array, size_t count)
{
    ST_CUDA_TRY(ctx, exec, cudaMemsetAsync(array, 0, count * sizeof(T), exec->compute));
    return ST_OK;
}

/* All bits set is NaN. */
template <class T>
static st_status invalidate(st_context *ctx, st_exec *exec, T *array, size_t count)
{
    ST_CUDA_TRY(ctx, exec, cudaMemsetAsync(array, 0xFF, count * sizeof(T), exec->compute));
    return ST_OK;
}

static st_status fill_spectra(st_context *ctx, st_exec *exec, const st_frames *frames,
                              cuda_spectra *spectra)
{
    const size_t racks = exec->plan->racks, bins = (size_t)frames->n / 2 + 1;
    spectra->frames = frames;
    ST_TRY(take_table(ctx, exec, frames->window, (size_t)frames->n, &spectra->window));
    ST_TRY(take_table(ctx, exec, frames->twiddle, (size_t)frames->n, &spectra->twiddle));
    ST_TRY(take_device(ctx, exec, racks, bins, &spectra->partial));
    ST_TRY(take_device(ctx, exec, racks, bins, &spectra->power));
    ST_TRY(take_device(ctx, exec, racks, 1, &spectra->used));
    ST_TRY(take_device(ctx, exec, racks, 1, &spectra->flagged));
    ST_TRY(take_device(ctx, exec, racks, 1, &spectra->dropped));
    ST_TRY(clear(ctx, exec, spectra->partial, racks * bins));
    ST_TRY(clear(ctx, exec, spectra->power, racks * bins));
    ST_TRY(clear(ctx, exec, spectra->used, racks));
    ST_TRY(clear(ctx, exec, spectra->flagged, racks));
    return clear(ctx, exec, spectra->dropped, racks);
}

/* Bins with weight of one band. */
static cuda_span find_span(const float *weight, int bins)
{
    cuda_span span = {0, bins};
    while (span.first < bins && weight[span.first] == 0.0f) {
        span.first++;
    }
    while (span.end > span.first && weight[span.end - 1] == 0.0f) {
        span.end--;
    }
    return span;
}

static st_status fill_features(st_context *ctx, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const int bins = plan->fast.n / 2 + 1;
    cuda_span span[ST_MAX_BANDS];
    for (size_t b = 0; b < plan->n_feature_bands; b++) {
        span[b] = find_span(plan->feature_weight + b * (size_t)bins, bins);
    }
    exec->frame_capacity = (size_t)(plan->tile_samples / plan->fast.hop) + 2;
    ST_TRY(take_table(ctx, exec, plan->feature_weight, plan->n_feature_bands * (size_t)bins,
                      &exec->feature_weight));
    ST_TRY(take_table(ctx, exec, span, plan->n_feature_bands, &exec->feature_span));
    ST_TRY(take_device(ctx, exec, plan->racks, exec->frame_capacity * plan->n_features,
                       &exec->features));
    return take_pinned(ctx, exec, plan->racks, exec->frame_capacity * plan->n_features,
                       &exec->host_features);
}

static st_status fill_levels(st_context *ctx, st_exec *exec)
{
    const size_t racks = exec->plan->racks;
    exec->hop_capacity = (size_t)(exec->plan->tile_samples / exec->plan->fast.hop) + 4;
    ST_TRY(take_device(ctx, exec, racks, exec->hop_capacity, &exec->hops));
    ST_TRY(take_device(ctx, exec, racks, exec->hop_capacity, &exec->hop_levels));
    ST_TRY(take_device(ctx, exec, racks, exec->hop_capacity, &exec->hop_step));
    ST_TRY(take_device(ctx, exec, racks, 1, &exec->levels));
    ST_TRY(take_device(ctx, exec, racks, ST_RAMP_WINDOWS, &exec->rise));
    ST_TRY(take_device(ctx, exec, racks, ST_RAMP_WINDOWS, &exec->fall));
    ST_TRY(take_device(ctx, exec, racks, 1, &exec->step));
    return cuda_levels_prepare(ctx, exec);
}

static st_status fill_samples(st_context *ctx, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const size_t tile = (size_t)plan->tile_samples;
    exec->row_stride = plan->history_samples + tile;
    ST_TRY(take_device(ctx, exec, plan->racks, exec->row_stride, &exec->rows));
    ST_TRY(invalidate(ctx, exec, exec->rows, plan->racks * exec->row_stride));
    ST_TRY(take_table(ctx, exec, plan->offset_w, plan->racks, &exec->offset_w));
    ST_TRY(take_device(ctx, exec, plan->leaves, tile, &exec->leaf_sum));
    ST_TRY(take_device(ctx, exec, plan->leaves, tile, &exec->leaf_valid));
    ST_TRY(take_device(ctx, exec, tile, 1, &exec->valid));
    ST_TRY(take_pinned(ctx, exec, tile, 1, &exec->host_sum));
    ST_TRY(take_pinned(ctx, exec, tile, 1, &exec->host_valid));
    for (float *&staging : exec->staging) {
        ST_TRY(take_pinned(ctx, exec, ST_GROUP_RACKS, PIECE_SAMPLES, &staging));
    }
    return ST_OK;
}

/* The ring holds two slow frames and what a tile adds to them; the end of the record adds what had
 * waited for samples beyond the FIR. */
static st_status fill_slow(st_context *ctx, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const int64_t added =
        (plan->tile_samples + st_gap_bridge(plan->fir.taps)) / plan->decimation + 2;
    const size_t blocks = (size_t)(added / ST_SLOW_BLOCK) + 2;
    exec->slow_ring_size = 1;
    while (exec->slow_ring_size < 2 * plan->slow.n + added) {
        exec->slow_ring_size *= 2;
    }
    exec->slow_scratch_size = cuda_decimate_scratch(plan, added);
    if (exec->slow_scratch_size > 0) {
        ST_TRY(take_device(ctx, exec, exec->batch_racks * blocks, exec->slow_scratch_size,
                           &exec->slow_scratch));
    }
    ST_TRY(take_device(ctx, exec, plan->racks, (size_t)exec->slow_ring_size, &exec->slow_ring));
    ST_TRY(invalidate(ctx, exec, exec->slow_ring, plan->racks * (size_t)exec->slow_ring_size));
    for (float *&reference : exec->slow_reference) {
        ST_TRY(take_device(ctx, exec, plan->racks, 1, &reference));
        ST_TRY(invalidate(ctx, exec, reference, plan->racks));
    }
    return ST_OK;
}

static st_status fill_rack_stages(st_context *ctx, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const st_rack_storage *racks = plan->rack_storage;
    const size_t tile = (size_t)plan->tile_samples;
    cuda_rack *rack = &exec->rack;
    size_t delays = 0;
    if (racks == NULL) {
        return ST_OK;
    }
    for (size_t s = 0; s < racks->stages; s++) {
        delays += (size_t)racks->stage[s].delay_samples;
    }
    ST_TRY(take_table(ctx, exec, racks->stage, racks->stages, &rack->stage));
    ST_TRY(take_table(ctx, exec, racks->calendar, ST_CALENDAR_POINTS, &rack->calendar));
    ST_TRY(take_device(ctx, exec, racks->stages, plan->racks, &rack->passage));
    ST_TRY(take_device(ctx, exec, plan->racks, delays, &rack->past));
    ST_TRY(clear(ctx, exec, rack->past, plan->racks * delays));
    ST_TRY(take_device(ctx, exec, racks->stages * plan->racks, ST_RACK_STACK, &rack->open));
    ST_TRY(take_device(ctx, exec, plan->leaves, tile, &rack->leaf_seen));
    ST_TRY(take_pinned(ctx, exec, tile, 1, &rack->host_seen));
    return cuda_rack_stages_start(ctx, exec);
}

st_status cuda_exec_fill(st_context *ctx, st_exec *exec)
{
    ST_TRY(fill_samples(ctx, exec));
    ST_TRY(fill_levels(ctx, exec));
    ST_TRY(fill_spectra(ctx, exec, &exec->plan->fast, &exec->fast));
    ST_TRY(fill_spectra(ctx, exec, &exec->plan->slow, &exec->slow));
    ST_TRY(fill_features(ctx, exec));
    ST_TRY(fill_slow(ctx, exec));
    ST_TRY(fill_rack_stages(ctx, exec));
    ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->compute));
    return ST_OK;
}

void cuda_exec_free(st_exec *exec)
{
    while (exec->n_device_arrays > 0) {
        (void)cudaFree(exec->device_arrays[--exec->n_device_arrays]);
    }
    while (exec->n_pinned_arrays > 0) {
        (void)cudaFreeHost(exec->pinned_arrays[--exec->n_pinned_arrays]);
    }
}
