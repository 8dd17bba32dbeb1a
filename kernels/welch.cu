/* welch.cu - detect, spectra: pairs of frames through one transform into power sums and features.
 * formula/spectrum.h has the order of operations; the bits are the CPU's.
 * A block of n/8 threads takes one rack and walks its pairs in order: partial sums stay in
 * registers, no spectrum is ever stored. Thread t owns samples t + m n/8 of a frame. */
#include "exec.h"
#include "frame.cuh"
#include "formula/spectrum.h"

struct welch_task {
    cuda_spectra spectra;
    const float *rows;  /* fast: [racks][stride], W, from sample row_first on */
    const double *ring; /* slow: [racks][stride], W, output m at m & (stride - 1) */
    int64_t row_first;
    size_t stride, first_rack;
    int64_t frame_first, frame_end;
    const st_hop *hops; /* [racks][hop_capacity], from frame_first on */
    size_t hop_capacity;
    float *features; /* [racks][frame_capacity][n_features] from frame_first on, or NULL */
    size_t frame_capacity;
    int n_features, n_bands;
    const float *weight;   /* [n_bands][n/2 + 1] */
    const cuda_span *span; /* [n_bands] */
};

/* The samples of a rack. */
template <class Row> __device__ Row welch_row(const welch_task &task, size_t rack);

template <> __device__ __forceinline__ fast_row welch_row(const welch_task &task, size_t rack)
{
    return fast_row{task.rows + rack * task.stride, task.row_first};
}

template <> __device__ __forceinline__ slow_row welch_row(const welch_task &task, size_t rack)
{
    return slow_row{task.ring + rack * task.stride, (int64_t)task.stride - 1};
}

/* Sums of the real and of the imaginary parts of z: [n], shared, by the first warp in the order of
 * lanes.h; means[2], shared. */
static __device__ void pair_means(const st_c32 *z, int n, float *means)
{
    if (threadIdx.x < WARP) {
        float a = 0.0f, b = 0.0f;
        for (int i = threadIdx.x; i < n; i += WARP) {
            a += z[i].re;
            b += z[i].im;
        }
        for (int half = WARP / 2; half > 0; half /= 2) {
            a += __shfl_down_sync(0xffffffffu, a, half);
            b += __shfl_down_sync(0xffffffffu, b, half);
        }
        if (threadIdx.x == 0) {
            means[0] = a / (float)n;
            means[1] = b / (float)n;
        }
    }
}

/* Means of both frames, for all threads to read; zero for a frame that is not used. */
template <int N, class Frame>
static __device__ void find_means(const Frame &a, const Frame &b, st_c32 *z, float *means)
{
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        z[threadIdx.x + m * fft_block<N>::THREADS].re = a.d[m];
        z[threadIdx.x + m * fft_block<N>::THREADS].im = b.d[m];
    }
    __syncthreads();
    pair_means(z, N, means);
    __syncthreads();
}

/* Removes the means, applies the window and transforms; the result is in z. A frame that is not
 * used is all zeros and stays so. */
template <int N, class Frame>
static __device__ void transform_pair(const welch_task &task, const Frame &a, const Frame &b,
                                      const float *means, st_c32 *z)
{
    st_c32 own[FFT_OWN];
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        const float w = task.spectra.window[threadIdx.x + m * fft_block<N>::THREADS];
        own[m].re = st_frame_windowed(a.d[m], means[0], w);
        own[m].im = st_frame_windowed(b.d[m], means[1], w);
    }
    fft_block<N>::run(z, task.spectra.twiddle, own);
}

/* Powers of both frames in bin k, 0 for a frame that is not used. z: [N], transformed. */
template <int N>
static __device__ st_c32 pair_power(const st_c32 *z, int k, bool used_a, bool used_b)
{
    float power[2];
    st_c32 both;
    st_fft_split_power_f32(z[k], z[(N - k) % N], power);
    both.re = used_a ? power[0] : 0.0f;
    both.im = used_b ? power[1] : 0.0f;
    return both;
}

/* Where the features of a frame go, and the hops that it is made of. */
static __device__ float *features_of(const welch_task &task, size_t rack, int64_t frame)
{
    return task.features +
           (rack * task.frame_capacity + (frame - task.frame_first)) * task.n_features;
}

/* Numbers of a frame that need no spectrum. */
static __device__ void write_levels(const welch_task &task, size_t rack, int64_t frame, bool used,
                                    float mean)
{
    if (task.features != nullptr && threadIdx.x == 0) {
        const st_hop *hop = task.hops + rack * task.hop_capacity + (frame - task.frame_first);
        float *to = features_of(task, rack, frame);
        to[ST_FEATURE_INVALID] = (float)(hop[0].invalid + hop[1].invalid);
        to[ST_FEATURE_MIN] = used ? st_smaller(hop[0].min, hop[1].min) : NAN;
        to[ST_FEATURE_MAX] = used ? st_larger(hop[0].max, hop[1].max) : NAN;
        to[ST_FEATURE_MEAN] = used ? mean : NAN;
        to[ST_FEATURE_SLOPE] =
            used ? st_larger(st_larger(hop[0].slope, hop[1].slope), hop[1].entry_slope) : NAN;
    }
}

/* Energies of a frame's bands, from powers[k] in shared memory, a band per warp. part: which of the
 * two powers is the frame's. */
static __device__ void write_bands(const welch_task &task, size_t rack, int64_t frame, bool used,
                                   const st_c32 *powers, int n, int part)
{
    const int lane = threadIdx.x % WARP, warps = blockDim.x / WARP;
    for (int band = threadIdx.x / WARP; band < task.n_bands; band += warps) {
        const float *weight = task.weight + (size_t)band * (n / 2 + 1);
        float sum = 0.0f;
        for (int k = task.span[band].first + lane; used && k < task.span[band].end; k += WARP) {
            sum += weight[k] * (part == 0 ? powers[k].re : powers[k].im);
        }
        for (int half = WARP / 2; half > 0; half /= 2) {
            sum += __shfl_down_sync(0xffffffffu, sum, half);
        }
        if (lane == 0) {
            features_of(task, rack, frame)[ST_FEATURE_BANDS + band] = used ? sum : NAN;
        }
    }
}

/* This thread's bins: t + m n/8 for m < 4; thread 0 has Nyquist, too. */
enum { WELCH_BINS = 5 };

template <int N> static __device__ __forceinline__ int welch_bin(int m)
{
    return threadIdx.x + m * (N / FFT_OWN);
}

template <int N> static __device__ __forceinline__ bool welch_owns(int m)
{
    return m < WELCH_BINS - 1 || threadIdx.x == 0;
}

/* Sums begin anew with every block of frames. */
template <int N>
static __device__ void flush_block(const welch_task &task, size_t rack, float *partial)
{
    double *power = task.spectra.power + rack * (N / 2 + 1);
    GPU_UNROLL
    for (int m = 0; m < WELCH_BINS; m++) {
        if (welch_owns<N>(m)) {
            power[welch_bin<N>(m)] += (double)partial[m];
            partial[m] = 0.0f;
        }
    }
}

/* Adds the pair that is in z to the partial sums; with features the powers replace it there. Bins up
 * to n/2 are read by their owner alone, so they need not be waited for. */
template <int N>
static __device__ void add_pair(st_c32 *z, bool used_a, bool used_b, bool keep, float *partial)
{
    GPU_UNROLL
    for (int m = 0; m < WELCH_BINS; m++) {
        if (welch_owns<N>(m)) {
            const int k = welch_bin<N>(m);
            const st_c32 power = pair_power<N>(z, k, used_a, used_b);
            partial[m] = st_pair_add(partial[m], power.re, power.im);
            if (keep) {
                z[k] = power;
            }
        }
    }
    if (keep) {
        __syncthreads();
    }
}

static __device__ void count_frame(const cuda_spectra &spectra, size_t rack, bool used, int invalid)
{
    if (threadIdx.x == 0) {
        spectra.used[rack] += used ? 1 : 0;
        spectra.flagged[rack] += used && invalid > 0 ? 1 : 0;
        spectra.dropped[rack] += used ? 0 : 1;
    }
}

/* The pair (frame, frame + 1) of a rack; the second is missing at the end of the record. */
template <int N, class Row>
static __device__ void take_pair(const welch_task &task, size_t rack, int64_t frame, st_c32 *z,
                                 float *means, float *partial)
{
    const Row row = welch_row<Row>(task, rack);
    const bool both = frame + 1 < task.frame_end;
    welch_frame<N, Row> a, b;
    a.load(row, frame * (N / 2), z);
    count_frame(task.spectra, rack, a.used, a.invalid);
    b.clear();
    if (both) {
        b.load(row, (frame + 1) * (N / 2), z);
        count_frame(task.spectra, rack, b.used, b.invalid);
    }
    find_means<N>(a, b, z, means);
    write_levels(task, rack, frame, a.used, (float)a.reference + means[0]);
    if (both) {
        write_levels(task, rack, frame + 1, b.used, (float)b.reference + means[1]);
    }
    if (a.used || b.used) {
        transform_pair<N>(task, a, b, means, z);
        add_pair<N>(z, a.used, b.used, task.features != nullptr, partial);
    }
    if (task.features != nullptr) {
        write_bands(task, rack, frame, a.used, z, N, 0);
        if (both) {
            write_bands(task, rack, frame + 1, b.used, z, N, 1);
        }
    }
}

/* Blocks that should share a multiprocessor: with so many threads none spills a register. No GPU has
 * room for more than 16 blocks for certain; one of 8192 points has 1,024 threads and stands alone. */
template <int N, class Row> constexpr int welch_blocks()
{
    const int threads = sizeof(typename Row::value) == sizeof(double) ? 512 : 640;
    const int blocks = threads / (N / FFT_OWN);
    return blocks < 1 ? 1 : blocks > 16 ? 16 : blocks;
}

template <int N, class Row>
__global__ void __launch_bounds__(N / FFT_OWN, welch_blocks<N, Row>())
    welch_pairs_kernel(GPU_ARGUMENT welch_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [N] */
    GPU_SHARED(float, means, [2]);
    const size_t rack = task.first_rack + blockIdx.x;
    float *stored = task.spectra.partial + rack * (N / 2 + 1);
    float partial[WELCH_BINS];
    GPU_UNROLL
    for (int m = 0; m < WELCH_BINS; m++) {
        partial[m] = welch_owns<N>(m) ? stored[welch_bin<N>(m)] : 0.0f;
    }
    for (int64_t frame = task.frame_first; frame < task.frame_end; frame += 2) {
        if (frame > 0 && frame % ST_BLOCK_FRAMES == 0) {
            flush_block<N>(task, rack, partial);
        }
        take_pair<N, Row>(task, rack, frame, z, means, partial);
    }
    GPU_UNROLL
    for (int m = 0; m < WELCH_BINS; m++) {
        if (welch_owns<N>(m)) {
            stored[welch_bin<N>(m)] = partial[m];
        }
    }
}

/* ---- host --------------------------------------------------------------------------------- */

enum { SLOW_POINTS = 1024 };

/* The lengths that a plan may have. */
static const struct {
    int n;
    void (*kernel)(welch_task);
} fast_kernels[] = {
    {256, welch_pairs_kernel<256, fast_row>},   {512, welch_pairs_kernel<512, fast_row>},
    {1024, welch_pairs_kernel<1024, fast_row>}, {2048, welch_pairs_kernel<2048, fast_row>},
    {4096, welch_pairs_kernel<4096, fast_row>}, {8192, welch_pairs_kernel<8192, fast_row>},
};

static void (*fast_kernel(int n))(welch_task)
{
    for (const auto &row : fast_kernels) {
        if (row.n == n) {
            return row.kernel;
        }
    }
    return nullptr;
}

st_status cuda_welch_prepare(st_context *ctx, st_exec *exec)
{
    const int fast = exec->plan->fast.n, slow = exec->plan->slow.n;
    if (fast_kernel(fast) == nullptr || slow != SLOW_POINTS) {
        return st_fail(
            ctx, ST_INTERNAL,
            "CUDA: frames of %d and %d samples; there are kernels for powers of two from "
            "256 to 8192, and for slow frames of %d",
            fast, slow, SLOW_POINTS);
    }
    ST_CUDA_TRY(ctx, exec,
                cudaFuncSetAttribute(fast_kernel(fast), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     (int)(fast * sizeof(st_c32))));
    return ST_OK;
}

static welch_task common_task(const st_exec *exec, const cuda_spectra *spectra, cuda_batch batch)
{
    welch_task task = {};
    task.spectra = *spectra;
    task.first_rack = batch.first_rack;
    task.hop_capacity = exec->hop_capacity;
    task.frame_capacity = exec->frame_capacity;
    task.n_features = (int)exec->plan->n_features;
    task.n_bands = (int)exec->plan->n_feature_bands;
    return task;
}

st_status cuda_welch_fast(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch,
                          bool features)
{
    const int n = exec->plan->fast.n;
    welch_task task = common_task(exec, &exec->fast, batch);
    task.rows = exec->rows;
    task.stride = exec->row_stride;
    task.row_first = due->row_first;
    task.frame_first = due->frame_first;
    task.frame_end = due->frame_end;
    task.hops = exec->hops;
    task.features = features ? exec->features : nullptr;
    task.weight = exec->feature_weight;
    task.span = exec->feature_span;
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(fast_kernel(n), (unsigned)batch.racks, n / FFT_OWN, n * sizeof(st_c32),
                           exec->compute, task));
    return ST_OK;
}

st_status cuda_welch_slow(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch)
{
    welch_task task = common_task(exec, &exec->slow, batch);
    task.ring = exec->slow_ring;
    task.stride = (size_t)exec->slow_ring_size;
    task.frame_first = due->slow_frame_first;
    task.frame_end = due->slow_frame_end;
    ST_CUDA_TRY(ctx, exec,
                gpu_launch((welch_pairs_kernel<SLOW_POINTS, slow_row>), (unsigned)batch.racks,
                           SLOW_POINTS / FFT_OWN, SLOW_POINTS * sizeof(st_c32), exec->compute,
                           task));
    return ST_OK;
}
