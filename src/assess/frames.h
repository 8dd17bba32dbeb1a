/* frames.h - Hann frames of a narrow series, 50 % overlap, and their power spectra in float64.
 * A part of assess, for the statistics that look at a spectrum. */
#ifndef ST_ASSESS_FRAMES_H
#define ST_ASSESS_FRAMES_H

#include <stdbool.h>

#include "core/memory.h"
#include "formula/fft.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_FRAMES_LARGEST = 1 << 28 }; /* points */

typedef struct st_frame_stream {
    int n;        /* power of two, >= 8 */
    bool detrend; /* take the mean away */
    int filled;
    int64_t at;       /* samples seen */
    double *buffer;   /* [n], NaN = invalid */
    double *window;   /* [n], periodic Hann */
    st_c64 *half;     /* [n/2], exp(-2 pi i k / (n/2)) */
    st_c64 *whole;    /* [n/2], exp(-2 pi i k / n) */
    st_c64 *z, *work; /* [n/2] */
    double *power;    /* [n/2 + 1], |FFT(w x)|^2, W^2 */
} st_frame_stream;

size_t st_frame_stream_bytes(int64_t n);
/* ST_CAPACITY for frames above ST_FRAMES_LARGEST. */
st_status st_frame_stream_start(st_context *ctx, int64_t n, bool detrend, st_arena *arena,
                                st_frame_stream *stream);
/* Takes samples of x[n] until a frame is full and returns how many; then *ready tells whether the
 * frame was usable (at most a tenth invalid, those on straight lines), and `power` holds its
 * spectrum; it began at sample at - n. */
size_t st_frame_stream_take(st_frame_stream *stream, const double *x, size_t n, bool *ready);

#ifdef __cplusplus
}
#endif
#endif
