/* decimate.cu - detect, slow spectra: gaps bridged, samples relative to the reference that 256
 * outputs share, and the stages of the FIR (formula/decimate.h, formula/fir.h, formula/gap.h).
 * A block of threads takes the outputs of one rack that share a reference, stage by stage; a thread
 * takes an output. Outputs go to a ring, in float64. */
#include "exec.h"
#include "formula/decimate.h"

enum { DECIMATE_THREADS = 256 };
static const size_t SHARED_BYTES = 48 << 10; /* what any device gives a block unasked */

struct decimate_task {
    const float *rows; /* [racks][row_stride], W */
    size_t row_stride, first_rack;
    int64_t row_first, end;       /* samples: at the start of a row, known so far */
    int64_t slow_first, slow_end; /* outputs that are due */
    int decimation;
    st_fir fir;
    float *scratch; /* [blocks of threads][scratch_size], or NULL: it fits into shared memory */
    size_t scratch_size;
    double *ring; /* [racks][ring_size], W, output m at m & (ring_size - 1) */
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
    int inputs;
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
    b.inputs = (int)(b.end - 1 - b.first) * task.decimation + task.fir.taps;
    return b;
}

/* Whether any input of the block is invalid; all threads together. */
static __device__ bool block_has_gaps(const decimate_block &b)
{
    bool gaps = false;
    for (int i = threadIdx.x; i < b.inputs; i += DECIMATE_THREADS) {
        gaps = gaps || isnan(b.row[b.from + i]);
    }
    return __syncthreads_or(gaps);
}

/* Judges output b.first + m; a whole warp. */
static __device__ bool output_usable(const decimate_task &task, const decimate_block &b, int m)
{
    int invalid = 0;
    for (int i = threadIdx.x % WARP; i < task.fir.taps; i += WARP) {
        invalid += isnan(b.row[b.from + (int64_t)m * task.decimation + i]) ? 1 : 0;
    }
    for (int half = WARP / 2; half > 0; half /= 2) {
        invalid += __shfl_xor_sync(0xffffffffu, invalid, half);
    }
    return st_decimator_usable(invalid, task.fir.taps);
}

/* The reference of the block, the same for all threads, which go together: that before a cut, or the
 * first valid input; NaN: there is none. */
static __device__ float choose_reference(const decimate_block &b, float before)
{
    if (b.first % ST_SLOW_BLOCK != 0 && !isnan(before)) {
        return before;
    }
    for (int at = 0; at < b.inputs; at += DECIMATE_THREADS) {
        const int i = at + threadIdx.x;
        if (__syncthreads_or(i < b.inputs && !isnan(b.row[b.from + i]))) {
            int first = at;
            while (isnan(b.row[b.from + first])) {
                first++;
            }
            return b.row[b.from + first];
        }
    }
    return NAN;
}

/* Inputs without gaps; all threads together. */
static __device__ void fill_inputs(const decimate_task &task, const decimate_block &b,
                                   float reference, float *filled)
{
    const int bridge = st_gap_bridge(task.fir.taps);
    for (int i = threadIdx.x; i < b.inputs; i += DECIMATE_THREADS) {
        const float x = b.row[b.from + i];
        filled[i] = !isnan(x)
                        ? x
                        : st_decimator_input(st_gap_filled(b.row, b.readable_first, b.readable_end,
                                                           b.from + i, bridge),
                                             reference);
    }
    __syncthreads();
}

/* Outputs of stage s that the last stage's `count` take. */
static __host__ __device__ int stage_outputs(const st_fir &fir, int s, int count)
{
    for (int after = fir.stages - 1; after > s; after--) {
        count = (count - 1) * fir.stage[after].step + fir.stage[after].taps;
    }
    return count;
}

/* The stages but the last; all threads together. Returns where what is left of the inputs lies. */
static __device__ const float *run_stages(const st_fir &fir, const float *x, float reference,
                                          int count, float *scratch)
{
    for (int s = 0; s < fir.stages - 1; s++) {
        const int outputs = stage_outputs(fir, s, count);
        for (int j = threadIdx.x; j < outputs; j += DECIMATE_THREADS) {
            scratch[j] =
                st_fir_output(&fir.stage[s], x + j * fir.stage[s].step, s == 0 ? reference : 0.0f);
        }
        __syncthreads();
        x = scratch;
        scratch += outputs;
    }
    return x;
}

/* Takes what is not usable out of the ring; all threads together. */
static __device__ void drop_unusable(const decimate_task &task, const decimate_block &b,
                                     double *ring)
{
    const int warp = threadIdx.x / WARP, warps = DECIMATE_THREADS / WARP;
    __syncthreads();
    for (int m = warp; m < (int)(b.end - b.first); m += warps) {
        if (!output_usable(task, b, m) && threadIdx.x % WARP == 0) {
            ring[(b.first + m) & (task.ring_size - 1)] = NAN;
        }
    }
}

__global__ void __launch_bounds__(DECIMATE_THREADS)
    decimate_block_kernel(GPU_ARGUMENT decimate_task task)
{
    GPU_DYN_SHARED(float, shared_scratch);
    const size_t rack = task.first_rack + blockIdx.y;
    const decimate_block b = find_block(task, rack);
    const int count = (int)(b.end - b.first), last = task.fir.stages - 1;
    const size_t block = blockIdx.y * gridDim.x + blockIdx.x;
    float *scratch =
        task.scratch == NULL ? shared_scratch : task.scratch + block * task.scratch_size;
    double *ring = task.ring + rack * task.ring_size;
    const float reference = choose_reference(b, task.reference_before[rack]);
    const bool gaps = block_has_gaps(b);
    const float *x = b.row + b.from;
    if (threadIdx.x == 0 && b.end == task.slow_end) {
        task.reference_after[rack] = reference;
    }
    if (gaps) {
        fill_inputs(task, b, reference, scratch);
        x = scratch;
        scratch += b.inputs;
    }
    x = run_stages(task.fir, x, reference, count, scratch);
    for (int m = threadIdx.x; m < count; m += DECIMATE_THREADS) {
        const float y = st_fir_output(&task.fir.stage[last], x + m * task.fir.stage[last].step,
                                      last == 0 ? reference : 0.0f);
        ring[(b.first + m) & (task.ring_size - 1)] = st_decimator_output(y, reference);
    }
    if (gaps) {
        drop_unusable(task, b, ring);
    }
}

/* ---- host --------------------------------------------------------------------------------- */

/* Filled inputs, and what each stage but the last leaves. */
static size_t scratch_size(const st_plan *plan, int64_t outputs)
{
    const int count = outputs < ST_SLOW_BLOCK ? (int)outputs : (int)ST_SLOW_BLOCK;
    size_t size = (size_t)(count - 1) * (size_t)plan->decimation + (size_t)plan->fir.taps;
    for (int s = 0; s < plan->fir.stages - 1; s++) {
        size += (size_t)stage_outputs(plan->fir, s, count);
    }
    return size;
}

size_t cuda_decimate_scratch(const st_plan *plan, int64_t outputs)
{
    const size_t size = scratch_size(plan, outputs);
    return size * sizeof(float) <= SHARED_BYTES ? 0 : size;
}

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
                                plan->fir,
                                exec->slow_scratch,
                                exec->slow_scratch_size,
                                exec->slow_ring,
                                exec->slow_ring_size,
                                exec->slow_reference[0],
                                exec->slow_reference[1]};
    const int64_t blocks =
        (due->slow_end - 1) / ST_SLOW_BLOCK - due->slow_first / ST_SLOW_BLOCK + 1;
    const size_t shared = exec->slow_scratch_size > 0
                              ? 0
                              : scratch_size(plan, due->slow_end - due->slow_first) * sizeof(float);
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(decimate_block_kernel, dim3((unsigned)blocks, (unsigned)batch.racks),
                           DECIMATE_THREADS, shared, exec->compute, task));
    return ST_OK;
}
