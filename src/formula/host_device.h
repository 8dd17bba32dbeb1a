/* host_device.h - one macro that lets C, C++ and CUDA compile the same arithmetic.
 * Everything in src/formula is pure: no allocation, no input or output, no other room. */
#ifndef ST_FORMULA_HOST_DEVICE_H
#define ST_FORMULA_HOST_DEVICE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__CUDACC__)
#define ST_HD static __host__ __device__ __forceinline__
#else
#define ST_HD static inline
#endif

#endif
