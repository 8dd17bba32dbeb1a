/* gpu_compat.h - the one header that a kernel source includes for CUDA.
 * nvcc compiles the kernels for GPUs; any C++17 compiler compiles the same files for the emulation
 * in tests/, where no GPU is. Rules for authors: kernels are launched by gpu_launch, shared memory
 * is declared by the two macros at the top of a kernel, and every thread of a block reaches every
 * __syncthreads. */
#ifndef ST_KERNELS_GPU_COMPAT_H
#define ST_KERNELS_GPU_COMPAT_H

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define GPU_SHARED(T, name, dimensions) __shared__ T name dimensions
#define GPU_DYN_SHARED(T, name)                                         \
    extern __shared__ __align__(16) unsigned char gpu_dynamic_shared[]; \
    T *const name = reinterpret_cast<T *>(gpu_dynamic_shared)

/* Before a loop whose counter must be known to the compiler, so that arrays stay in registers. */
#define GPU_UNROLL _Pragma("unroll")
/* Before a loop that must stay one. */
#define GPU_NO_UNROLL _Pragma("unroll 1")

/* A struct of arguments that a kernel reads where it lies, instead of copying it to its stack. */
#define GPU_ARGUMENT const __grid_constant__

/* Arguments become the kernel's own parameter types. A template kernel stands in parentheses:
 * gpu_launch((kernel<N>), ...). */
template <class... P, class... A>
cudaError_t gpu_launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes,
                       cudaStream_t stream, A... arguments)
{
    kernel<<<grid, block, shared_bytes, stream>>>(static_cast<P>(arguments)...);
    return cudaGetLastError();
}

#else
#include "emulation/emulation.h"
#define GPU_UNROLL
#define GPU_NO_UNROLL
#define GPU_ARGUMENT const
#endif

#endif
