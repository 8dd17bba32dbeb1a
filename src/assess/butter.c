/* butter.c - design by the bilinear transform with prewarped edges, and the filtering itself.
 * Source: A. Oppenheim, R. Schafer, Discrete-Time Signal Processing, 3rd ed., 7.2 (design), 6.3.4
 * (transposed direct form II). Operations are in scipy's order: sections near z = 1 magnify the
 * last bit, and outside people check against scipy. */
#include "assess/butter.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "assess/cmplx.h"

static const double pi = 3.14159265358979323846;

enum { POLES = 2 * ST_BUTTER_ORDER };

/* R. Smith, Algorithm 116: complex division, 1962; for |re b| >= |im b| and the other way round. */
static double complex divide(double complex a, double complex b)
{
    const double ar = creal(a), ai = cimag(a), br = creal(b), bi = cimag(b);
    if (fabs(br) >= fabs(bi)) {
        const double ratio = bi / br, scale = 1.0 / (br + bi * ratio);
        return CMPLX((ar + ai * ratio) * scale, (ai - ar * ratio) * scale);
    }
    const double ratio = br / bi, scale = 1.0 / (bi + br * ratio);
    return CMPLX((ar * ratio + ai) * scale, (ai * ratio - ar) * scale);
}

/* Poles of the digital band-pass, [2 x order]; returns the gain. All zeros are at 1 and -1. */
static double place_poles(int order, double low_hz, double high_hz, double rate_hz,
                          double complex *pole)
{
    /* frequencies relative to Nyquist, analog prototype at a rate of 2 */
    const double warp_low = 4.0 * tan(pi * (2.0 * low_hz / rate_hz) / 2.0);
    const double warp_high = 4.0 * tan(pi * (2.0 * high_hz / rate_hz) / 2.0);
    const double width = warp_high - warp_low, centre = sqrt(warp_low * warp_high);
    double complex denominator = 1.0;
    double gain = 1.0;
    for (int i = 0; i < order; i++) {
        const double angle = pi * (double)(2 * i + 1 - order) * (1.0 / (2.0 * order));
        const double complex low_pass = -CMPLX(cos(angle), sin(angle)) * width / 2.0;
        const double complex square = low_pass * low_pass;
        const double complex root = csqrt(CMPLX(creal(square) - centre * centre, cimag(square)));
        pole[i] = low_pass + root;
        pole[order + i] = low_pass - root;
        gain *= width * 4.0; /* each zero at s = 0 leaves 2 fs - 0 */
    }
    for (int i = 0; i < 2 * order; i++) {
        denominator *= 4.0 - pole[i];
        pole[i] = divide(4.0 + pole[i], 4.0 - pole[i]);
    }
    return gain * creal(divide(1.0, denominator));
}

static bool is_real(double complex pole)
{
    return fabs(cimag(pole)) <= 100.0 * 2.220446049250313e-16 * cabs(pole);
}

/* One pole of each conjugate pair (imaginary part > 0), sorted by real part, then the real ones,
 * sorted. Returns how many. */
static int sort_poles(double complex *pole, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (is_real(pole[i])) {
            pole[kept++] = creal(pole[i]);
        } else if (cimag(pole[i]) > 0.0) {
            pole[kept++] = pole[i];
        }
    }
    for (int i = 1; i < kept; i++) {
        const double complex p = pole[i];
        int at = i;
        for (; at > 0; at--) {
            const double complex q = pole[at - 1];
            const bool p_real = cimag(p) == 0.0, q_real = cimag(q) == 0.0;
            const bool before = p_real != q_real       ? q_real
                                : creal(p) != creal(q) ? creal(p) < creal(q)
                                                       : cimag(p) < cimag(q);
            if (!before) {
                break;
            }
            pole[at] = q;
        }
        pole[at] = p;
    }
    return kept;
}

/* Takes the pole nearest to the unit circle out of the list; only real ones if `real`. */
static double complex take_worst(double complex *pole, int *n, bool real)
{
    int worst = -1;
    for (int i = 0; i < *n; i++) {
        if ((!real || cimag(pole[i]) == 0.0) &&
            (worst < 0 || fabs(1.0 - cabs(pole[i])) < fabs(1.0 - cabs(pole[worst])))) {
            worst = i;
        }
    }
    const double complex taken = pole[worst];
    memmove(pole + worst, pole + worst + 1, (size_t)(*n - worst - 1) * sizeof *pole);
    (*n)--;
    return taken;
}

/* The zero (1 or -1) nearest to a pole, of those that are left. */
static double take_zero(double complex pole, int *left_plus, int *left_minus)
{
    const bool plus = cabs(1.0 - pole) < cabs(-1.0 - pole);
    const bool choice = plus ? *left_plus > 0 : *left_minus == 0;
    (*(choice ? left_plus : left_minus))--;
    return choice ? 1.0 : -1.0;
}

void st_butter_bandpass(int order, double low_hz, double high_hz, double rate_hz,
                        st_section *sections)
{
    double complex pole[POLES];
    int plus = order, minus = order;
    const double gain = place_poles(order, low_hz, high_hz, rate_hz, pole);
    int n = sort_poles(pole, 2 * order);
    /* The section with the sharpest pole comes last; it takes the zeros nearest to it. */
    for (int s = order - 1; s >= 0; s--) {
        const double complex p1 = take_worst(pole, &n, false);
        const double complex p2 = cimag(p1) != 0.0 ? conj(p1) : take_worst(pole, &n, true);
        const double z1 = take_zero(p1, &plus, &minus), z2 = take_zero(p1, &plus, &minus);
        sections[s] = (st_section){1.0, -(z1 + z2), z1 * z2, -creal(p1 + p2), creal(p1 * p2)};
    }
    sections[0].b0 *= gain;
    sections[0].b1 *= gain;
    sections[0].b2 *= gain;
}

void st_bandpass_start(st_bandpass *filter, int order, double low_hz, double high_hz,
                       double rate_hz)
{
    memset(filter, 0, sizeof *filter);
    filter->order = order;
    st_butter_bandpass(order, low_hz, high_hz, rate_hz, filter->section);
}

/* `order` is a parameter so that the usual one is unrolled and its state stays in registers. */
static inline void run_order(st_bandpass *filter, const double *x, double *y, size_t n, int order)
{
    double state[ST_BUTTER_ORDER][2];
    memcpy(state, filter->state, sizeof state);
    for (size_t i = 0; i < n; i++) {
        const bool valid = !isnan(x[i]);
        if (valid && !filter->started) {
            filter->started = 1;
            filter->first = x[i];
        }
        filter->held = valid ? x[i] - filter->first : filter->held;
        /* Before the first valid sample the filter stays at rest: its input is 0. */
        double v = filter->held;
        for (int s = 0; s < order; s++) {
            const st_section *c = &filter->section[s];
            const double w = c->b0 * v + state[s][0];
            state[s][0] = c->b1 * v - c->a1 * w + state[s][1];
            state[s][1] = c->b2 * v - c->a2 * w;
            v = w;
        }
        y[i] = valid ? v : NAN;
    }
    memcpy(filter->state, state, sizeof state);
}

void st_bandpass_run(st_bandpass *filter, const double *x, double *y, size_t n)
{
    if (filter->order == 4) {
        run_order(filter, x, y, n, 4);
    } else {
        run_order(filter, x, y, n, filter->order);
    }
}
