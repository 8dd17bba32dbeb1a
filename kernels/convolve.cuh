/* convolve.cuh - the network of formula/convolve.h, one transform per block of 1024 threads, in place
 * in shared memory. Every butterfly belongs to one thread, which writes its results where it read
 * its inputs: a pass needs one wait. Thread t has points t + 1024 m of the signal and, of the
 * spectrum, the four from 4 t and the four from 4 (t + 1024) on. */
#ifndef ST_KERNELS_CONVOLVE_CUH
#define ST_KERNELS_CONVOLVE_CUH

#include "formula/convolve.h"
#include "gpu_compat.h"

enum {
    CONVOLVE_POINTS = ST_CONVOLVE_POINTS,
    CONVOLVE_OWN = 8, /* points of a thread */
    CONVOLVE_THREADS = CONVOLVE_POINTS / CONVOLVE_OWN
};

/* Place in the spectrum of a thread's point m. */
static __device__ __forceinline__ int convolve_place(int m)
{
    return 4 * (threadIdx.x + m / 4 * CONVOLVE_THREADS) + m % 4;
}

/* Passes 1 and 2: blocks of LENGTH points. z: [8192], shared, written and waited for. */
template <int LENGTH, bool FORWARD>
static __device__ __forceinline__ void convolve_pass8(st_c32 *z, const st_c32 *w)
{
    const int step = LENGTH / 8, turn = CONVOLVE_POINTS / LENGTH;
    const int j = threadIdx.x % step, first = threadIdx.x / step * LENGTH + j;
    st_c32 a[8];
    GPU_UNROLL
    for (int r = 0; r < 8; r++) {
        a[r] = z[first + r * step];
        if (!FORWARD && r > 0) {
            a[r] = st_c_mul_conj_f32(a[r], w[r * j * turn]);
        }
    }
    if (FORWARD) {
        st_dft8_f32(a);
    } else {
        st_dft8_back_f32(a);
    }
    GPU_UNROLL
    for (int q = 0; q < 8; q++) {
        z[first + q * step] = FORWARD && q > 0 ? st_c_mul_f32(a[q], w[q * j * turn]) : a[q];
    }
    __syncthreads();
}

/* Pass 3: a thread has two butterflies. */
template <bool FORWARD>
static __device__ __forceinline__ void convolve_pass3(st_c32 *z, const st_c32 *w)
{
    GPU_UNROLL
    for (int m = 0; m < 2; m++) {
        const int u = threadIdx.x + m * CONVOLVE_THREADS, j = u % 4, first = u / 4 * 16 + j;
        st_c32 a[4];
        GPU_UNROLL
        for (int r = 0; r < 4; r++) {
            a[r] = z[first + 4 * r];
            if (!FORWARD && r > 0) {
                a[r] = st_c_mul_conj_f32(a[r], w[r * j * (CONVOLVE_POINTS / 16)]);
            }
        }
        if (FORWARD) {
            st_dft4_f32(a);
        } else {
            st_dft4_back_f32(a);
        }
        GPU_UNROLL
        for (int q = 0; q < 4; q++) {
            z[first + 4 * q] =
                FORWARD && q > 0 ? st_c_mul_f32(a[q], w[q * j * (CONVOLVE_POINTS / 16)]) : a[q];
        }
    }
    __syncthreads();
}

/* own: [8], of the signal; becomes the thread's part of the spectrum. Waits before it writes to z. */
static __device__ __forceinline__ void convolve_forward(st_c32 *z, const st_c32 *w, st_c32 *own)
{
    const int t = threadIdx.x;
    st_dft8_f32(own);
    __syncthreads();
    GPU_UNROLL
    for (int q = 0; q < 8; q++) {
        z[t + q * CONVOLVE_THREADS] = q > 0 ? st_c_mul_f32(own[q], w[q * t]) : own[q];
    }
    __syncthreads();
    convolve_pass8<1024, true>(z, w);
    convolve_pass8<128, true>(z, w);
    convolve_pass3<true>(z, w);
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        own[m] = z[convolve_place(m)];
    }
    st_dft4_f32(own);
    st_dft4_f32(own + 4);
}

/* own: [8], of the spectrum; becomes the thread's part of the signal. Other threads may still read z,
 * but nothing of what this one writes first. */
static __device__ __forceinline__ void convolve_backward(st_c32 *z, const st_c32 *w, st_c32 *own)
{
    const int t = threadIdx.x;
    st_dft4_back_f32(own);
    st_dft4_back_f32(own + 4);
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        z[convolve_place(m)] = own[m];
    }
    __syncthreads();
    convolve_pass3<false>(z, w);
    convolve_pass8<128, false>(z, w);
    convolve_pass8<1024, false>(z, w);
    GPU_UNROLL
    for (int q = 0; q < 8; q++) {
        own[q] = z[t + q * CONVOLVE_THREADS];
        if (q > 0) {
            own[q] = st_c_mul_conj_f32(own[q], w[q * t]);
        }
    }
    st_dft8_back_f32(own);
}

#endif
