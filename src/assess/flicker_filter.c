/* flicker_filter.c - block 3 (what lamp and eye let through) and block 4 (what the brain makes of
 * it) of IEC 61000-4-15:2010, 5.4 and 5.5, by the bilinear transform. Blocks 1 and 2 find the
 * envelope of a voltage; here the envelope is what the load does to it. */
#include <math.h>

#include "assess/flicker.h"
#include "assess/statistic.h"
#include "assess/cmplx.h"

static const double pi = 3.14159265358979323846;

/* IEC 61000-4-15:2010, 5.4: the low-pass behind the demodulator and the weighting filter
 * k w1 s / (s^2 + 2 lambda s + w1^2) * (1 + s/w2) / ((1 + s/w3) (1 + s/w4)), all in Hz. And
 * Table 1: the sine of 8.8 Hz, peak to peak in percent, at which P_inst peaks at 1. */
static const struct {
    double low_pass_hz;
    double k, lambda_hz, w1_hz, w2_hz, w3_hz, w4_hz;
    double unit_percent;
} lamps[] = {
    [ST_LAMP_120V60] = {42.0, 1.6357, 4.167375, 9.077169, 2.939902, 1.394468, 17.31512, 0.321},
    [ST_LAMP_230V50] = {35.0, 1.74802, 4.05981, 9.15494, 2.27979, 1.22535, 21.9, 0.250},
};

static const double high_pass_hz = 0.05; /* 5.4 */
static const double smoothing_s = 0.3;   /* 5.5 */
static const double unit_hz = 8.8;       /* where the weighting is largest */
enum { LOW_PASS_ORDER = 6 };

double st_lamp_edge_hz(st_lamp lamp)
{
    return lamps[lamp].low_pass_hz;
}

/* b0 + b1 s + b2 s^2 over a0 + a1 s + a2 s^2. */
typedef struct analog {
    double b0, b1, b2, a0, a1, a2;
} analog;

/* s = c (1 - 1/z) / (1 + 1/z). A first order stays one: doubled, pole and zero at -1 would only
 * cancel on paper. */
static st_section bilinear(analog f, double c)
{
    const double b2 = f.b2 * c * c, b1 = f.b1 * c, a2 = f.a2 * c * c, a1 = f.a1 * c;
    if (f.a2 == 0.0 && f.b2 == 0.0) {
        const double a = f.a0 + a1;
        return (st_section){(f.b0 + b1) / a, (f.b0 - b1) / a, 0.0, (f.a0 - a1) / a, 0.0};
    }
    const double a = f.a0 + a1 + a2;
    return (st_section){(f.b0 + b1 + b2) / a, 2.0 * (f.b0 - b2) / a, (f.b0 - b1 + b2) / a,
                        2.0 * (f.a0 - a2) / a, (f.a0 - a1 + a2) / a};
}

static double complex response(const st_section *c, double complex back)
{
    return (c->b0 + back * (c->b1 + back * c->b2)) / (1.0 + back * (c->a1 + back * c->a2));
}

/* The c that keeps a frequency where it is. */
static double warp(double hz, double rate_hz)
{
    return 2.0 * pi * hz / tan(pi * hz / rate_hz);
}

static void design(st_section *section, st_lamp lamp, double rate_hz)
{
    const double high = 2.0 * pi * high_pass_hz, low = 2.0 * pi * lamps[lamp].low_pass_hz;
    const double lambda = 2.0 * pi * lamps[lamp].lambda_hz, w1 = 2.0 * pi * lamps[lamp].w1_hz;
    const double w2 = 2.0 * pi * lamps[lamp].w2_hz, w3 = 2.0 * pi * lamps[lamp].w3_hz;
    const double w4 = 2.0 * pi * lamps[lamp].w4_hz;
    const double c = warp(unit_hz, rate_hz);
    *section++ = bilinear((analog){.b1 = 1.0, .a0 = high, .a1 = 1.0}, warp(high_pass_hz, rate_hz));
    for (int i = 0; i < LOW_PASS_ORDER / 2; i++) {
        const double damping = 2.0 * cos(pi * (2 * i + 1) / (2.0 * LOW_PASS_ORDER));
        *section++ =
            bilinear((analog){.b0 = low * low, .a0 = low * low, .a1 = damping * low, .a2 = 1.0},
                     warp(lamps[lamp].low_pass_hz, rate_hz));
    }
    *section++ = bilinear(
        (analog){.b1 = lamps[lamp].k * w1, .a0 = w1 * w1, .a1 = 2.0 * lambda, .a2 = 1.0}, c);
    *section = bilinear(
        (analog){
            .b0 = 1.0, .b1 = 1.0 / w2, .a0 = 1.0, .a1 = 1.0 / w3 + 1.0 / w4, .a2 = 1.0 / (w3 * w4)},
        c);
}

void st_flickermeter_start(st_flickermeter *meter, const st_statistic *asked, double rate_hz)
{
    *meter = (st_flickermeter){.started = false};
    design(meter->section, asked->lamp, rate_hz);
    const st_section smooth =
        bilinear((analog){.b0 = 1.0, .a0 = 1.0, .a1 = smoothing_s}, 2.0 * rate_hz);
    meter->smooth_b = smooth.b0;
    meter->smooth_a = smooth.a1;
    /* A sine of amplitude A leaves the squaring as A^2/2 (1 - cos 2wt); the ripple that passes the
     * smoothing belongs to the peak. */
    const double complex back = cexp(CMPLX(0.0, -2.0 * pi * unit_hz / rate_hz));
    double amplitude = lamps[asked->lamp].unit_percent / 100.0 / 2.0;
    for (int s = 0; s < ST_FLICKER_SECTIONS; s++) {
        amplitude *= cabs(response(&meter->section[s], back));
    }
    const double peak = amplitude * amplitude / 2.0 * (1.0 + cabs(response(&smooth, back * back)));
    meter->per_w = st_voltage_per_w(asked) / sqrt(peak);
}

double st_flickermeter_step(st_flickermeter *m, double x_w)
{
    if (!isnan(x_w)) {
        m->first_w = m->started ? m->first_w : x_w;
        m->started = true;
        m->held_w = x_w - m->first_w;
    }
    double v = m->held_w * m->per_w;
    for (int s = 0; s < ST_FLICKER_SECTIONS; s++) {
        const st_section *c = &m->section[s];
        const double w = c->b0 * v + m->state[s][0];
        m->state[s][0] = c->b1 * v - c->a1 * w + m->state[s][1];
        m->state[s][1] = c->b2 * v - c->a2 * w;
        v = w;
    }
    v *= v;
    m->sensation = m->smooth_b * (v + m->squared) - m->smooth_a * m->sensation;
    m->squared = v;
    return m->sensation;
}
