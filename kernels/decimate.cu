/* decimate.cu - detect, slow spectra: gaps bridged, samples relative to the reference that 64
 * outputs share, and the FIR at every D-th sample (formula/decimate.h, formula/gap.h).
 * A block of threads takes the outputs of one rack that share a reference; a warp takes an output,
 * its lanes are those of formula/lanes.h. Outputs go to a ring, in float64. */
#include "exec.h"
#include "formula/decimate.h"

enum { DECIMATE_THREADS = 256 };

struct decimate_task {
    const float *rows; /* [racks][row_stride], W */
    size_t row_stride, first_rack;
    int64_t row_first, end;       /* samples: at the start of a row, known so far */
    int64_t slow_first, slow_end; /* outputs that are due */
    int decimation, taps;
    const float *fir; /* [taps] */
    double *ring;     /* [racks][ring_size], W, output m at m & (ring_size - 1) */
    int64_t ring_size;
    const float *reference_before; /* [racks], of the block that a tile has cut; NaN: none yet */
    float *reference_after;        /* [racks] */
};

/* Outputs [first, end) of one block of ST_SLOW_BLOCK; x + m D is where output first + m begins. */
struct decimate_block {
    int64_t first, end;
    const float *row;
    int64_t readable_first, readable_end; /* indices into row */
    int64_t from;                         /* index of the first input */
};

static __device__ decimate_block find_block(const decimate_task &task, size_t rack)
{
    decimate_block b;
    const int64_t index = task.slow_first / ST_SLOW_BLOCK + blockIdx.x;
    b.first = index * ST_SLOW_BLOCK > task.slow_first ? index * ST_SLOW_BLOCK : task.slow_first;
    b.end =
        (index + 1) * ST_SLOW_BLOCK < task.slow_end ? (index + 1) * ST_SLOW_BLOCK : task.slow_end;
    b.row = task.rows + rack * task.row_stride;
    b.readable_first = task.row_first < 0 ? -task.row_first : 0;
    b.readable_end = task.end - task.row_first;
    b.from = b.first * task.decimation - task.row_first;
    return b;
}

/* Whether any input of the block is invalid; all threads together. */
static __device__ bool block_has_gaps(const decimate_task &task, const decimate_block &b)
{
    const int64_t inputs = (b.end - 1 - b.first) * task.decimation + task.taps;
    bool gaps = false;
    for (int64_t i = threadIdx.x; i < inputs; i += DECIMATE_THREADS) {
        gaps = gaps || isnan(b.row[b.from + i]);
    }
    return __syncthreads_or(gaps);
}

/* Judges output b.first + m; a whole warp. */
static __device__ bool output_usable(const decimate_task &task, const decimate_block &b, int m)
{
    int invalid = 0;
    for (int i = threadIdx.x % WARP; i < task.taps; i += WARP) {
        invalid += isnan(b.row[b.from + (int64_t)m * task.decimation + i]) ? 1 : 0;
    }
    for (int half = WARP / 2; half > 0; half /= 2) {
        invalid += __shfl_xor_sync(0xffffffffu, invalid, half);
    }
    return st_decimator_usable(invalid, task.taps);
}

static __device__ __forceinline__ float filled_input(const decimate_task &task,
                                                     const decimate_block &b, int64_t i)
{
    const float x = b.row[i];
    return isnan(x)
               ? st_gap_filled(b.row, b.readable_first, b.readable_end, i, st_gap_bridge(task.taps))
               : x;
}

/* One thread: the filled series at the first input of the first usable output; NaN: none is. */
static __device__ float choose_reference(const decimate_task &task, const decimate_block &b,
                                         const unsigned char *usable, float before)
{
    const bool starts_here = b.first % ST_SLOW_BLOCK == 0;
    if (!starts_here && !isnan(before)) {
        return before;
    }
    for (int m = 0; m < (int)(b.end - b.first); m++) {
        if (usable[m]) {
            return filled_input(task, b, b.from + (int64_t)m * task.decimation);
        }
    }
    return NAN;
}

/* st_decimator_output; a whole warp. What is filled is known wherever the output is usable; a
 * sample too far from any valid one counts as the reference. */
static __device__ double filter_output(const decimate_task &task, const decimate_block &b, int m,
                                       float reference)
{
    float sum = 0.0f;
    for (int i = threadIdx.x % WARP; i < task.taps; i += WARP) {
        const float d =
            filled_input(task, b, b.from + (int64_t)m * task.decimation + i) - reference;
        sum += task.fir[i] * (isnan(d) ? 0.0f : d);
    }
    for (int half = WARP / 2; half > 0; half /= 2) {
        sum += __shfl_down_sync(0xffffffffu, sum, half);
    }
    return (double)reference + (double)sum;
}

__global__ void __launch_bounds__(DECIMATE_THREADS)
    decimate_block_kernel(GPU_ARGUMENT decimate_task task)
{
    GPU_SHARED(unsigned char, usable, [ST_SLOW_BLOCK]);
    GPU_SHARED(float, shared_reference, );
    const size_t rack = task.first_rack + blockIdx.y;
    const decimate_block b = find_block(task, rack);
    const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    const int count = (int)(b.end - b.first), warps = DECIMATE_THREADS / WARP;
    const bool gaps = block_has_gaps(task, b);
    for (int m = warp; m < count; m += warps) {
        const bool good = !gaps || output_usable(task, b, m);
        if (lane == 0) {
            usable[m] = good ? 1 : 0;
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        shared_reference = choose_reference(task, b, usable, task.reference_before[rack]);
        if (b.end == task.slow_end) {
            task.reference_after[rack] = shared_reference;
        }
    }
    __syncthreads();
    double *ring = task.ring + rack * task.ring_size;
    for (int m = warp; m < count; m += warps) {
        const double y = usable[m] ? filter_output(task, b, m, shared_reference) : (double)NAN;
        if (lane == 0) {
            ring[(b.first + m) & (task.ring_size - 1)] = y;
        }
    }
}

/* ---- host --------------------------------------------------------------------------------- */

st_status cuda_decimate(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch)
{
    const st_plan *plan = exec->plan;
    const decimate_task task = {exec->rows,
                                exec->row_stride,
                                batch.first_rack,
                                due->row_first,
                                due->end,
                                due->slow_first,
                                due->slow_end,
                                plan->decimation,
                                plan->taps,
                                exec->fir,
                                exec->slow_ring,
                                exec->slow_ring_size,
                                exec->slow_reference[0],
                                exec->slow_reference[1]};
    const int64_t blocks =
        (due->slow_end - 1) / ST_SLOW_BLOCK - due->slow_first / ST_SLOW_BLOCK + 1;
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(decimate_block_kernel, dim3((unsigned)blocks, (unsigned)batch.racks),
                           DECIMATE_THREADS, 0, exec->compute, task));
    return ST_OK;
}
