/* rack_stage.cu - storage at the racks: every rack of a batch through its stages, a block of samples
 * at a time, and what the racks of a leaf draw behind them (formula/rack_stage.h).
 * A thread carries a rack; a warp stages a block of its 32 racks in shared memory, so that samples
 * are read side by side, and folds the two leaves at the end of it. */
#include "exec.h"

#include "core/memory.h"

enum { LEAVES = WARP / ST_LEAF_RACKS, PITCH = WARP + 1 };

struct rack_task {
    const float *x; /* [racks][row_stride] from the tile's first sample on, W */
    size_t row_stride, racks, first_rack, leaves;
    const double *offset_w; /* [racks] */
    int64_t samples;
    size_t stages;
    const st_rack_stage *stage; /* [stages] */
    const double *calendar;
    st_rack_passage *passage; /* [stages][racks] */
    double *seen_w;           /* [leaves][samples] */
};

/* Samples [from, from + n) of the warp's racks, W; NaN beyond the last rack. */
static __device__ void stage_block(const rack_task &task, int64_t from, int n, double *block)
{
    const size_t first = task.first_rack + (size_t)blockIdx.x * WARP;
    for (int r = 0; r < WARP; r++) {
        for (int i = threadIdx.x; i < n; i += WARP) {
            block[i * PITCH + r] = first + r < task.racks
                                       ? (double)task.x[(first + r) * task.row_stride + from + i] +
                                             task.offset_w[first + r]
                                       : (double)NAN;
        }
    }
}

/* By halves, an invalid or missing rack as 0. */
static __device__ double fold_leaf(const double *draw)
{
    double lane[ST_LEAF_RACKS];
    GPU_UNROLL
    for (int l = 0; l < ST_LEAF_RACKS; l++) {
        lane[l] = isnan(draw[l]) ? 0.0 : draw[l];
    }
    GPU_UNROLL
    for (int half = ST_LEAF_RACKS / 2; half > 0; half /= 2) {
        GPU_UNROLL
        for (int l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

static __device__ void fold_block(const rack_task &task, int64_t from, int n, const double *block)
{
    const size_t first = (task.first_rack + (size_t)blockIdx.x * WARP) / ST_LEAF_RACKS;
    for (int l = 0; l < LEAVES && first + l < task.leaves; l++) {
        for (int i = threadIdx.x; i < n; i += WARP) {
            task.seen_w[(first + l) * task.samples + from + i] =
                fold_leaf(block + i * PITCH + l * ST_LEAF_RACKS);
        }
    }
}

__global__ void __launch_bounds__(WARP) rack_stage_kernel(GPU_ARGUMENT rack_task task)
{
    GPU_SHARED(double, block, [ST_RACK_BLOCK * PITCH]);
    const size_t rack = task.first_rack + (size_t)blockIdx.x * WARP + threadIdx.x;
    for (int64_t from = 0; from < task.samples; from += ST_RACK_BLOCK) {
        const int64_t left = task.samples - from;
        const int n = left < ST_RACK_BLOCK ? (int)left : ST_RACK_BLOCK;
        stage_block(task, from, n, block);
        __syncthreads();
        for (size_t s = 0; s < task.stages && rack < task.racks; s++) {
            st_rack_stage_block(&task.stage[s], task.calendar, &task.passage[s * task.racks + rack],
                                block + threadIdx.x, PITCH, n);
        }
        __syncthreads();
        fold_block(task, from, n, block);
        __syncthreads();
    }
}

/* ---- host --------------------------------------------------------------------------------- */

st_status cuda_rack_stages(st_context *ctx, st_exec *exec, size_t samples, cuda_batch batch)
{
    const st_plan *plan = exec->plan;
    const rack_task task = {exec->rows + plan->history_samples,
                            exec->row_stride,
                            plan->racks,
                            batch.first_rack,
                            plan->leaves,
                            exec->offset_w,
                            (int64_t)samples,
                            plan->rack_storage->stages,
                            exec->rack.stage,
                            exec->rack.calendar,
                            exec->rack.passage,
                            exec->rack.leaf_seen};
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(rack_stage_kernel, (unsigned)((batch.racks + WARP - 1) / WARP), WARP, 0,
                           exec->compute, task));
    return ST_OK;
}

/* Passages are made on the host; what they borrow is on the device. */
st_status cuda_rack_stages_start(st_context *ctx, st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const st_rack_storage *racks = plan->rack_storage;
    const size_t passages = racks->stages * plan->racks;
    double *past = exec->rack.past;
    void *block;
    ST_TRY(st_alloc(ctx, passages, sizeof(st_rack_passage), "the stages at the racks", &block));
    st_rack_passage *passage = (st_rack_passage *)block;
    for (size_t i = 0; i < passages; i++) {
        const st_rack_stage *stage = &racks->stage[i / plan->racks];
        st_rack_passage_start(stage, &passage[i], racks->first_w[i], racks->prime_w[i], past,
                              exec->rack.open + i * ST_RACK_STACK);
        past += stage->delay_samples;
    }
    cudaError_t error = cudaMemcpyAsync(exec->rack.passage, passage, passages * sizeof *passage,
                                        cudaMemcpyHostToDevice, exec->compute);
    error = error == cudaSuccess ? cudaStreamSynchronize(exec->compute) : error;
    st_free(block);
    ST_CUDA_TRY(ctx, exec, error);
    return ST_OK;
}

/* The counters are finished on the host, on copies of their stacks. */
static void finish_passages(st_rack_passage *passage, double *open, size_t n, st_rack_sums *sums)
{
    for (size_t i = 0; i < n; i++) {
        st_rainflow *flow = &passage[i].flow;
        flow->open = open + i * ST_RACK_STACK;
        st_rainflow_finish(flow);
        sums->duty[i] = passage[i].duty;
        for (int bin = 0; bin < ST_DEPTH_BINS; bin++) {
            sums->cycle_count[i * ST_DEPTH_BINS + bin] = flow->count[bin];
            sums->cycle_depth[i * ST_DEPTH_BINS + bin] = flow->depth[bin];
        }
    }
}

st_status cuda_rack_stages_collect(st_context *ctx, st_exec *exec, st_rack_sums *sums)
{
    const size_t n = exec->plan->rack_storage->stages * exec->plan->racks;
    void *passage, *open;
    ST_TRY(st_alloc(ctx, n, sizeof(st_rack_passage), "the stages at the racks", &passage));
    st_status status = st_alloc(ctx, n, ST_RACK_STACK * sizeof(double), "their counters", &open);
    if (status == ST_OK) {
        cudaError_t error =
            cudaMemcpyAsync(passage, exec->rack.passage, n * sizeof(st_rack_passage),
                            cudaMemcpyDeviceToHost, exec->compute);
        error = error != cudaSuccess
                    ? error
                    : cudaMemcpyAsync(open, exec->rack.open, n * ST_RACK_STACK * sizeof(double),
                                      cudaMemcpyDeviceToHost, exec->compute);
        error = error != cudaSuccess ? error : cudaStreamSynchronize(exec->compute);
        if (error == cudaSuccess) {
            finish_passages((st_rack_passage *)passage, (double *)open, n, sums);
        } else {
            status = cuda_fault(ctx, exec, "cudaMemcpyAsync", error);
        }
        st_free(open);
    }
    st_free(passage);
    return status;
}
