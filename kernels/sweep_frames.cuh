/* sweep_frames.cuh - one Hann frame of one candidate: gaps filled, transformed, its lines looked at or
 * its powers added. A real frame rides as a complex one of half the length, z[m] = x[2m] + i x[2m+1],
 * through the network of formula/fft.h, a thread doing all of it: frames are few, candidates many.
 * Source: W. Press et al., Numerical Recipes, 3rd ed., 12.3. */
#ifndef ST_KERNELS_SWEEP_FRAMES_CUH
#define ST_KERNELS_SWEEP_FRAMES_CUH

#include "sweep.cuh"

#include "formula/frame.h"

/* c: straight lines in the gaps of a; the ends hold the nearest valid sample. */
static __device__ __forceinline__ void sweep_fill_gaps(const float *x, float *out, int64_t n)
{
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        const float now = x[i * SWEEP_LANES];
        out[i * SWEEP_LANES] = now;
        if (isnan(now)) {
            continue;
        }
        for (int64_t g = last + 1; g < i; g++) {
            const float share = last < 0 ? 0.0f : (float)(g - last) / (float)(i - last);
            const float before = x[(last < 0 ? i : last) * SWEEP_LANES];
            out[g * SWEEP_LANES] = before + (now - before) * share;
        }
        last = i;
    }
    for (int64_t g = last + 1; g < n; g++) {
        out[g * SWEEP_LANES] = x[last * SWEEP_LANES];
    }
}

/* c = (c - mean) w; sums in runs of 64. */
static __device__ __forceinline__ void sweep_window(const sweep_statistic &s, float *x)
{
    float sum = 0.0f;
    for (int64_t from = 0; s.detrend && from < s.points; from += 64) {
        float run = 0.0f;
        for (int64_t i = from; i < s.points && i < from + 64; i++) {
            run += x[i * SWEEP_LANES];
        }
        sum += run;
    }
    const float mean = sum / (float)s.points;
    for (int64_t i = 0; i < s.points; i++) {
        x[i * SWEEP_LANES] = (x[i * SWEEP_LANES] - mean) * s.tables.window[i];
    }
}

/* Element k has its real part in row 2 k, its imaginary one in row 2 k + 1. */
static __device__ __forceinline__ st_c32 sweep_point(const float *z, int k)
{
    st_c32 a;
    a.re = z[(size_t)(2 * k) * SWEEP_LANES];
    a.im = z[(size_t)(2 * k + 1) * SWEEP_LANES];
    return a;
}

static __device__ __forceinline__ void sweep_put(float *z, int k, st_c32 a)
{
    z[(size_t)(2 * k) * SWEEP_LANES] = a.re;
    z[(size_t)(2 * k + 1) * SWEEP_LANES] = a.im;
}

/* The transform of c, n/2 complex points; returns where it is: in c or in b. */
static __device__ __forceinline__ const float *sweep_transform(const sweep_statistic &s, float *c,
                                                               float *b)
{
    const int n = (int)(s.points / 2);
    float *from = c, *to = b;
    int stride = 1;
    for (; n / stride >= 4; stride *= 4) {
        for (int j = 0; j < n / 4; j++) {
            const int p = j / stride, out = 4 * p * stride + (j - p * stride);
            st_c32 a[4], y[8];
            GPU_UNROLL
            for (int r = 0; r < 4; r++) {
                a[r] = sweep_point(from, j + r * (n / 4));
            }
            /* as butterfly 1 of stride 1, whose outputs are neighbours */
            const st_c32 w[4] = {s.tables.half[0], s.tables.half[p * stride],
                                 s.tables.half[2 * p * stride], s.tables.half[3 * p * stride]};
            st_fft_store4_f32(y, w, 1, 1, a);
            GPU_UNROLL
            for (int r = 0; r < 4; r++) {
                sweep_put(to, out + r * stride, y[4 + r]);
            }
        }
        float *swap = from;
        from = to;
        to = swap;
    }
    if (n / stride == 2) {
        for (int j = 0; j < n / 2; j++) {
            const st_c32 a = sweep_point(from, j), d = sweep_point(from, j + n / 2);
            sweep_put(to, j, st_c_add_f32(a, d));
            sweep_put(to, j + n / 2, st_c_sub_f32(a, d));
        }
        from = to;
    }
    return from;
}

/* |X_k|^2 of the real frame; `more` is added to X_k first. */
static __device__ __forceinline__ float sweep_bin(const sweep_statistic &s, const float *z, int k,
                                                  float more)
{
    const int m = (int)(s.points / 2);
    const st_c32 turn = s.tables.whole[k];
    const st_c32 a = sweep_point(z, k % m), b = sweep_point(z, (m - k) % m);
    const float even_re = 0.5f * (a.re + b.re), even_im = 0.5f * (a.im - b.im);
    const float odd_re = 0.5f * (a.im + b.im), odd_im = 0.5f * (b.re - a.re);
    const float re = even_re + (turn.re * odd_re - turn.im * odd_im) + more;
    const float im = even_im + (turn.re * odd_im + turn.im * odd_re);
    return re * re + im * im;
}

/* The first bin that has the largest power; what a line amounts to is the host's to say. */
static __device__ __forceinline__ sweep_line sweep_find_line(const sweep_statistic &s,
                                                             const float *z)
{
    sweep_line line = {{0.0f, 0.0f, 0.0f}, s.low <= s.high ? 0 : -1};
    float most = 0.0f;
    for (int k = s.low; k <= s.high; k++) {
        const float power = sweep_bin(s, z, k, 0.0f);
        line.bin = power > most ? k : line.bin;
        most = st_sweep_most(power, most);
    }
    for (int r = 0; r < 3 && line.bin > 0; r++) {
        line.power[r] = sweep_bin(s, z, line.bin - 1 + r, 0.0f);
    }
    return line;
}

/* Adds the powers of the frame; the level has its place in bins 0 and 1 only. */
static __device__ __forceinline__ void sweep_add_powers(const sweep_statistic &s, sweep_tally &t,
                                                        const float *z, double *sums)
{
    const int half = (int)(s.points / 2);
    const double level = s.detrend ? 0.0 : s.level * (double)half;
    for (int k = 0; k <= half; k++) {
        const float more = (float)(k == 0 ? level : k == 1 ? -0.5 * level : 0.0);
        sums[(size_t)k * SWEEP_LANES] += (double)sweep_bin(s, z, k, more);
    }
    t.rows++;
}

static __device__ __forceinline__ void sweep_frame(const sweep_lane &lane, const sweep_statistic &s,
                                                   sweep_tally &t)
{
    const float *a = lane.floats(s.a);
    float *c = lane.floats(s.c);
    sweep_line line = {{0.0f, 0.0f, 0.0f}, -1};
    int invalid = 0;
    for (int64_t i = 0; i < s.points; i++) {
        invalid += isnan(a[i * SWEEP_LANES]) ? 1 : 0;
    }
    if (st_frame_usable(invalid, (int)s.points)) {
        sweep_fill_gaps(a, c, s.points);
        sweep_window(s, c);
        const float *z = sweep_transform(s, c, lane.floats(s.b));
        if (s.kind == ST_SWEEP_LINE) {
            line = sweep_find_line(s, z);
        } else {
            sweep_add_powers(s, t, z, lane.doubles(s.sums));
        }
    }
    if (s.kind == ST_SWEEP_LINE) {
        s.line[(size_t)t.frames * lane.task->lanes + lane.index] = line;
    }
    t.frames++;
}

static __device__ __forceinline__ void sweep_frames(const sweep_lane &lane,
                                                    const sweep_statistic &s, sweep_tally &t,
                                                    const float *x, int n)
{
    float *a = lane.floats(s.a);
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        a[t.filled * SWEEP_LANES] = *x;
        if (++t.filled < s.points) {
            continue;
        }
        sweep_frame(lane, s, t);
        const int64_t half = s.points / 2;
        for (int64_t k = 0; k < half; k++) {
            a[k * SWEEP_LANES] = a[(half + k) * SWEEP_LANES];
        }
        t.filled = half;
    }
}

#endif
