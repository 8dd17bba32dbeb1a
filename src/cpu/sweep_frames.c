/* sweep_frames.c - one Hann frame of each lane: gaps filled, transformed, its lines looked at or its
 * powers added. Compiled once per instruction set. A real frame rides as a complex one of half the
 * length, z[m] = x[2m] + i x[2m+1], through the network of formula/fft.h; what is one number there
 * is a lane's worth here.
 * Source: W. Press et al., Numerical Recipes, 3rd ed., 12.3. */
#include <math.h>

#include "cpu/sweep_loops.h"
#include "formula/frame.h"

/* c: straight lines in the gaps of a; the ends hold the nearest valid sample. */
static void fill_gaps(const st_sweep_state *s)
{
    const int64_t n = s->points;
    const float *x = s->a;
    float *out = s->c;
    int64_t last = -1;
    memcpy(out, x, (size_t)n * SWEEP_LANES * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i * SWEEP_LANES])) {
            continue;
        }
        for (int64_t g = last + 1; g < i; g++) {
            const float share = last < 0 ? 1.0f : (float)(g - last) / (float)(i - last);
            const float *from = x + (last < 0 ? i : last) * SWEEP_LANES;
            for (int l = 0; l < SWEEP_LANES; l++) {
                out[g * SWEEP_LANES + l] =
                    from[l] + (x[i * SWEEP_LANES + l] - from[l]) * (last < 0 ? 0.0f : share);
            }
        }
        last = i;
    }
    for (int64_t g = last + 1; g < n; g++) {
        memcpy(out + g * SWEEP_LANES, x + last * SWEEP_LANES, SWEEP_LANES * sizeof *out);
    }
}

/* c = (x - mean) w; sums in runs of 64. x may be c. */
static void apply_window(const st_sweep_state *s, const float *frame, bool detrend)
{
    const int64_t n = s->points;
    for (int f = 0; f < SWEEP_F; f++) {
        const float *x = frame + f * VEC;
        float *to = s->c + f * VEC;
        vec sum = vec_all(0.0f);
        for (int64_t from = 0; detrend && from < n; from += 64) {
            vec run = vec_all(0.0f);
            for (int64_t i = from; i < n && i < from + 64; i++) {
                run += vec_load(x + i * SWEEP_LANES);
            }
            sum += run;
        }
        const vec mean = sum / (float)n;
        for (int64_t i = 0; i < n; i++) {
            vec_store(to + i * SWEEP_LANES,
                      (vec_load(x + i * SWEEP_LANES) - mean) * s->tables->window[i]);
        }
    }
}

/* Complex lanes: element k has its real lanes at 2 k, its imaginary ones at 2 k + 1 rows. */
static inline const float *row(const float *z, int k, int part)
{
    return z + ((size_t)(2 * k + part)) * SWEEP_LANES;
}

/* Butterfly j = p s + q of st_fft_store4_f32 on registers of lanes; w: of p. */
static inline void radix4(const float *from, float *to, const st_c32 *w, int n, int s, int p, int q)
{
    const int j = p * s + q, out = 4 * p * s + q;
    const st_c32 w1 = w[p * s], w2 = w[2 * p * s], w3 = w[3 * p * s];
    for (int f = 0; f < SWEEP_F; f++) {
        vec re[4], im[4];
        for (int r = 0; r < 4; r++) {
            re[r] = vec_load(row(from, j + r * (n / 4), 0) + f * VEC);
            im[r] = vec_load(row(from, j + r * (n / 4), 1) + f * VEC);
        }
        const vec s02r = re[0] + re[2], s02i = im[0] + im[2];
        const vec d02r = re[0] - re[2], d02i = im[0] - im[2];
        const vec s13r = re[1] + re[3], s13i = im[1] + im[3];
        const vec d13r = re[1] - re[3], d13i = im[1] - im[3];
        const vec u1r = d02r + d13i, u1i = d02i - d13r;
        const vec u2r = s02r - s13r, u2i = s02i - s13i;
        const vec u3r = d02r - d13i, u3i = d02i + d13r;
        float *y = to + (size_t)(2 * out) * SWEEP_LANES + f * VEC;
        const size_t step = (size_t)(2 * s) * SWEEP_LANES;
        vec_store(y, s02r + s13r);
        vec_store(y + SWEEP_LANES, s02i + s13i);
        vec_store(y + step, u1r * w1.re - u1i * w1.im);
        vec_store(y + step + SWEEP_LANES, u1r * w1.im + u1i * w1.re);
        vec_store(y + 2 * step, u2r * w2.re - u2i * w2.im);
        vec_store(y + 2 * step + SWEEP_LANES, u2r * w2.im + u2i * w2.re);
        vec_store(y + 3 * step, u3r * w3.re - u3i * w3.im);
        vec_store(y + 3 * step + SWEEP_LANES, u3r * w3.im + u3i * w3.re);
    }
}

static void radix2(const float *from, float *to, int n)
{
    const size_t half = (size_t)n * SWEEP_LANES; /* floats of n/2 elements */
    for (size_t i = 0; i < half; i += VEC) {
        const vec a = vec_load(from + i), b = vec_load(from + half + i);
        vec_store(to + i, a + b);
        vec_store(to + half + i, a - b);
    }
}

/* The transform of c, n/2 complex points; returns where it is: in c or in b. */
static const float *transform(const st_sweep_state *s)
{
    const int n = (int)(s->points / 2);
    float *from = s->c, *to = s->b;
    int stride = 1;
    for (; n / stride >= 4; stride *= 4) {
        for (int p = 0; p < n / 4 / stride; p++) {
            for (int q = 0; q < stride; q++) {
                radix4(from, to, s->tables->half, n, stride, p, q);
            }
        }
        float *swap = from;
        from = to;
        to = swap;
    }
    if (n / stride == 2) {
        radix2(from, to, n);
        from = to;
    }
    return from;
}

/* |X_k|^2 of the real frames; `more` is added to X_k first. */
static inline void bin_power(const st_sweep_state *s, const float *z, int k, float more, vec *power)
{
    const int m = (int)(s->points / 2);
    const st_c32 turn = s->tables->whole[k];
    const float *a = row(z, k % m, 0), *b = row(z, (m - k) % m, 0);
    for (int f = 0; f < SWEEP_F; f++) {
        const vec ar = vec_load(a + f * VEC), ai = vec_load(a + SWEEP_LANES + f * VEC);
        const vec br = vec_load(b + f * VEC), bi = vec_load(b + SWEEP_LANES + f * VEC);
        const vec even_re = 0.5f * (ar + br), even_im = 0.5f * (ai - bi);
        const vec odd_re = 0.5f * (ai + bi), odd_im = 0.5f * (br - ar);
        const vec re = even_re + (turn.re * odd_re - turn.im * odd_im) + more;
        const vec im = even_im + (turn.re * odd_im + turn.im * odd_re);
        power[f] = re * re + im * im;
    }
}

/* One lane: the line at the first bin that has its largest power. */
static void look_closer(st_sweep_state *s, const float *z, int lane, float most)
{
    for (int k = s->asked->low; k <= s->asked->high; k++) {
        vec power[SWEEP_F];
        float near[3][SWEEP_LANES];
        bin_power(s, z, k, 0.0f, power);
        memcpy(near[1], power, sizeof near[1]);
        if (near[1][lane] < most) {
            continue;
        }
        bin_power(s, z, k - 1, 0.0f, power);
        memcpy(near[0], power, sizeof near[0]);
        bin_power(s, z, k + 1, 0.0f, power);
        memcpy(near[2], power, sizeof near[2]);
        const float bins[3] = {near[0][lane], near[1][lane], near[2][lane]};
        const double amplitude = st_sweep_line(s->points, bins, k);
        s->worst[lane] = amplitude > s->worst[lane] ? amplitude : s->worst[lane];
        return;
    }
}

static void find_line(st_sweep_state *s, const float *z)
{
    vec most[SWEEP_F], power[SWEEP_F];
    float largest[SWEEP_LANES];
    if (s->asked->low > s->asked->high) {
        return; /* the band has no bin */
    }
    for (int f = 0; f < SWEEP_F; f++) {
        most[f] = vec_all(0.0f);
    }
    for (int k = s->asked->low; k <= s->asked->high; k++) {
        bin_power(s, z, k, 0.0f, power);
        for (int f = 0; f < SWEEP_F; f++) {
            most[f] = vec_most(power[f], most[f]);
        }
    }
    memcpy(largest, most, sizeof largest);
    for (int l = 0; l < SWEEP_LANES; l++) {
        /* Between two bins a line is up to pi/2 x 3/4 = 1.18 times what its bin shows. */
        const double bound = 1.2 * 2.0 * sqrt((double)largest[l]) / (0.5 * (double)s->points);
        if (!(largest[l] > 0.0f)) {
            s->worst[l] = s->worst[l] > 0.0 ? s->worst[l] : 0.0;
        } else if (bound > s->worst[l]) {
            look_closer(s, z, l, largest[l]);
        }
    }
}

/* Adds the powers of the frame. The level of the load, which the lanes leave out, has its place in
 * bins 0 and 1 only: the transform of the window is n/2 and -n/4 there. */
static void add_powers(st_sweep_state *s, const float *z)
{
    const int half = (int)(s->points / 2);
    const bool with_level = s->asked->form == ST_FORM_AMPLITUDE;
    const double level = with_level ? s->asked->level * (double)half : 0.0;
    for (int k = 0; k <= half; k++) {
        const float more = (float)(k == 0 ? level : k == 1 ? -0.5 * level : 0.0);
        float power[SWEEP_LANES];
        vec found[SWEEP_F];
        double *sums = s->sums + (size_t)k * SWEEP_LANES;
        bin_power(s, z, k, more, found);
        memcpy(power, found, sizeof power);
        for (int d = 0; d < SWEEP_D; d++) {
            const int lane = d * SWEEP_HALF;
            vecd_store(sums + lane, vecd_load(sums + lane) + vecd_widen(power + lane));
        }
    }
    s->rows++;
}

void ST_ISA(sweep_frame)(st_sweep_state *s, int64_t invalid)
{
    const bool line = s->asked->kind == ST_SWEEP_LINE;
    if (!st_frame_usable((int)invalid, (int)s->points)) {
        return;
    }
    if (invalid > 0) {
        fill_gaps(s);
    }
    apply_window(s, invalid > 0 ? s->c : s->a, line || s->asked->form == ST_FORM_ENERGY);
    const float *z = transform(s);
    if (line) {
        find_line(s, z);
    } else {
        add_powers(s, z);
    }
}
