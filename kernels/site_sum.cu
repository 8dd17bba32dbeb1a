/* site_sum.cu - detect, the sum over racks: leaves of 16 racks, then the fixed tree of
 * model/backend.h, in float64. A thread per sample. */
#include "exec.h"

enum { SUM_THREADS = 256 };

struct leaf_task {
    const float *x; /* [racks][row_stride] from the tile's first sample on, W */
    size_t row_stride, racks, first_leaf;
    const double *offset_w; /* [racks] */
    int64_t samples;
    double *sum_w;  /* [leaves][samples] */
    uint8_t *valid; /* [leaves][samples] */
};

__global__ void __launch_bounds__(SUM_THREADS) sum_leaf_kernel(GPU_ARGUMENT leaf_task task)
{
    const int64_t i = (int64_t)blockIdx.x * SUM_THREADS + threadIdx.x;
    const size_t leaf = task.first_leaf + blockIdx.y, first = leaf * ST_LEAF_RACKS;
    const size_t end = first + ST_LEAF_RACKS < task.racks ? first + ST_LEAF_RACKS : task.racks;
    if (i < task.samples) {
        double sum_w = 0.0;
        int valid = 0;
        for (size_t rack = first; rack < end; rack++) {
            const double power_w = (double)task.x[rack * task.row_stride + i] + task.offset_w[rack];
            sum_w += isnan(power_w) ? 0.0 : power_w;
            valid += isnan(power_w) ? 0 : 1;
        }
        task.sum_w[leaf * task.samples + i] = sum_w;
        task.valid[leaf * task.samples + i] = (uint8_t)valid;
    }
}

/* The tree, in place: leaf l is written after leaves 2 l and 2 l + 1 are read. The sum is where
 * leaf 0 was. */
__global__ void __launch_bounds__(SUM_THREADS)
    sum_tree_kernel(double *sum_w, const uint8_t *leaf_valid, uint32_t *valid, size_t leaves,
                    int64_t samples)
{
    const int64_t i = (int64_t)blockIdx.x * SUM_THREADS + threadIdx.x;
    if (i < samples) {
        uint32_t count = 0;
        for (size_t leaf = 0; leaf < leaves; leaf++) {
            count += leaf_valid[leaf * samples + i];
        }
        for (size_t left = leaves; left > 1; left = (left + 1) / 2) {
            for (size_t leaf = 0; leaf < left / 2; leaf++) {
                sum_w[leaf * samples + i] =
                    sum_w[2 * leaf * samples + i] + sum_w[(2 * leaf + 1) * samples + i];
            }
            if (left % 2 == 1) {
                sum_w[left / 2 * samples + i] = sum_w[(left - 1) * samples + i];
            }
        }
        valid[i] = count;
    }
}

/* ---- host --------------------------------------------------------------------------------- */

static unsigned blocks_of(size_t samples)
{
    return (unsigned)((samples + SUM_THREADS - 1) / SUM_THREADS);
}

st_status cuda_sum_leaves(st_context *ctx, st_exec *exec, size_t samples, cuda_batch batch)
{
    const st_plan *plan = exec->plan;
    const leaf_task task = {exec->rows + plan->history_samples,
                            exec->row_stride,
                            plan->racks,
                            batch.first_rack / ST_LEAF_RACKS,
                            exec->offset_w,
                            (int64_t)samples,
                            exec->leaf_sum,
                            exec->leaf_valid};
    const unsigned leaves = (unsigned)((batch.racks + ST_LEAF_RACKS - 1) / ST_LEAF_RACKS);
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(sum_leaf_kernel, dim3(blocks_of(samples), leaves), SUM_THREADS, 0,
                           exec->compute, task));
    return ST_OK;
}

st_status cuda_sum_tree(st_context *ctx, st_exec *exec, size_t samples, double *leaf_w)
{
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(sum_tree_kernel, blocks_of(samples), SUM_THREADS, 0, exec->compute,
                           leaf_w, exec->leaf_valid, exec->valid, exec->plan->leaves,
                           (int64_t)samples));
    return ST_OK;
}
