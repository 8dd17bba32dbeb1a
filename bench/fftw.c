/* fftw.c - see fftw.h. Loops around the transforms are compiled for this very machine, and left to
 * the compiler to vectorise. */
#include "fftw.h"

#ifndef ST_BENCH_FFTW

st_status bench_fftw_open(bench *b, int n, bench_fftw **opened)
{
    (void)b, (void)n;
    *opened = NULL;
    return ST_OK;
}

void bench_fftw_close(bench_fftw *fftw)
{
    (void)fftw;
}

static st_status absent(bench *b)
{
    return st_fail(b->ctx, ST_INTERNAL, "FFTW was not found when this was built");
}

st_status bench_fftw_real(bench *b, void *welch)
{
    (void)welch;
    return absent(b);
}

st_status bench_fftw_pair(bench *b, void *welch)
{
    (void)welch;
    return absent(b);
}

st_status bench_fftw_alone(bench *b, void *welch)
{
    (void)welch;
    return absent(b);
}

st_status bench_fftw_overlap_save(bench *b, void *filter)
{
    (void)filter;
    return absent(b);
}

#else

#include <fftw3.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct bench_fftw {
    int n;
    fftwf_plan real, forward, backward; /* r2c; c2c in place */
};

void bench_fftw_close(bench_fftw *fftw)
{
    if (fftw != NULL) {
        fftwf_destroy_plan(fftw->real);
        fftwf_destroy_plan(fftw->forward);
        fftwf_destroy_plan(fftw->backward);
        free(fftw);
    }
}

st_status bench_fftw_open(bench *b, int n, bench_fftw **opened)
{
    const unsigned effort = b->quick ? FFTW_MEASURE : FFTW_PATIENT;
    bench_fftw *fftw = calloc(1, sizeof *fftw);
    float *in = fftwf_alloc_real((size_t)n);
    fftwf_complex *out = fftwf_alloc_complex((size_t)n);
    if (fftw != NULL && in != NULL && out != NULL) {
        fftw->n = n;
        fftw->real = fftwf_plan_dft_r2c_1d(n, in, out, effort | FFTW_PRESERVE_INPUT);
        fftw->forward = fftwf_plan_dft_1d(n, out, out, FFTW_FORWARD, effort);
        fftw->backward = fftwf_plan_dft_1d(n, out, out, FFTW_BACKWARD, effort);
    }
    fftwf_free(in);
    fftwf_free(out);
    *opened = fftw;
    return fftw != NULL && fftw->backward != NULL
               ? ST_OK
               : st_fail(b->ctx, ST_MEMORY, "FFTW made no plan of %d points", n);
}

/* What a thread works in. */
typedef struct space {
    float *frame, *sum;      /* [n] */
    fftwf_complex *spectrum; /* [n] */
} space;

static space take_space(int n)
{
    return (space){fftwf_alloc_real((size_t)n), fftwf_alloc_real((size_t)n),
                   fftwf_alloc_complex((size_t)n)};
}

static void free_space(space s)
{
    fftwf_free(s.frame);
    fftwf_free(s.sum);
    fftwf_free(s.spectrum);
}

static float mean_of(const float *x, int n)
{
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (float)n;
}

static void rack_real(const bench_fftw_welch *w, const float *x, space s, double *power)
{
    const int n = w->fftw->n;
    memset(s.sum, 0, (size_t)n * sizeof(float));
    for (size_t first = 0; first + (size_t)n <= w->data->samples; first += (size_t)n / 2) {
        const float *from = x + first, mean = mean_of(from, n);
        for (int i = 0; i < n; i++) {
            s.frame[i] = (from[i] - mean) * w->window[i];
        }
        fftwf_execute_dft_r2c(w->fftw->real, s.frame, s.spectrum);
        for (int k = 0; k <= n / 2; k++) {
            s.sum[k] += s.spectrum[k][0] * s.spectrum[k][0] + s.spectrum[k][1] * s.spectrum[k][1];
        }
    }
    for (int k = 0; k <= n / 2; k++) {
        power[k] = (double)s.sum[k];
    }
}

/* A last odd frame rides alone, its partner is zero. */
static void load_pair(const bench_fftw_welch *w, const float *x, bool both, space s)
{
    const int n = w->fftw->n;
    const float mean_a = mean_of(x, n), mean_b = both ? mean_of(x + n / 2, n) : 0.0f;
    for (int i = 0; i < n; i++) {
        s.spectrum[i][0] = (x[i] - mean_a) * w->window[i];
        s.spectrum[i][1] = both ? (x[i + n / 2] - mean_b) * w->window[i] : 0.0f;
    }
}

static void rack_pair(const bench_fftw_welch *w, const float *x, space s, double *power)
{
    const int n = w->fftw->n;
    const size_t hop = (size_t)n / 2, samples = w->data->samples;
    memset(s.sum, 0, (size_t)n * sizeof(float));
    for (size_t first = 0; first + (size_t)n <= samples; first += 2 * hop) {
        load_pair(w, x + first, first + hop + (size_t)n <= samples, s);
        fftwf_execute_dft(w->fftw->forward, s.spectrum, s.spectrum);
        for (int k = 0; k < n; k++) {
            s.sum[k] += s.spectrum[k][0] * s.spectrum[k][0] + s.spectrum[k][1] * s.spectrum[k][1];
        }
    }
    for (int k = 0; k <= n / 2; k++) {
        power[k] = 0.5 * ((double)s.sum[k] + (double)s.sum[(n - k) % n]);
    }
}

static void rack_alone(const bench_fftw_welch *w, float *x, space s)
{
    const int n = w->fftw->n;
    for (size_t first = 0; first + (size_t)n <= w->data->samples; first += (size_t)n / 2) {
        fftwf_execute_dft_r2c(w->fftw->real, x + first, s.spectrum);
    }
}

typedef enum form { FORM_REAL, FORM_PAIR, FORM_ALONE } form;

static st_status run_form(bench *b, const bench_fftw_welch *w, form which)
{
    const size_t samples = w->data->samples, bins = (size_t)w->fftw->n / 2 + 1;
#pragma omp parallel num_threads(b->threads)
    {
        const space s = take_space(w->fftw->n);
#pragma omp for schedule(dynamic, 4)
        for (size_t r = 0; r < w->data->racks; r++) {
            float *x = w->data->power_w + r * samples;
            if (which == FORM_REAL) {
                rack_real(w, x, s, w->power + r * bins);
            } else if (which == FORM_PAIR) {
                rack_pair(w, x, s, w->power + r * bins);
            } else {
                rack_alone(w, x, s);
            }
        }
        free_space(s);
    }
    return ST_OK;
}

st_status bench_fftw_real(bench *b, void *welch)
{
    return run_form(b, welch, FORM_REAL);
}

st_status bench_fftw_pair(bench *b, void *welch)
{
    return run_form(b, welch, FORM_PAIR);
}

st_status bench_fftw_alone(bench *b, void *welch)
{
    return run_form(b, welch, FORM_ALONE);
}

/* One block of two rows: x at their first input, y at their first output. */
static void filter_block(const bench_fftw_filter *f, fftwf_complex *response, const float *x,
                         float *y, size_t outputs, fftwf_complex *z)
{
    const size_t n = (size_t)f->fftw->n, inputs = f->taps - 1 + outputs;
    for (size_t i = 0; i < inputs; i++) {
        z[i][0] = x[i];
        z[i][1] = x[i + f->x_stride];
    }
    memset(z + inputs, 0, (n - inputs) * sizeof z[0]);
    fftwf_execute_dft(f->fftw->forward, z, z);
    for (size_t k = 0; k < n; k++) {
        const float re = z[k][0] * response[k][0] - z[k][1] * response[k][1];
        z[k][1] = z[k][0] * response[k][1] + z[k][1] * response[k][0];
        z[k][0] = re;
    }
    fftwf_execute_dft(f->fftw->backward, z, z);
    for (size_t i = 0; i < outputs; i++) {
        y[i] = z[f->taps - 1 + i][0];
        y[i + f->y_stride] = z[f->taps - 1 + i][1];
    }
}

/* rows is even. */
st_status bench_fftw_overlap_save(bench *b, void *filter)
{
    const bench_fftw_filter *f = filter;
    const size_t n = (size_t)f->fftw->n, step = n - f->taps + 1;
    fftwf_complex *response = fftwf_alloc_complex(n);
    memset(response, 0, n * sizeof response[0]);
    for (size_t i = 0; i < f->taps; i++) {
        response[i][0] = (float)(f->h[i] / (double)n);
    }
    fftwf_execute_dft(f->fftw->forward, response, response);
#pragma omp parallel num_threads(b->threads)
    {
        fftwf_complex *z = fftwf_alloc_complex(n);
#pragma omp for schedule(dynamic, 1)
        for (size_t row = 0; row < f->rows; row += 2) {
            for (size_t at = 0; at < f->n; at += step) {
                filter_block(f, response, f->x + row * f->x_stride + at,
                             f->y + row * f->y_stride + at, f->n - at < step ? f->n - at : step, z);
            }
        }
        fftwf_free(z);
    }
    fftwf_free(response);
    return ST_OK;
}

#endif
