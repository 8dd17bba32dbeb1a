/* frame.cuh - one frame of one rack, out of a row of samples or a ring of decimator outputs into the
 * registers of a block: relative to its first valid sample, gaps filled (formula/gap.h). */
#ifndef ST_KERNELS_FRAME_CUH
#define ST_KERNELS_FRAME_CUH

#include "fft.cuh"
#include "formula/frame.h"
#include "formula/gap.h"

/* Samples of one rack at the full rate. */
struct fast_row {
    typedef float value;
    const float *x; /* W, from sample `first` on */
    int64_t first;
    __device__ float at(int64_t i) const { return x[i - first]; }
};

/* Outputs of the decimator of one rack. */
struct slow_row {
    typedef double value;
    const double *ring; /* W, output m at m & mask */
    int64_t mask;
    __device__ double at(int64_t i) const { return ring[i & mask]; }
};

/* One frame: what is said of it, and this thread's samples relative to its first valid one. */
template <int N, class Row> struct welch_frame {
    typedef typename Row::value value;
    enum { THREADS = N / FFT_OWN };
    bool used;
    int invalid;
    value reference;
    float d[FFT_OWN];

    __device__ void clear()
    {
        used = false;
        invalid = 0;
        reference = 0;
        GPU_UNROLL
        for (int m = 0; m < FFT_OWN; m++) {
            d[m] = 0.0f;
        }
    }

    /* st_frame_filled of the samples relative to the reference; at least one is valid. */
    __device__ float filled(Row row, int64_t start, int i) const
    {
        int before = i, after = i;
        while (before >= 0 && isnan(row.at(start + before))) {
            before--;
        }
        while (after < N && isnan(row.at(start + after))) {
            after++;
        }
        const float left = before >= 0 ? (float)(row.at(start + before) - reference) : 0.0f;
        const float right = after < N ? (float)(row.at(start + after) - reference) : 0.0f;
        if (before == after) {
            return left;
        }
        return before < 0   ? right
               : after >= N ? left
                            : st_gap_line(left, right, i - before, after - i);
    }

    /* The seldom way: a frame with gaps. z: [N], shared, free. Loops stay loops. */
    __device__ void load_with_gaps(Row row, int64_t start, st_c32 *z)
    {
        for (int i = threadIdx.x; i < N; i += THREADS) {
            invalid += __syncthreads_count(isnan(row.at(start + i)));
        }
        used = st_frame_usable(invalid, N);
        for (int first = 0; used && isnan(reference); first++) {
            reference = row.at(start + first);
        }
        for (int i = threadIdx.x; i < N; i += THREADS) {
            z[i].re = used ? filled(row, start, i) : 0.0f;
        }
        GPU_UNROLL
        for (int m = 0; m < FFT_OWN; m++) { /* what this thread has written */
            d[m] = z[threadIdx.x + m * THREADS].re;
        }
    }

    /* All threads of the block together: they count and decide alike. */
    __device__ void load(Row row, int64_t start, st_c32 *z)
    {
        bool gaps = false;
        used = true;
        invalid = 0;
        reference = row.at(start);
        GPU_UNROLL
        for (int m = 0; m < FFT_OWN; m++) {
            d[m] = (float)(row.at(start + threadIdx.x + m * THREADS) - reference);
            gaps = gaps || isnan(d[m]);
        }
        if (__syncthreads_or(gaps)) {
            load_with_gaps(row, start, z);
        }
    }
};

#endif
