/* frames.c - fills, windows and transforms one frame at a time. The real frame rides as a complex
 * one of half the length: z[m] = x[2m] + i x[2m+1].
 * Source: W. Press et al., Numerical Recipes, 3rd ed., 12.3. */
#include "assess/frames.h"

#include <math.h>
#include <string.h>

#include "formula/frame.h"

size_t st_frame_stream_bytes(int64_t n)
{
    const size_t points = (size_t)n;
    return 2 * st_arena_need(points, sizeof(double)) +
           4 * st_arena_need(points / 2, sizeof(st_c64)) +
           st_arena_need(points / 2 + 1, sizeof(double));
}

static st_status take_arrays(st_context *ctx, st_arena *arena, st_frame_stream *s)
{
    const size_t n = (size_t)s->n;
    const struct {
        void *slot;
        size_t count, size;
    } arrays[] = {
        {&s->buffer, n, sizeof(double)},        {&s->window, n, sizeof(double)},
        {&s->half, n / 2, sizeof(st_c64)},      {&s->whole, n / 2, sizeof(st_c64)},
        {&s->z, n / 2, sizeof(st_c64)},         {&s->work, n / 2, sizeof(st_c64)},
        {&s->power, n / 2 + 1, sizeof(double)},
    };
    for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
        void *block;
        ST_TRY(st_arena_take(ctx, arena, arrays[a].count, arrays[a].size, &block));
        memcpy(arrays[a].slot, &block, sizeof block);
    }
    return ST_OK;
}

st_status st_frame_stream_start(st_context *ctx, int64_t n, bool detrend, st_arena *arena,
                                st_frame_stream *stream)
{
    if (n > ST_FRAMES_LARGEST) {
        return st_fail(ctx, ST_CAPACITY, "a frame of %lld samples is asked for; allowed: %d",
                       (long long)n, ST_FRAMES_LARGEST);
    }
    *stream = (st_frame_stream){.n = (int)n, .detrend = detrend};
    ST_TRY(take_arrays(ctx, arena, stream));
    st_fft_twiddle_f64(stream->half, stream->n / 2);
    for (int k = 0; k < stream->n / 2; k++) {
        const double angle = -6.283185307179586476925 * (double)k / (double)n;
        stream->whole[k] = (st_c64){cos(angle), sin(angle)};
    }
    for (int i = 0; i < stream->n; i++) {
        stream->window[i] = st_hann(i, stream->n);
    }
    return ST_OK;
}

/* out: [n], the frame with straight lines in its gaps, minus `reference`; the ends hold the nearest
 * valid sample. At least one sample is valid. */
static void fill(const double *x, int n, double reference, double *out)
{
    int last = -1; /* newest valid sample */
    for (int i = 0; i < n; i++) {
        if (isnan(x[i])) {
            continue;
        }
        out[i] = x[i] - reference;
        for (int g = last + 1; g < i; g++) {
            out[g] = last < 0 ? out[i]
                              : out[last] + (out[i] - out[last]) *
                                                ((double)(g - last) / (double)(i - last));
        }
        last = i;
    }
    for (int g = last + 1; g < n; g++) {
        out[g] = out[last];
    }
}

/* X[k] of the real frame from Z = FFT(z): even part + exp(-2 pi i k / n) x odd part. */
static void unpack(st_frame_stream *s)
{
    const int m = s->n / 2;
    for (int k = 0; k <= m; k++) {
        const st_c64 a = s->z[k < m ? k : 0], b = s->z[k > 0 ? m - k : 0];
        const st_c64 even = {0.5 * (a.re + b.re), 0.5 * (a.im - b.im)};
        const st_c64 odd = {0.5 * (a.im + b.im), 0.5 * (b.re - a.re)};
        const st_c64 turn = k < m ? s->whole[k] : (st_c64){-1.0, 0.0};
        const st_c64 x = st_c_add_f64(even, st_c_mul_f64(turn, odd));
        s->power[k] = x.re * x.re + x.im * x.im;
    }
}

static bool transform(st_frame_stream *s)
{
    const int n = s->n;
    double *x = (double *)s->z; /* a pair of reals is a complex number */
    int invalid = 0;
    for (int i = 0; i < n; i++) {
        invalid += isnan(s->buffer[i]);
    }
    if (!st_frame_usable(invalid, n)) {
        return false;
    }
    double reference = 0.0, sum = 0.0;
    for (int i = 0; s->detrend && i < n; i++) {
        if (!isnan(s->buffer[i])) {
            reference = s->buffer[i];
            break;
        }
    }
    fill(s->buffer, n, reference, x);
    for (int i = 0; s->detrend && i < n; i++) {
        sum += x[i];
    }
    for (int i = 0; i < n; i++) {
        x[i] = (x[i] - sum / (double)n) * s->window[i];
    }
    st_fft_f64(n / 2, s->half, s->z, s->work);
    unpack(s);
    return true;
}

size_t st_frame_stream_take(st_frame_stream *stream, const double *x, size_t n, bool *ready)
{
    const size_t room = (size_t)(stream->n - stream->filled);
    const size_t taken = n < room ? n : room;
    memcpy(stream->buffer + stream->filled, x, taken * sizeof(double));
    stream->filled += (int)taken;
    stream->at += (int64_t)taken;
    *ready = false;
    if (stream->filled == stream->n) {
        *ready = transform(stream);
        stream->filled = stream->n / 2;
        memmove(stream->buffer, stream->buffer + stream->n / 2,
                (size_t)(stream->n / 2) * sizeof(double));
    }
    return taken;
}
