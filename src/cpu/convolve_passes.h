/* convolve_passes.h - the network of formula/convolve.h on registers of points. Passes 0, 1 and 2 have
 * as many butterflies side by side as a register has lanes; for the last two, points change places
 * within 4 registers, and there the product with the response is taken, too. */
#ifndef ST_CPU_CONVOLVE_PASSES_H
#define ST_CPU_CONVOLVE_PASSES_H

#include "cpu/convolve.h"
#include "cpu/isa.h"
#include "cpu/vector.h"

typedef struct vec_c {
    vec re, im;
} vec_c;

ST_COMPLEX_DEFINE(ST_ALWAYS_INLINE, vec, vec_c)
ST_CONVOLVE_DEFINE(ST_ALWAYS_INLINE, vec, float, vec_c)

/* Whether a register is a whole run. */
enum { POINTS_WHOLE = (int)VEC == (int)CONVOLVE_RUN };

/* Where point `at` of an array of points stands; `at` is a multiple of a register. */
ST_ALWAYS_INLINE ptrdiff_t point(ptrdiff_t at)
{
    return POINTS_WHOLE ? 2 * at : 2 * (at & -CONVOLVE_RUN) + (at & (CONVOLVE_RUN - 1));
}

ST_ALWAYS_INLINE vec_c points_load(const float *from)
{
    return (vec_c){*(const vec *)from, *(const vec *)(from + CONVOLVE_RUN)};
}

ST_ALWAYS_INLINE void points_store(float *to, vec_c a)
{
    *(vec *)to = a.re;
    *(vec *)(to + CONVOLVE_RUN) = a.im;
}

/* Where the twiddles of butterflies j, j + 1, ... of a pass of radix 8 stand: output q in 1..7 at
 * 2 (q - 1) runs. */
ST_ALWAYS_INLINE const float *turns_of(const float *turns, ptrdiff_t j)
{
    const ptrdiff_t lane = POINTS_WHOLE ? 0 : j & (CONVOLVE_RUN - 1);
    return turns + (j - lane) * (7 * 2) + lane;
}

ST_ALWAYS_INLINE vec_c turn_load(const float *turns, int q)
{
    return points_load(turns + 2 * (q - 1) * CONVOLVE_RUN);
}

/* Butterflies of radix 8 whose points are 2 `step` floats apart. */
ST_ALWAYS_INLINE void butterflies_store(vec_c *a, const float *turns, float *to, ptrdiff_t step)
{
    st_dft8_vec(a);
    points_store(to, a[0]);
    for (int q = 1; q < 8; q++) {
        points_store(to + 2 * q * step, st_c_mul_vec(a[q], turn_load(turns, q)));
    }
}

ST_ALWAYS_INLINE void butterflies_load(const float *from, ptrdiff_t step, const float *turns,
                                       vec_c *a)
{
    a[0] = points_load(from);
    for (int q = 1; q < 8; q++) {
        a[q] = st_c_mul_conj_vec(points_load(from + 2 * q * step), turn_load(turns, q));
    }
    st_dft8_back_vec(a);
}

/* A pass over a block of `length` points. */
ST_ALWAYS_INLINE void pass_forward(int length, const float *turns, float *points)
{
    const int step = length / 8;
    for (int j = 0; j < step; j += VEC) {
        float *at = points + point(j);
        vec_c a[8];
        for (int r = 0; r < 8; r++) {
            a[r] = points_load(at + 2 * r * step);
        }
        butterflies_store(a, turns_of(turns, j), at, step);
    }
}

ST_ALWAYS_INLINE void pass_backward(int length, const float *turns, float *points)
{
    const int step = length / 8;
    for (int j = 0; j < step; j += VEC) {
        float *at = points + point(j);
        vec_c a[8];
        butterflies_load(at, step, turns_of(turns, j), a);
        for (int r = 0; r < 8; r++) {
            points_store(at + 2 * r * step, a[r]);
        }
    }
}

/* Point 16 r + 4 m + i of 4 registers goes to register m, lane 4 r + i; and back. */
ST_ALWAYS_INLINE void points_gather(vec_c *a)
{
    vec re[4] = {a[0].re, a[1].re, a[2].re, a[3].re}, im[4] = {a[0].im, a[1].im, a[2].im, a[3].im};
    vec_quads_gather(re);
    vec_quads_gather(im);
    for (int m = 0; m < 4; m++) {
        a[m] = (vec_c){re[m], im[m]};
    }
}

ST_ALWAYS_INLINE void points_scatter(vec_c *a)
{
    vec re[4] = {a[0].re, a[1].re, a[2].re, a[3].re}, im[4] = {a[0].im, a[1].im, a[2].im, a[3].im};
    vec_quads_scatter(re);
    vec_quads_scatter(im);
    for (int m = 0; m < 4; m++) {
        a[m] = (vec_c){re[m], im[m]};
    }
}

/* Within every four lanes, lane i of register q becomes lane q of register i. */
ST_ALWAYS_INLINE void points_turn(vec_c *a)
{
    vec re[4] = {a[0].re, a[1].re, a[2].re, a[3].re}, im[4] = {a[0].im, a[1].im, a[2].im, a[3].im};
    vec_quads_turn(re);
    vec_quads_turn(im);
    for (int m = 0; m < 4; m++) {
        a[m] = (vec_c){re[m], im[m]};
    }
}

/* Pass 3 of 4 registers of points. */
ST_ALWAYS_INLINE void pass3_forward(const float *turns, float *points, int at)
{
    vec_c a[4];
    for (int m = 0; m < 4; m++) {
        a[m] = points_load(points + point(at + m * VEC));
    }
    points_gather(a);
    st_dft4_vec(a);
    points_store(points + point(at), a[0]);
    for (int q = 1; q < 4; q++) {
        points_store(points + point(at + q * VEC), st_c_mul_vec(a[q], turn_load(turns, q)));
    }
}

ST_ALWAYS_INLINE void pass3_backward(const float *turns, float *points, int at)
{
    vec_c a[4];
    a[0] = points_load(points + point(at));
    for (int q = 1; q < 4; q++) {
        a[q] = st_c_mul_conj_vec(points_load(points + point(at + q * VEC)), turn_load(turns, q));
    }
    st_dft4_back_vec(a);
    points_scatter(a);
    for (int m = 0; m < 4; m++) {
        points_store(points + point(at + m * VEC), a[m]);
    }
}

/* Pass 4 of 4 registers of points as pass 3 left them: what comes out is ordered as a spectrum, whose
 * element p of a register is at spectrum_at(at, p). */
ST_ALWAYS_INLINE ptrdiff_t spectrum_at(ptrdiff_t at, int p)
{
    return 2 * ((at & -64) + p * CONVOLVE_RUN) + at % 64 / 4;
}

ST_ALWAYS_INLINE void pass4_forward(const float *points, int at, vec_c *a)
{
    for (int q = 0; q < 4; q++) {
        a[q] = points_load(points + point(at + q * VEC));
    }
    points_turn(a);
    st_dft4_vec(a);
}

ST_ALWAYS_INLINE void pass4_backward(vec_c *a, float *points, int at)
{
    st_dft4_back_vec(a);
    points_turn(a);
    for (int q = 0; q < 4; q++) {
        points_store(points + point(at + q * VEC), a[q]);
    }
}

#endif
