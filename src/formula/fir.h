/* fir.h - the design of the one filter that stands before decimation.
 * It is linear-phase and taken in stages, each at the rate that the one before leaves: a sharp
 * low-pass decimates by the last 2, and stages before it only keep away what they would fold into
 * its band, which takes few taps at a high rate. The filter is what all of them do together: one FIR
 * at the full rate (st_fir.taps long), of which every D-th output is taken.
 * What it must do (METHODS 2): at most 0.1 dB of ripple up to 0.4 fs/D and at least 80 dB from
 * 0.6 fs/D, after the rounding of the taps. It has 0.001 and 84 dB.
 * Source of the stages before: L. Lo Presti, Efficient modified-sinc filters for sigma-delta A/D
 * converters, IEEE Trans. Circuits Syst. II 47 (2000).
 * Made once on the host in float64 and rounded to float32. */
#ifndef ST_FORMULA_FIR_H
#define ST_FORMULA_FIR_H

#include "formula/fir_table.h"
#include "formula/host_device.h"

enum {
    ST_FIR_BY_2 = 9, /* taps of the stages before the sharp one */
    ST_FIR_BY_4 = 13,
    ST_FIR_SHARP = 53,
    ST_FIR_LIFT = 3,                              /* degree of the polynomial below */
    ST_FIR_TAPS = ST_FIR_SHARP + 2 * ST_FIR_LIFT, /* at most, of a stage */
    ST_FIR_STAGES = 11                            /* enough for a decimation by 2^20 */
};

/* Output j of a stage is the sum of tap[i] x[j step + i] over i. */
typedef struct st_fir_stage {
    int step, taps;
    float tap[ST_FIR_TAPS]; /* symmetric, sum 1 */
} st_fir_stage;

typedef struct st_fir {
    int stages; /* at least one */
    int taps;   /* of all stages together, at the full rate; odd */
    st_fir_stage stage[ST_FIR_STAGES];
} st_fir;

/* A stage before the sharp one, whose output's rate is `ratio` times fs/D: the mean of `step` samples
 * several times over, each time turned forth and back, so that pairs of zeros lie around every
 * multiple of that rate, up to 0.6 fs/D from it. h: [ST_FIR_TAPS], sum 1. Returns the number of
 * taps. */
static inline int st_fir_image(int step, int ratio, double *h)
{
    /* where zeros lie, in units of fs/D; a mean of 2 needs more of them than one of 4 */
    static const double zeros_by_2[] = {0.1, 0.28, 0.42, 0.5}, zeros_by_4[] = {0.19, 0.45};
    const double *zero = step == 2 ? zeros_by_2 : zeros_by_4;
    int taps = 1;
    h[0] = 1.0;
    for (int pair = 0; pair < (step == 2 ? 4 : 2); pair++) {
        const double turn = 2.0 * 3.14159265358979323846 * zero[pair] / ratio / step;
        double product[ST_FIR_TAPS] = {0.0}, sum = 0.0;
        for (int i = 0; i < step * step; i++) {
            const int forth = i / step, back = i % step;
            const double weight = cos(turn * (forth - back));
            sum += weight;
            for (int k = 0; k < taps; k++) {
                product[k + forth + back] += h[k] * weight;
            }
        }
        taps += 2 * (step - 1);
        for (int k = 0; k < taps; k++) {
            h[k] = product[k] / sum;
        }
    }
    return taps;
}

/* Gain at a frequency in cycles per sample. */
static inline double st_fir_gain(const double *h, int taps, double frequency)
{
    double sum = 0.0;
    for (int i = 0; i < taps; i++) {
        sum += h[i] * cos(2.0 * 3.14159265358979323846 * frequency * (i - (taps - 1) / 2.0));
    }
    return sum;
}

/* A symmetric FIR out of its first half and the middle. Returns the number of taps. */
static inline int st_fir_mirror(const double *half, double *h)
{
    for (int i = 0; i < ST_FIR_SHARP; i++) {
        h[i] = half[i <= ST_FIR_SHARP / 2 ? i : ST_FIR_SHARP - 1 - i];
    }
    return ST_FIR_SHARP;
}

/* Where the droop of the stages before is measured: Chebyshev's points of sin^2(pi f) up to the edge of
 * the pass band, f = 0.2 of the sharp stage's input; one more lies at 0. */
static inline double st_fir_lift_point(int i)
{
    const double pi = 3.14159265358979323846;
    const double edge = sin(0.2 * pi) * sin(0.2 * pi), first = cos(pi / 8.0);
    return edge * (cos(pi * (2 * (ST_FIR_LIFT - 1 - i) + 1) / 8.0) + first) / (1.0 + first);
}

/* h: [ST_FIR_TAPS], `taps` of them in use, taken through a + b - b cos: two more are. */
static inline void st_fir_lengthen(double *h, int taps, double a, double b)
{
    double longer[ST_FIR_TAPS] = {0.0};
    for (int i = 0; i < taps; i++) {
        longer[i] -= 0.5 * b * h[i];
        longer[i + 1] += (a + b) * h[i];
        longer[i + 2] -= 0.5 * b * h[i];
    }
    for (int i = 0; i < taps + 2; i++) {
        h[i] = longer[i];
    }
}

/* The last stage, lifted by 1 / droop[i] at the points above: a polynomial in sin^2 that is 1 at 0.
 * Returns the number of taps. */
static inline int st_fir_lift(const double *half, const double *droop, double *h)
{
    double point[ST_FIR_LIFT + 1] = {0.0}, slope[ST_FIR_LIFT + 1] = {1.0};
    double flat[ST_FIR_TAPS], lift[ST_FIR_TAPS] = {0.0};
    int taps = 1;
    for (int i = 0; i < ST_FIR_LIFT; i++) {
        point[i + 1] = st_fir_lift_point(i);
        slope[i + 1] = 1.0 / droop[i];
    }
    for (int order = 1; order <= ST_FIR_LIFT; order++) { /* Newton's divided differences */
        for (int i = ST_FIR_LIFT; i >= order; i--) {
            slope[i] = (slope[i] - slope[i - 1]) / (point[i] - point[i - order]);
        }
    }
    lift[0] = slope[ST_FIR_LIFT];
    for (int i = ST_FIR_LIFT - 1; i >= 0; i--) {
        st_fir_lengthen(lift, taps, -point[i], 0.5); /* sin^2 = (1 - cos) / 2 */
        taps += 2;
        lift[taps / 2] += slope[i];
    }
    st_fir_mirror(half, flat);
    for (int i = 0; i < ST_FIR_TAPS; i++) {
        h[i] = 0.0;
    }
    for (int i = 0; i < ST_FIR_SHARP; i++) {
        for (int k = 0; k < taps; k++) {
            h[i + k] += lift[k] * flat[i];
        }
    }
    return ST_FIR_TAPS;
}

/* Rounds; the middle tap makes up for what the others have lost of their sum. */
static inline void st_fir_round(int step, int taps, const double *h, st_fir_stage *stage)
{
    double sum = 0.0, rest = 1.0;
    stage->step = step;
    stage->taps = taps;
    for (int i = 0; i < taps; i++) {
        sum += h[i];
    }
    for (int i = 0; i < taps / 2; i++) {
        stage->tap[i] = stage->tap[taps - 1 - i] = (float)(h[i] / sum);
        rest -= 2.0 * (double)stage->tap[i];
    }
    stage->tap[taps / 2] = (float)rest;
}

/* decimation: D, a power of two up to 2^20. Before the sharp stage stands one by 2, before that as
 * many by 4 as it takes, and where that does not come out even, one by 2 at the start. */
static inline void st_fir_design(int decimation, st_fir *fir)
{
    double h[ST_FIR_TAPS] = {1.0}, droop[ST_FIR_LIFT] = {1.0, 1.0, 1.0};
    int done = 1, taps = 1; /* decimated so far; of the stage in hand */
    fir->stages = 0;
    fir->taps = 1;
    for (int left = decimation / 2; left > 1; left = decimation / 2 / done) {
        const int step = left % 3 == 2 && left > 2 ? 4 : 2; /* 2 x 4^n mod 3 = 2 */
        taps = st_fir_image(step, decimation / done / step, h);
        for (int i = 0; i < ST_FIR_LIFT && left > 2; i++) {
            const double place = asin(sqrt(st_fir_lift_point(i))) / 3.14159265358979323846;
            droop[i] *= st_fir_gain(h, taps, place / left);
        }
        st_fir_round(step, taps, h, &fir->stage[fir->stages++]);
        fir->taps += (taps - 1) * done;
        done *= step;
    }
    if (fir->stages > 1) {
        taps = st_fir_lift(st_fir_raised, droop, h);
    } else if (decimation > 1) {
        taps = st_fir_mirror(decimation > 2 ? st_fir_raised : st_fir_flat, h);
    }
    st_fir_round(decimation > 1 ? 2 : 1, taps, h, &fir->stage[fir->stages++]);
    fir->taps += (taps - 1) * done;
}

#endif
