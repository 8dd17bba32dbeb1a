/* detect.cu - detect on the device: one tile of all racks, from the source through pinned staging
 * buffers to results in the engine's arrays.
 * Racks are read in groups of 64, a piece at a time: while one staging buffer travels, the other is
 * filled. As soon as a batch of racks is there it is worked on, while the next one is read. A sample
 * crosses the link once. */
#include "exec.h"

#include <string.h>

/* One piece: out of the source into a staging buffer, and on its way behind the histories. */
static st_status upload_piece(st_context *ctx, st_exec *exec, const st_source *source,
                              const st_tile *tile, cuda_batch group, size_t at, int slot)
{
    const size_t left = tile->samples - at, samples = left < PIECE_SAMPLES ? left : PIECE_SAMPLES;
    float *to = exec->rows + group.first_rack * exec->row_stride + exec->plan->history_samples + at;
    ST_CUDA_TRY(ctx, exec, cudaEventSynchronize(exec->staged[slot]));
    ST_TRY(source->read(source->state, ctx, group.first_rack, group.racks,
                        tile->first + (int64_t)at, samples, exec->staging[slot], PIECE_SAMPLES));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpy2DAsync(to, exec->row_stride * sizeof(float), exec->staging[slot],
                                  PIECE_SAMPLES * sizeof(float), samples * sizeof(float),
                                  group.racks, cudaMemcpyHostToDevice, exec->upload));
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(exec->staged[slot], exec->upload));
    return ST_OK;
}

/* Reads the racks of a batch; work that follows on the compute stream finds them. */
static st_status upload_batch(st_context *ctx, st_exec *exec, const st_source *source,
                              const st_tile *tile, cuda_batch batch, int *slot)
{
    const size_t end = batch.first_rack + batch.racks;
    for (size_t rack = batch.first_rack; rack < end; rack += ST_GROUP_RACKS) {
        const size_t left = end - rack;
        const cuda_batch group = {rack, left < ST_GROUP_RACKS ? left : (size_t)ST_GROUP_RACKS};
        for (size_t at = 0; at < tile->samples; at += PIECE_SAMPLES) {
            ST_TRY(upload_piece(ctx, exec, source, tile, group, at, *slot));
            *slot = 1 - *slot;
        }
    }
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(exec->arrived, exec->upload));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->compute, exec->arrived, 0));
    return ST_OK;
}

/* Everything that is done to the racks of a batch. */
static st_status work_batch(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch,
                            bool features)
{
    ST_TRY(cuda_levels(ctx, exec, due, batch));
    ST_TRY(cuda_ramps(ctx, exec, due, batch));
    if (due->frame_end > due->frame_first) {
        ST_TRY(cuda_welch_fast(ctx, exec, due, batch, features));
    }
    if (due->slow_end > due->slow_first) {
        ST_TRY(cuda_decimate(ctx, exec, due, batch));
    }
    if (due->slow_frame_end > due->slow_frame_first) {
        ST_TRY(cuda_welch_slow(ctx, exec, due, batch));
    }
    const size_t samples = (size_t)(due->end - due->first);
    if (exec->plan->rack_storage != NULL) {
        ST_TRY(cuda_rack_stages(ctx, exec, samples, batch));
    }
    return cuda_sum_leaves(ctx, exec, samples, batch);
}

/* Features of a batch travel back while the next one is worked on. */
static st_status download_features(st_context *ctx, st_exec *exec, const st_due *due,
                                   cuda_batch batch)
{
    const size_t frames = (size_t)(due->frame_end - due->frame_first);
    const size_t pitch = exec->frame_capacity * exec->plan->n_features * sizeof(float);
    const size_t from = batch.first_rack * exec->frame_capacity * exec->plan->n_features;
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(exec->reduced, exec->compute));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->download, exec->reduced, 0));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpy2DAsync(exec->host_features + from, pitch, exec->features + from, pitch,
                                  frames * exec->plan->n_features * sizeof(float), batch.racks,
                                  cudaMemcpyDeviceToHost, exec->download));
    return ST_OK;
}

static st_status finish_tile(st_context *ctx, st_exec *exec, const st_due *due)
{
    const size_t samples = (size_t)(due->end - due->first);
    if (exec->plan->rack_storage != NULL) {
        ST_TRY(cuda_sum_tree(ctx, exec, samples, exec->rack.leaf_seen));
        ST_CUDA_TRY(ctx, exec,
                    cudaMemcpyAsync(exec->rack.host_seen, exec->rack.leaf_seen,
                                    samples * sizeof(double), cudaMemcpyDeviceToHost,
                                    exec->compute));
    }
    ST_TRY(cuda_sum_tree(ctx, exec, samples, exec->leaf_sum));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpyAsync(exec->host_sum, exec->leaf_sum, samples * sizeof(double),
                                cudaMemcpyDeviceToHost, exec->compute));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpyAsync(exec->host_valid, exec->valid, samples * sizeof(uint32_t),
                                cudaMemcpyDeviceToHost, exec->compute));
    if (due->end < exec->plan->samples) {
        ST_TRY(cuda_keep_history(ctx, exec, samples));
    }
    ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->compute));
    ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->download));
    return ST_OK;
}

static void hand_over(const st_exec *exec, size_t samples, st_tile_result *result)
{
    const size_t n = exec->plan->n_features;
    memcpy(result->sum_w, exec->host_sum, samples * sizeof(double));
    memcpy(result->valid, exec->host_valid, samples * sizeof(uint32_t));
    if (exec->plan->rack_storage != NULL) {
        memcpy(result->seen_w, exec->rack.host_seen, samples * sizeof(double));
    }
    for (size_t rack = 0; rack < exec->plan->racks && result->features != NULL; rack++) {
        memcpy(result->features + rack * result->frame_capacity * n,
               exec->host_features + rack * exec->frame_capacity * n,
               result->frames * n * sizeof(float));
    }
}

st_status cuda_detect(st_context *ctx, st_exec *exec, const st_source *source, const st_tile *tile,
                      st_tile_result *result)
{
    const st_plan *plan = exec->plan;
    const st_due due = st_plan_due(plan, tile->first, tile->samples);
    int slot = 0;
    if (exec->dead) {
        return st_fail(ctx, ST_DEVICE, "CUDA: the device has failed before");
    }
    result->first_frame = due.frame_first;
    result->frames = (size_t)(due.frame_end - due.frame_first);
    const bool features = result->features != NULL && result->frames > 0;
    if (tile->samples > (size_t)plan->tile_samples ||
        (features &&
         (result->frames > result->frame_capacity || result->frames > exec->frame_capacity))) {
        return st_fail(ctx, ST_INTERNAL, "a tile has %zu samples and %zu frames; %lld and %zu fit",
                       tile->samples, result->frames, (long long)plan->tile_samples,
                       result->frame_capacity);
    }
    for (size_t rack = 0; rack < plan->racks; rack += exec->batch_racks) {
        const size_t left = plan->racks - rack;
        const cuda_batch batch = {rack, left < exec->batch_racks ? left : exec->batch_racks};
        ST_TRY(upload_batch(ctx, exec, source, tile, batch, &slot));
        ST_TRY(work_batch(ctx, exec, &due, batch, features));
        if (features) {
            ST_TRY(download_features(ctx, exec, &due, batch));
        }
    }
    ST_TRY(finish_tile(ctx, exec, &due));
    if (due.slow_end > due.slow_first) {
        float *const before = exec->slow_reference[0];
        exec->slow_reference[0] = exec->slow_reference[1];
        exec->slow_reference[1] = before;
    }
    hand_over(exec, tile->samples, result);
    return features && result->on_racks != NULL
               ? result->on_racks(ctx, result->user, result, 0, plan->racks)
               : ST_OK;
}
