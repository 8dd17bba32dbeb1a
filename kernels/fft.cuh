/* fft.cuh - one transform per block of threads: the network of formula/fft.h, in place in shared
 * memory. A block has n/8 threads; thread t owns points t + m n/8, m = 0..7, which are the inputs of
 * its two butterflies in the first pass, so that a transform begins with what is in registers. In
 * every pass a thread reads all of its inputs, waits, and writes: one buffer of n points will do,
 * and the 64 KiB of 8192 points fit every GPU. */
#ifndef ST_KERNELS_FFT_CUH
#define ST_KERNELS_FFT_CUH

#include "formula/fft.h"
#include "gpu_compat.h"

enum { FFT_OWN = 8 }; /* points of a thread */

template <int N> struct fft_block {
    enum { THREADS = N / FFT_OWN };

    /* Passes of stride S, 4 S, ...; z: [N], shared, written and waited for. */
    template <int S> static __device__ __forceinline__ void passes(st_c32 *z, const st_c32 *w)
    {
        const int t = threadIdx.x;
        if constexpr (N / S >= 4) {
            st_c32 a[2][4];
            st_fft_load4_f32(z, N, t, a[0]);
            st_fft_load4_f32(z, N, t + THREADS, a[1]);
            __syncthreads();
            st_fft_store4_f32(z, w, S, t, a[0]);
            st_fft_store4_f32(z, w, S, t + THREADS, a[1]);
            __syncthreads();
            passes<4 * S>(z, w);
        } else if constexpr (N / S == 2) {
            GPU_UNROLL
            for (int j = t; j < N / 2; j += THREADS) {
                const st_c32 a = z[j], b = z[j + N / 2];
                z[j] = st_c_add_f32(a, b);
                z[j + N / 2] = st_c_sub_f32(a, b);
            }
            __syncthreads();
        }
    }

    /* own: [8], point t + m N/8 at m, consumed; the result is in z, natural order, and all threads
     * may read it. Waits before it writes, so z may have been in use. w: [N], table of N points. */
    static __device__ __forceinline__ void run(st_c32 *z, const st_c32 *w, const st_c32 *own)
    {
        const st_c32 even[4] = {own[0], own[2], own[4], own[6]};
        const st_c32 odd[4] = {own[1], own[3], own[5], own[7]};
        __syncthreads();
        st_fft_store4_f32(z, w, 1, threadIdx.x, even);
        st_fft_store4_f32(z, w, 1, threadIdx.x + THREADS, odd);
        __syncthreads();
        passes<4>(z, w);
    }
};

#endif
