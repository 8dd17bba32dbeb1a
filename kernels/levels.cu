/* levels.cu - detect, levels: what each hop adds to a rack's levels, ramps and step, and the
 * extremes from which frame features are made (formula/hop.h, formula/levels.h).
 * A warp takes a hop: its lanes are the lanes of formula/lanes.h, so the sums have the CPU's bits. */
#include "exec.h"

enum { HOPS_PER_BLOCK = 4, RAMP_THREADS = 256, MERGE_THREADS = 64, SHIFT_THREADS = 256 };

struct hop_task {
    const float *rows; /* [racks][row_stride], W */
    size_t row_stride;
    int64_t row_first;   /* sample at the start of a row */
    int64_t start, end;  /* samples: the first hop that is due, the end of the tile */
    int64_t merge_first; /* hops before it were merged with their own tile */
    int hop, hops;       /* samples of a hop; hops that are due */
    size_t first_rack, hop_capacity;
    st_hop *found;         /* [racks][hop_capacity] */
    st_levels *hop_levels; /* [racks][hop_capacity] */
    float *hop_step;       /* [racks][hop_capacity] */
    st_levels *levels;     /* [racks] */
    float *step;           /* [racks] */
};

/* Folds by halving, as st_lanes_fold; the result is lane 0's. */
template <class T, class F> static __device__ __forceinline__ T warp_fold(T value, F join)
{
    for (int half = WARP / 2; half > 0; half /= 2) {
        value = join(value, __shfl_down_sync(0xffffffffu, value, half));
    }
    return value;
}

struct join_sum {
    template <class T> __device__ T operator()(T a, T b) const { return a + b; }
};
struct join_min {
    __device__ float operator()(float a, float b) const { return b < a ? b : a; }
};
struct join_max {
    __device__ float operator()(float a, float b) const { return b > a ? b : a; }
};

/* First valid sample of x: [n]; NaN when there is none. For whole warps. */
static __device__ float warp_first_valid(const float *x, int n)
{
    const int lane = threadIdx.x % WARP;
    for (int base = 0; base < n; base += WARP) {
        const float value = base + lane < n ? x[base + lane] : NAN;
        const unsigned valid = __ballot_sync(0xffffffffu, !isnan(value));
        if (valid != 0) {
            return __shfl_sync(0xffffffffu, value, __ffs(valid) - 1);
        }
    }
    return NAN;
}

/* What a lane sees of a hop: elements lane, lane + 32, ... */
struct hop_lane {
    double sum1, sum2; /* about the hop's first valid sample */
    float min, max, slope, step;
    int invalid;
};

/* Comparisons with NaN are false, so invalid samples and pairs fall out by themselves. */
static __device__ hop_lane scan_lane(const float *x, int n, double reference)
{
    hop_lane at = {0.0, 0.0, INFINITY, -INFINITY, -1.0f, INFINITY, 0};
    for (int i = threadIdx.x % WARP; i < n; i += WARP) {
        const float value = x[i];
        const double off = (double)value - reference;
        const double d = isnan(off) ? 0.0 : off;
        at.sum1 += d;
        at.sum2 += d * d;
        at.min = value < at.min ? value : at.min;
        at.max = value > at.max ? value : at.max;
        at.invalid += isnan(value) ? 1 : 0;
        if (i > 0) {
            const float rise = fabsf(value - x[i - 1]);
            at.slope = rise > at.slope ? rise : at.slope;
            at.step = rise > 0.0f && rise < at.step ? rise : at.step;
        }
    }
    return at;
}

static __device__ hop_lane fold_lanes(hop_lane at)
{
    at.sum1 = warp_fold(at.sum1, join_sum());
    at.sum2 = warp_fold(at.sum2, join_sum());
    at.min = warp_fold(at.min, join_min());
    at.max = warp_fold(at.max, join_max());
    at.slope = warp_fold(at.slope, join_max());
    at.step = warp_fold(at.step, join_min());
    at.invalid = warp_fold(at.invalid, join_sum());
    return at;
}

__global__ void __launch_bounds__(HOPS_PER_BLOCK *WARP)
    levels_hop_kernel(GPU_ARGUMENT hop_task task)
{
    const int h = blockIdx.x * HOPS_PER_BLOCK + threadIdx.x / WARP;
    const size_t rack = task.first_rack + blockIdx.y;
    if (h >= task.hops) { /* whole warps leave; none waits for the block */
        return;
    }
    const int64_t start = task.start + (int64_t)h * task.hop;
    const int n = (int)(task.end - start < task.hop ? task.end - start : task.hop);
    const float *x = task.rows + rack * task.row_stride + (start - task.row_first);
    const float first = warp_first_valid(x, n);
    const hop_lane all = fold_lanes(scan_lane(x, n, (double)first));
    if (threadIdx.x % WARP == 0) {
        const float entry = start > 0 ? st_hop_slope(x[-1], x[0]) : -1.0f;
        const size_t to = rack * task.hop_capacity + h;
        task.found[to].invalid = all.invalid;
        task.found[to].min = all.min;
        task.found[to].max = all.max;
        task.found[to].slope = all.slope;
        task.found[to].entry_slope = entry;
        task.hop_step[to] = entry > 0.0f && entry < all.step ? entry : all.step;
        task.hop_levels[to] = all.invalid == n
                                  ? st_levels_none()
                                  : st_levels_from_sums(n - all.invalid, (double)first, all.sum1,
                                                        all.sum2, (double)all.min, (double)all.max);
    }
}

/* A thread per rack: hops in order. */
__global__ void __launch_bounds__(MERGE_THREADS)
    levels_merge_kernel(GPU_ARGUMENT hop_task task, int racks)
{
    const int r = blockIdx.x * MERGE_THREADS + threadIdx.x;
    if (r < racks) {
        const size_t rack = task.first_rack + r;
        st_levels levels = task.levels[rack];
        float step = task.step[rack];
        for (int h = 0; h < task.hops; h++) {
            const size_t from = rack * task.hop_capacity + h;
            if (task.start + (int64_t)h * task.hop >= task.merge_first) {
                levels = st_levels_merge(levels, task.hop_levels[from]);
            }
            step = task.hop_step[from] < step ? task.hop_step[from] : step;
        }
        task.levels[rack] = levels;
        task.step[rack] = step;
    }
}

struct ramp_task {
    const float *rows; /* [racks][row_stride], W */
    size_t row_stride, first_rack;
    int64_t row_first, first, end; /* samples */
    int64_t lag[ST_RAMP_WINDOWS];  /* samples; 0 = not computed */
    float *rise, *fall;            /* [racks][ST_RAMP_WINDOWS], W */
};

/* A block per window and rack. Maxima are free of order. */
__global__ void __launch_bounds__(RAMP_THREADS) ramps_largest_kernel(GPU_ARGUMENT ramp_task task)
{
    GPU_SHARED(float, rises, [RAMP_THREADS / WARP]);
    GPU_SHARED(float, falls, [RAMP_THREADS / WARP]);
    const size_t rack = task.first_rack + blockIdx.y, to = rack * ST_RAMP_WINDOWS + blockIdx.x;
    const int64_t lag = task.lag[blockIdx.x];
    const int64_t from = task.first > lag ? task.first : lag;
    const float *row = task.rows + rack * task.row_stride;
    float rise = -INFINITY, fall = -INFINITY;
    for (int64_t i = from + threadIdx.x; i < task.end && lag > 0; i += RAMP_THREADS) {
        const float d = row[i - task.row_first] - row[i - lag - task.row_first];
        rise = d > rise ? d : rise;
        fall = -d > fall ? -d : fall;
    }
    rise = warp_fold(rise, join_max());
    fall = warp_fold(fall, join_max());
    if (threadIdx.x % WARP == 0) {
        rises[threadIdx.x / WARP] = rise;
        falls[threadIdx.x / WARP] = fall;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 0; w < RAMP_THREADS / WARP; w++) {
            task.rise[to] = fmaxf(task.rise[to], rises[w]);
            task.fall[to] = fmaxf(task.fall[to], falls[w]);
        }
    }
}

/* A block per rack moves [samples, samples + history) of its row to the start. Tiles that another one
 * follows are whole frames long, a multiple of 256: a thread meets only what it moves itself. */
__global__ void __launch_bounds__(SHIFT_THREADS)
    history_shift_kernel(float *rows, size_t row_stride, size_t history, size_t samples)
{
    float *row = rows + blockIdx.x * row_stride;
    for (size_t i = threadIdx.x; i < history; i += SHIFT_THREADS) {
        row[i] = row[samples + i];
    }
}

__global__ void __launch_bounds__(MERGE_THREADS)
    levels_clear_kernel(st_levels *levels, float *rise, float *fall, float *step, size_t racks)
{
    const size_t rack = (size_t)blockIdx.x * MERGE_THREADS + threadIdx.x;
    if (rack < racks) {
        levels[rack] = st_levels_none();
        step[rack] = INFINITY;
        for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
            rise[rack * ST_RAMP_WINDOWS + w] = -INFINITY;
            fall[rack * ST_RAMP_WINDOWS + w] = -INFINITY;
        }
    }
}

/* ---- host --------------------------------------------------------------------------------- */

static unsigned merge_blocks(size_t racks)
{
    return (unsigned)((racks + MERGE_THREADS - 1) / MERGE_THREADS);
}

st_status cuda_levels_prepare(st_context *ctx, st_exec *exec)
{
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(levels_clear_kernel, merge_blocks(exec->plan->racks), MERGE_THREADS, 0,
                           exec->compute, exec->levels, exec->rise, exec->fall, exec->step,
                           exec->plan->racks));
    return ST_OK;
}

st_status cuda_levels(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch)
{
    const int64_t hop = exec->plan->fast.hop, start = due->frame_first * hop;
    const int hops = (int)((due->end - start + hop - 1) / hop);
    const hop_task task = {exec->rows,       exec->row_stride,   due->row_first, start,
                           due->end,         due->first,         (int)hop,       hops,
                           batch.first_rack, exec->hop_capacity, exec->hops,     exec->hop_levels,
                           exec->hop_step,   exec->levels,       exec->step};
    const dim3 grid((unsigned)((hops + HOPS_PER_BLOCK - 1) / HOPS_PER_BLOCK),
                    (unsigned)batch.racks);
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(levels_hop_kernel, grid, HOPS_PER_BLOCK * WARP, 0, exec->compute, task));
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(levels_merge_kernel, merge_blocks(batch.racks), MERGE_THREADS, 0,
                           exec->compute, task, (int)batch.racks));
    return ST_OK;
}

st_status cuda_ramps(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch)
{
    ramp_task task = {
        exec->rows, exec->row_stride, batch.first_rack, due->row_first, due->first, due->end,
        {0},        exec->rise,       exec->fall};
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        task.lag[w] = exec->plan->ramp_lag[w];
    }
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(ramps_largest_kernel, dim3(ST_RAMP_WINDOWS, (unsigned)batch.racks),
                           RAMP_THREADS, 0, exec->compute, task));
    return ST_OK;
}

st_status cuda_keep_history(st_context *ctx, st_exec *exec, size_t samples)
{
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(history_shift_kernel, (unsigned)exec->plan->racks, SHIFT_THREADS, 0,
                           exec->compute, exec->rows, exec->row_stride, exec->plan->history_samples,
                           samples));
    return ST_OK;
}
