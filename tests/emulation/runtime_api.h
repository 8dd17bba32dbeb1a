/* runtime_api.h - the part of the CUDA runtime API that the host side of the kernels uses.
 * Names, values and meanings are CUDA's; the definitions are in runtime.cpp. */
#ifndef ST_TESTS_EMULATION_RUNTIME_API_H
#define ST_TESTS_EMULATION_RUNTIME_API_H

#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <tuple>

#include "emulation/language.h"

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorInvalidMemcpyDirection = 21,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorNotReady = 600,
    cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind {
    cudaMemcpyHostToHost,
    cudaMemcpyHostToDevice,
    cudaMemcpyDeviceToHost,
    cudaMemcpyDeviceToDevice,
    cudaMemcpyDefault
};
enum {
    cudaStreamDefault = 0,
    cudaStreamNonBlocking = 1,
    cudaEventDefault = 0,
    cudaEventDisableTiming = 2,
    cudaFuncAttributeMaxDynamicSharedMemorySize = 8
};
struct cudaDeviceProp {
    char name[256];
    size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerBlockOptin;
    int warpSize, maxThreadsPerBlock, major, minor, multiProcessorCount;
};

typedef struct gpu_emulation_stream *cudaStream_t;
typedef struct gpu_emulation_event *cudaEvent_t;

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();

cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDevice(int *device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes);
cudaError_t cudaDeviceSynchronize();

cudaError_t cudaFree(void *memory);
cudaError_t cudaFreeHost(void *memory);
cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream = nullptr);
cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream = nullptr);
cudaError_t cudaMemset(void *to, int value, size_t bytes);
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream = nullptr);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventDestroy(cudaEvent_t event);

namespace gpu_emulation
{

cudaError_t allocate(void **memory, size_t bytes, bool pinned);
cudaError_t allow_shared(const void *kernel, int attribute, int bytes);
cudaError_t launch(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   const void *kernel, std::function<void()> body);

} // namespace gpu_emulation

template <class T> cudaError_t cudaMalloc(T **memory, size_t bytes)
{
    return gpu_emulation::allocate(reinterpret_cast<void **>(memory), bytes, false);
}

template <class T> cudaError_t cudaMallocHost(T **memory, size_t bytes)
{
    return gpu_emulation::allocate(reinterpret_cast<void **>(memory), bytes, true);
}

template <class T>
cudaError_t cudaMemcpyToSymbol(T &symbol, const void *from, size_t bytes, size_t offset = 0)
{
    cudaDeviceSynchronize();
    memcpy(reinterpret_cast<char *>(&symbol) + offset, from, bytes);
    return cudaSuccess;
}

template <class... P>
cudaError_t cudaFuncSetAttribute(void (*kernel)(P...), int attribute, int value)
{
    return gpu_emulation::allow_shared(reinterpret_cast<const void *>(kernel), attribute, value);
}

template <class... P, class... A>
cudaError_t gpu_launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes,
                       cudaStream_t stream, A... arguments)
{
    auto copies = std::make_shared<std::tuple<P...>>(static_cast<P>(arguments)...);
    return gpu_emulation::launch(grid, block, shared_bytes, stream,
                                 reinterpret_cast<const void *>(kernel),
                                 [kernel, copies] { std::apply(kernel, *copies); });
}

#endif
