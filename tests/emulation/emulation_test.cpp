/* emulation_test.cpp - the emulated device behaves as CUDA says, under every schedule. */
#include <gtest/gtest.h>

#include <vector>

#include "emulation/control.h"
#include "emulation/emulation.h"

namespace
{

/* Everything in order, lazy and eager random schedules. */
class Emulation : public testing::TestWithParam<long>
{
  protected:
    void SetUp() override
    {
        gpu_emulation::reseed(GetParam());
        ASSERT_EQ(cudaSuccess, cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    }
    void TearDown() override
    {
        gpu_emulation::recover();
        EXPECT_EQ(cudaSuccess, cudaStreamDestroy(stream));
        EXPECT_EQ(0u, gpu_emulation::counts().live);
    }

    template <class T> T *upload(const std::vector<T> &values)
    {
        T *copy = nullptr;
        const size_t bytes = values.size() * sizeof(T);
        EXPECT_EQ(cudaSuccess, cudaMalloc(&copy, bytes));
        EXPECT_EQ(cudaSuccess, cudaMemcpy(copy, values.data(), bytes, cudaMemcpyHostToDevice));
        return copy;
    }
    template <class T> std::vector<T> download(const T *values, size_t n)
    {
        std::vector<T> copy(n);
        EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(stream));
        EXPECT_EQ(cudaSuccess,
                  cudaMemcpy(copy.data(), values, n * sizeof(T), cudaMemcpyDeviceToHost));
        return copy;
    }

    cudaStream_t stream = nullptr;
};
INSTANTIATE_TEST_SUITE_P(Seed, Emulation, testing::Range(0L, 6L));

template <typename T, int TILE> __global__ void transpose_kernel(const T *in, T *out, int w, int h)
{
    GPU_SHARED(T, tile, [TILE][TILE + 1]);
    const int x = blockIdx.x * TILE + threadIdx.x, y = blockIdx.y * TILE + threadIdx.y;
    if (x < w && y < h) {
        tile[threadIdx.y][threadIdx.x] = in[y * w + x];
    }
    __syncthreads();
    const int to_x = blockIdx.y * TILE + threadIdx.x, to_y = blockIdx.x * TILE + threadIdx.y;
    if (to_x < h && to_y < w) {
        out[to_y * h + to_x] = tile[threadIdx.x][threadIdx.y];
    }
}

TEST_P(Emulation, SharedMemoryTransposes)
{
    const int w = 70, h = 45;
    std::vector<int> numbers(w * h);
    for (int i = 0; i < w * h; i++) {
        numbers[i] = 3 * i;
    }
    int *in = upload(numbers), *out = upload(numbers);
    ASSERT_EQ(cudaSuccess, (gpu_launch(transpose_kernel<int, 16>, dim3(5, 3), dim3(16, 16), 0,
                                       stream, in, out, w, h)));
    const std::vector<int> result = download(out, numbers.size());
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            ASSERT_EQ(numbers[y * w + x], result[x * h + y]) << x << "," << y;
        }
    }
    cudaFree(in);
    cudaFree(out);
}

struct Votes {
    unsigned ballot;
    int multiples_of_3, any_last, all_below_80, vote_any, vote_all;
    unsigned sum_of_16;
    double third_of_8;
    int from_above;
};

/* 80 threads: the last warp is half full. */
__global__ void vote_kernel(Votes *votes)
{
    const unsigned t = threadIdx.x, mask = t < 64 ? 0xffffffffu : 0x0000ffffu;
    Votes v;
    v.ballot = __ballot_sync(mask, t % 2 == 0);
    v.multiples_of_3 = __syncthreads_count(t % 3 == 0);
    v.any_last = __syncthreads_or(t == 79);
    v.all_below_80 = __syncthreads_and(t < 80);
    v.vote_any = __any_sync(mask, t == 65);
    v.vote_all = __all_sync(mask, t < 79);
    v.sum_of_16 = t;
    for (int half = 8; half > 0; half /= 2) {
        v.sum_of_16 += __shfl_xor_sync(mask, v.sum_of_16, half, 16);
    }
    v.third_of_8 = __shfl_sync(mask, t * 0.5, 3, 8);
    v.from_above = __shfl_down_sync(mask, static_cast<int>(t), 4, 16);
    votes[t] = v;
    __syncwarp(mask);
}

TEST_P(Emulation, ThreadsMeetAndExchange)
{
    Votes *votes = upload(std::vector<Votes>(80));
    ASSERT_EQ(cudaSuccess, gpu_launch(vote_kernel, 1, 80, 0, stream, votes));
    const std::vector<Votes> result = download(votes, 80);
    for (unsigned t = 0; t < 80; t++) {
        const Votes &v = result[t];
        const unsigned first = t / 16 * 16;
        EXPECT_EQ(t < 64 ? 0x55555555u : 0x5555u, v.ballot);
        EXPECT_EQ(27, v.multiples_of_3);
        EXPECT_EQ(1, v.any_last);
        EXPECT_EQ(1, v.all_below_80);
        EXPECT_EQ(t >= 64, v.vote_any);
        EXPECT_EQ(t < 64, v.vote_all);
        EXPECT_EQ(16 * first + 120, v.sum_of_16);
        EXPECT_EQ(0.5 * (t / 8 * 8 + 3), v.third_of_8);
        EXPECT_EQ(static_cast<int>(t % 16 < 12 ? t + 4 : t), v.from_above);
    }
    cudaFree(votes);
}

__global__ void last_of_dynamic_kernel(float *out, int n)
{
    GPU_DYN_SHARED(float, numbers);
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        numbers[i] = static_cast<float>(i);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        *out = numbers[n - 1];
    }
}

TEST_P(Emulation, SharedMemoryIsLimited)
{
    float *out = upload(std::vector<float>(1));
    EXPECT_EQ(cudaErrorInvalidValue,
              gpu_launch(last_of_dynamic_kernel, 1, 64, 90000, stream, out, 20000));
    EXPECT_EQ(cudaErrorInvalidValue, cudaGetLastError());
    EXPECT_EQ(cudaSuccess, cudaGetLastError());
    EXPECT_EQ(cudaErrorInvalidValue,
              cudaFuncSetAttribute(last_of_dynamic_kernel,
                                   cudaFuncAttributeMaxDynamicSharedMemorySize, 110000));
    ASSERT_EQ(cudaSuccess,
              cudaFuncSetAttribute(last_of_dynamic_kernel,
                                   cudaFuncAttributeMaxDynamicSharedMemorySize, 90000));
    ASSERT_EQ(cudaSuccess, gpu_launch(last_of_dynamic_kernel, 1, 64, 90000, stream, out, 20000));
    EXPECT_EQ(19999.0f, download(out, 1)[0]);
    cudaFree(out);
}

__global__ void largest_kernel(unsigned *largest, const unsigned *x, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        atomicMax(largest, x[i]);
        unsigned seen = gpu_load_acquire(largest + 1); /* the same by hand */
        while (x[i] > seen) {
            const unsigned found = atomicCAS(largest + 1, seen, x[i]);
            seen = found == seen ? x[i] : found;
        }
        atomicAdd(largest + 2, x[i]);
        atomicMin(largest + 3, x[i]);
    }
}

TEST_P(Emulation, AtomicsLoseNothing)
{
    std::vector<unsigned> x(100);
    for (unsigned i = 0; i < 100; i++) {
        x[i] = i * 37 % 101;
    }
    unsigned *in = upload(x), *out = upload(std::vector<unsigned>{0, 0, 0, 1000});
    ASSERT_EQ(cudaSuccess, gpu_launch(largest_kernel, 4, 32, 0, stream, out, in, 100));
    EXPECT_EQ((std::vector<unsigned>{100, 100, 5050 - 64, 0}), download(out, 4));
    cudaFree(in);
    cudaFree(out);
}

__global__ void double_kernel(float *y, const float *x, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = 2.0f * x[i];
    }
}

TEST_P(Emulation, StreamsObeyEvents)
{
    const int n = 1000;
    cudaStream_t second;
    cudaEvent_t doubled;
    float *host, *x, *y;
    ASSERT_EQ(cudaSuccess, cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    ASSERT_EQ(cudaSuccess, cudaEventCreateWithFlags(&doubled, cudaEventDisableTiming));
    ASSERT_EQ(cudaSuccess, cudaMallocHost(&host, n * sizeof *host));
    ASSERT_EQ(cudaSuccess, cudaMalloc(&x, n * sizeof *x));
    ASSERT_EQ(cudaSuccess, cudaMalloc(&y, n * sizeof *y));
    for (int i = 0; i < n; i++) {
        host[i] = static_cast<float>(i);
    }
    const size_t bytes = n * sizeof *host;
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(x, host, bytes, cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaSuccess, gpu_launch(double_kernel, 8, 128, 0, stream, y, x, n));
    EXPECT_EQ(cudaSuccess, cudaEventRecord(doubled, stream));
    EXPECT_EQ(cudaSuccess, cudaStreamWaitEvent(second, doubled));
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(host, y, bytes, cudaMemcpyDeviceToHost, second));
    EXPECT_EQ(1.0f, host[1]) << "an asynchronous copy has run at the call";
    EXPECT_EQ(cudaErrorNotReady, cudaEventQuery(doubled));
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(second));
    EXPECT_EQ(cudaSuccess, cudaEventQuery(doubled));
    for (int i = 0; i < n; i++) {
        ASSERT_EQ(2.0f * static_cast<float>(i), host[i]);
    }
    cudaFree(x);
    cudaFree(y);
    cudaFreeHost(host);
    cudaEventDestroy(doubled);
    cudaStreamDestroy(second);
}

TEST_P(Emulation, PageableSourcesAreStagedAndPinnedOnesAreReadLate)
{
    float pageable = 1.0f, *pinned, *copies;
    ASSERT_EQ(cudaSuccess, cudaMallocHost(&pinned, sizeof *pinned));
    ASSERT_EQ(cudaSuccess, cudaMalloc(&copies, 2 * sizeof *copies));
    *pinned = 1.0f;
    cudaMemcpyAsync(copies, &pageable, sizeof pageable, cudaMemcpyHostToDevice, stream);
    cudaMemcpyAsync(copies + 1, pinned, sizeof *pinned, cudaMemcpyHostToDevice, stream);
    pageable = *pinned = 2.0f;
    EXPECT_EQ((std::vector<float>{1.0f, 2.0f}), download(copies, 2));
    cudaFree(copies);
    cudaFreeHost(pinned);
}

TEST_P(Emulation, CopiesAreCheckedAndCounted)
{
    std::vector<float> host(100);
    float *x = upload(host);
    EXPECT_EQ(cudaErrorInvalidValue,
              cudaMemcpy(x, host.data(), sizeof(float), cudaMemcpyDeviceToHost));
    EXPECT_EQ(cudaErrorInvalidValue,
              cudaMemcpy2DAsync(x, 4, host.data(), 8, 8, 1, cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaErrorInvalidValue, cudaFree(host.data()));
    cudaGetLastError();
    const gpu_emulation::Counts before = gpu_emulation::counts();
    EXPECT_EQ(cudaSuccess,
              cudaMemcpy2DAsync(x, 40, host.data(), 20, 20, 5, cudaMemcpyHostToDevice, stream));
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(x, x + 50, 80, cudaMemcpyDeviceToDevice, stream));
    download(x, 10);
    const gpu_emulation::Counts after = gpu_emulation::counts();
    EXPECT_EQ(100u, after.to_device_bytes - before.to_device_bytes);
    EXPECT_EQ(80u, after.on_device_bytes - before.on_device_bytes);
    EXPECT_EQ(40u, after.to_host_bytes - before.to_host_bytes);
    cudaFree(x);
}

TEST_P(Emulation, LaunchesAreLimited)
{
    float *x = upload(std::vector<float>(1));
    EXPECT_EQ(cudaErrorInvalidConfiguration,
              gpu_launch(double_kernel, 1, 2048, 0, stream, x, x, 1));
    EXPECT_EQ(cudaErrorInvalidConfiguration, gpu_launch(double_kernel, 0, 32, 0, stream, x, x, 0));
    cudaGetLastError();
    cudaFree(x);
}

TEST_P(Emulation, AllocationsFailOnDemand)
{
    float *first = nullptr, *second = nullptr;
    gpu_emulation::fail_allocation(2);
    EXPECT_EQ(cudaSuccess, cudaMalloc(&first, 4));
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaMalloc(&second, 4));
    EXPECT_EQ(nullptr, second);
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaMalloc(&second, size_t(1) << 50));
    EXPECT_EQ(cudaSuccess, cudaMalloc(&second, 4));
    cudaFree(first);
    cudaFree(second);
}

TEST_P(Emulation, AFaultSticks)
{
    float *x = upload(std::vector<float>{1.0f});
    gpu_emulation::fail_kernel(2);
    EXPECT_EQ(cudaSuccess, gpu_launch(double_kernel, 1, 32, 0, stream, x, x, 1));
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(stream));
    EXPECT_EQ(cudaSuccess, gpu_launch(double_kernel, 1, 32, 0, stream, x, x, 1));
    EXPECT_EQ(cudaErrorLaunchFailure, cudaStreamSynchronize(stream));
    EXPECT_EQ(cudaErrorLaunchFailure, cudaGetLastError());
    EXPECT_EQ(cudaErrorLaunchFailure, gpu_launch(double_kernel, 1, 32, 0, stream, x, x, 1));
    gpu_emulation::recover();
    EXPECT_EQ(2.0f, download(x, 1)[0]);
    cudaFree(x);
}

TEST_P(Emulation, PretendsThatThereIsNoGpu)
{
    int count = 7;
    gpu_emulation::set_devices(0);
    EXPECT_EQ(cudaErrorNoDevice, cudaGetDeviceCount(&count));
    EXPECT_EQ(7, count) << "CUDA leaves the count alone";
    EXPECT_EQ(cudaErrorNoDevice, cudaGetLastError());
    gpu_emulation::set_devices(1);
    EXPECT_EQ(cudaSuccess, cudaGetDeviceCount(&count));
    EXPECT_EQ(1, count);
}

TEST(EmulationDeathTest, NamesACopyThatIsTooLong)
{
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(
        {
            float *x = nullptr;
            std::vector<float> host(100);
            cudaMalloc(&x, 40);
            cudaMemcpy(x, host.data(), 60, cudaMemcpyHostToDevice);
        },
        "destination of a copy runs 20 bytes past the end of a device allocation");
}

} // namespace
