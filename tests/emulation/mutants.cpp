/* mutants.cpp - a small program of kernels with one seeded bug per number; 0 = none.
 *     mutants NUMBER
 * Exits 0 when the numbers are right, 1 when not; the emulation aborts where it sees a bug.
 * mutants.py knows which bug must be caught in which build. */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "emulation/emulation.h"

namespace
{

enum Mutant {
    CLEAN,
    NO_BARRIER,             /* shared memory read before all have written */
    NO_BARRIER_AFTER_CLEAR, /* the same for a histogram */
    PAST_SHARED,            /* one element past a shared array */
    PAST_GLOBAL,            /* one element past a device allocation */
    PLAIN_FLAG,             /* flag between blocks without release and acquire */
    NO_SYNCWARP,            /* lanes exchange through shared memory without __syncwarp */
    DIVERGENT_BARRIER,      /* two barriers instead of one */
    UNSET_SHARED,           /* tail of a shared array never written */
    PLAIN_INCREMENT,        /* ++ where an atomic is needed */
    LEAVES_EARLY,           /* lanes return before a shuffle that names them */
    NO_SYNCHRONIZE,         /* the host reads a copy that may not have happened */
    NO_EVENT,               /* a stream uses another's result without waiting */
    BLOCKS_IN_ORDER,        /* waits for block i - 1 without a ticket */
    COPY_TOO_LONG,          /* twice the bytes of the allocation */
    SKIPS_BARRIER           /* some threads skip a barrier and leave */
};

/* Sum of 128 elements: halving in shared memory, the last warp through shared memory too. */
__global__ void tile_sum_kernel(const float *x, float *sums, int n, int mutant)
{
    GPU_SHARED(float, tile, [128]);
    const int t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (mutant == PAST_SHARED) {
        tile[t + t / 127] = 0.0f;
    }
    if (mutant != UNSET_SHARED || i < n) {
        tile[t] = i < n ? x[i] : 0.0f;
    }
    if (mutant != NO_BARRIER) {
        __syncthreads();
    }
    for (int half = 64; half >= 32; half /= 2) {
        if (t < half) {
            tile[t] += tile[t + half];
        }
        if (mutant == DIVERGENT_BARRIER && t < 64) {
            __syncthreads();
        } else if (mutant != SKIPS_BARRIER || t < 64) {
            __syncthreads();
        }
    }
    if (t < 32) {
        for (int half = 16; half > 0; half /= 2) {
            const float other = t < half ? tile[t + half] : 0.0f;
            if (mutant != NO_SYNCWARP) {
                __syncwarp();
            }
            if (t < half) {
                tile[t] += other;
            }
            if (mutant != NO_SYNCWARP) {
                __syncwarp();
            }
        }
    }
    if (t == 0) {
        sums[blockIdx.x] = tile[0];
    }
}

__global__ void histogram_kernel(const uint8_t *x, unsigned *histogram, int n, int mutant)
{
    GPU_SHARED(unsigned, bins, [16]);
    if (threadIdx.x < 16) {
        bins[threadIdx.x] = 0;
    }
    if (mutant != NO_BARRIER_AFTER_CLEAR) {
        __syncthreads();
    }
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        if (mutant == PLAIN_INCREMENT) {
            bins[x[i] & 15]++;
        } else {
            atomicAdd(&bins[x[i] & 15], 1u);
        }
    }
    __syncthreads();
    if (threadIdx.x < 16) {
        atomicAdd(&histogram[threadIdx.x], bins[threadIdx.x]);
    }
}

/* Running sums: tile k adds its own to what tile k - 1 has published. */
__global__ void chain_kernel(const int *x, int *sums, unsigned *flags, unsigned *ticket, int n,
                             int mutant)
{
    GPU_SHARED(unsigned, tile, );
    if (threadIdx.x == 0) {
        tile = mutant == BLOCKS_IN_ORDER ? blockIdx.x : atomicAdd(ticket, 1u);
    }
    __syncthreads();
    const int i = tile * 32 + threadIdx.x;
    if (mutant == LEAVES_EARLY && i >= n) {
        return;
    }
    int sum = i < n ? x[i] : 0;
    for (int half = 16; half > 0; half /= 2) {
        sum += __shfl_down_sync(0xffffffffu, sum, half);
    }
    if (threadIdx.x == 0) {
        volatile unsigned *plain = flags;
        if (tile > 0) {
            while ((mutant == PLAIN_FLAG ? plain[tile - 1] : gpu_load_acquire(&flags[tile - 1])) ==
                   0) {
                gpu_spin_pause();
            }
            sum += sums[tile - 1];
        }
        sums[tile] = sum;
        if (mutant == PLAIN_FLAG) {
            plain[tile] = 1;
        } else {
            gpu_store_release(&flags[tile], 1u);
        }
    }
}

__global__ void double_kernel(float *y, const float *x, int n, int mutant)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n || (mutant == PAST_GLOBAL && i == n)) {
        y[i] = 2.0f * x[i < n ? i : 0];
    }
}

/* ---- host ---------------------------------------------------------------------------------- */

void check(cudaError_t error, int line)
{
    if (error != cudaSuccess) {
        fprintf(stderr, "line %d: %s\n", line, cudaGetErrorString(error));
        exit(2);
    }
}
#define CHECK(call) check(call, __LINE__)

template <class T> T *upload(const std::vector<T> &values)
{
    T *copy;
    CHECK(cudaMalloc(&copy, values.size() * sizeof(T)));
    CHECK(cudaMemcpy(copy, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    return copy;
}

template <class T> int differences(const T *values, const std::vector<T> &expected)
{
    std::vector<T> copy(expected.size());
    CHECK(cudaMemcpy(copy.data(), values, copy.size() * sizeof(T), cudaMemcpyDeviceToHost));
    int wrong = 0;
    for (size_t i = 0; i < copy.size(); i++) {
        wrong += !(copy[i] == expected[i]);
    }
    return wrong;
}

constexpr int n = 1000;

int run_tile_sum(int mutant)
{
    std::vector<float> x(n), sums(8, 0.0f);
    for (int i = 0; i < n; i++) {
        x[i] = static_cast<float>(i % 13);
        sums[i / 128] += x[i];
    }
    float *in = upload(x), *out = upload(sums);
    CHECK(gpu_launch(tile_sum_kernel, 8, 128, 0, nullptr, in, out, n, mutant));
    const int wrong = differences(out, sums);
    CHECK(cudaFree(in));
    CHECK(cudaFree(out));
    return wrong;
}

int run_histogram(int mutant)
{
    std::vector<uint8_t> x(4096);
    std::vector<unsigned> bins(16, 0);
    unsigned *out = upload(bins);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = static_cast<uint8_t>(i * 7 % 19);
        bins[x[i] & 15]++;
    }
    uint8_t *in = upload(x);
    CHECK(gpu_launch(histogram_kernel, 4, 64, 0, nullptr, in, out, 4096, mutant));
    const int wrong = differences(out, bins);
    CHECK(cudaFree(in));
    CHECK(cudaFree(out));
    return wrong;
}

int run_chain(int mutant)
{
    const int tiles = (n + 31) / 32;
    std::vector<int> x(n), sums(tiles);
    int sum = 0;
    for (int i = 0; i < n; i++) {
        x[i] = i % 5;
        sum += x[i];
        sums[i / 32] = sum;
    }
    int *in = upload(x), *out = upload(std::vector<int>(tiles));
    unsigned *flags = upload(std::vector<unsigned>(tiles + 1, 0u));
    CHECK(
        gpu_launch(chain_kernel, tiles, 32, 0, nullptr, in, out, flags, flags + tiles, n, mutant));
    const int wrong = differences(out, sums);
    CHECK(cudaFree(in));
    CHECK(cudaFree(out));
    CHECK(cudaFree(flags));
    return wrong;
}

int run_streams(int mutant)
{
    cudaStream_t first, second;
    cudaEvent_t doubled;
    float *host, *x = upload(std::vector<float>(n)), *y = upload(std::vector<float>(n));
    CHECK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    CHECK(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&doubled, cudaEventDisableTiming));
    CHECK(cudaMallocHost(&host, n * sizeof(float)));
    for (int i = 0; i < n; i++) {
        host[i] = static_cast<float>(i);
    }
    const size_t bytes = n * sizeof(float);
    CHECK(cudaMemcpyAsync(x, host, bytes, cudaMemcpyHostToDevice, first));
    CHECK(gpu_launch(double_kernel, 8, 128, 0, first, y, x, n, mutant));
    CHECK(cudaEventRecord(doubled, first));
    if (mutant != NO_EVENT) {
        CHECK(cudaStreamWaitEvent(second, doubled));
    }
    CHECK(cudaMemcpyAsync(host, y, mutant == COPY_TOO_LONG ? 2 * bytes : bytes,
                          cudaMemcpyDeviceToHost, second));
    if (mutant != NO_SYNCHRONIZE) {
        CHECK(cudaStreamSynchronize(second));
    }
    int wrong = 0;
    for (int i = 0; i < n; i++) {
        wrong += host[i] != 2.0f * static_cast<float>(i);
    }
    CHECK(cudaDeviceSynchronize());
    CHECK(cudaFree(x));
    CHECK(cudaFree(y));
    CHECK(cudaFreeHost(host));
    CHECK(cudaStreamDestroy(first));
    CHECK(cudaStreamDestroy(second));
    CHECK(cudaEventDestroy(doubled));
    return wrong;
}

} // namespace

int main(int argc, char **argv)
{
    const int mutant = argc > 1 ? atoi(argv[1]) : CLEAN;
    const int wrong =
        run_tile_sum(mutant) + run_histogram(mutant) + run_chain(mutant) + run_streams(mutant);
    if (wrong != 0) {
        fprintf(stderr, "%d wrong results\n", wrong);
    }
    return wrong != 0;
}
