/* reference.c - the formulas in float64, written down once more and as plainly as possible: what
 * is timed must agree with these. They share no code with what they check. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>

#include "bench.h"

static const double two_pi = 6.283185307179586476925;

/* Recursive radix 2. x: [n] at a stride; y: [n]. */
static void transform(int n, const double *x, int stride, double complex *y)
{
    if (n == 1) {
        y[0] = x[0];
        return;
    }
    transform(n / 2, x, 2 * stride, y);
    transform(n / 2, x + stride, 2 * stride, y + n / 2);
    for (int k = 0; k < n / 2; k++) {
        const double angle = -two_pi * k / n;
        const double complex even = y[k], odd = y[k + n / 2] * (cos(angle) + I * sin(angle));
        y[k] = even + odd;
        y[k + n / 2] = even - odd;
    }
}

enum { LARGEST_FRAME = 1024 };

void bench_reference_welch(const float *x, size_t samples, int n, double *power)
{
    double frame[LARGEST_FRAME] = {0.0};
    double complex spectrum[LARGEST_FRAME];
    for (int k = 0; k <= n / 2; k++) {
        power[k] = 0.0;
    }
    for (size_t first = 0; n <= LARGEST_FRAME && first + (size_t)n <= samples;
         first += (size_t)n / 2) {
        double mean = 0.0;
        for (int i = 0; i < n; i++) {
            mean += (double)x[first + (size_t)i] / n;
        }
        for (int i = 0; i < n; i++) {
            frame[i] = ((double)x[first + (size_t)i] - mean) * (0.5 - 0.5 * cos(two_pi * i / n));
        }
        transform(n, frame, 1, spectrum);
        for (int k = 0; k <= n / 2; k++) {
            power[k] +=
                creal(spectrum[k]) * creal(spectrum[k]) + cimag(spectrum[k]) * cimag(spectrum[k]);
        }
    }
}

double bench_worst(const double *a, const double *b, size_t n)
{
    double largest = 0.0, worst = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double off = fabs(a[i] - b[i]);
        largest = fmax(largest, fabs(b[i]));
        worst = off <= worst ? worst : off; /* a NaN stays */
    }
    return worst / largest;
}

/* The first-order hold: y[n] = a y[n-1] + b0 x[n] + b1 x[n-1]. */
typedef struct lag {
    double a, b0, b1, x, y;
} lag;

static lag lag_of(double dt_s, double tau_s, double start)
{
    const double r = dt_s / tau_s, a = exp(-r), share = -expm1(-r) / r;
    return (lag){.a = a, .b0 = 1.0 - share, .b1 = share - a, .x = start, .y = start};
}

static double lag_step(lag *l, double x)
{
    l->y = l->a * l->y + l->b0 * x + l->b1 * l->x;
    l->x = x;
    return l->y;
}

void bench_reference_storage(const bench_battery *battery, const double *load_w, size_t n,
                             double *draw_w)
{
    const double dt_s = battery->dt_s, efficiency = battery->efficiency;
    lag low = lag_of(dt_s, battery->tau_s, load_w[0]);
    lag power = lag_of(dt_s, battery->response_s, 0.0);
    double stored_j = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double wish_w = load_w[i] - lag_step(&low, load_w[i]);
        const double command_w = fmin(fmax(wish_w, -battery->power_w), battery->power_w);
        double p_w = lag_step(&power, command_w);
        const double factor = p_w > 0.0 ? 1.0 / efficiency : efficiency;
        const double after_j =
            fmin(fmax(stored_j - p_w * dt_s * factor, battery->floor_j), battery->ceiling_j);
        p_w = (stored_j - after_j) / (dt_s * factor);
        stored_j = after_j;
        draw_w[i] = load_w[i] - p_w;
    }
}
