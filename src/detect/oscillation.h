/* oscillation.h - whether a candidate is one line on top of the usual spectrum, and if so, when.
 * Part of pass 3; sees spectra and a piece. */
#ifndef ST_DETECT_OSCILLATION_H
#define ST_DETECT_OSCILLATION_H

#include "detect/piece.h"

/* Work space for transforms of one row's frames; arrays belong to the worker. */
typedef struct st_spectra {
    const st_plan *plan;
    st_c64 *twiddle, *pair, *fft_work; /* [n] */
    double *frame;                     /* [n] */
    double *usual;                     /* [n/2 + 1], sum of |X_k|^2 over unmarked frames */
    double *event;                     /* [n/2 + 1], the same over the frames of a candidate */
    int64_t usual_frames, event_frames;
} st_spectra;

/* Whether the spectrum of a frame counts: it was marked by a band. Frames that only lie at another
 * level have the spectrum of their unmarked neighbours. */
static inline int st_spectra_counts(const st_row *row, int64_t frame)
{
    return (row->why[frame] & ~ST_WHY_LEVEL) != 0;
}

/* Starts with the sum over all used frames of the row. */
void st_spectra_begin(st_spectra *spectra, const st_row *row);
/* Sums the frames of [first, last] that count into `event`. */
st_status st_spectra_sum(st_context *ctx, st_spectra *spectra, const st_row *row,
                         st_samples *samples, int64_t first, int64_t last);
/* Takes `event` out of `usual`. */
void st_spectra_subtract(st_spectra *spectra);

typedef struct st_oscillation {
    double frequency_hz, amplitude_w;
    size_t start, end, peak; /* samples of the piece: half height of the envelope, largest one */
} st_oscillation;

#define ST_BANDS_ALL UINT32_MAX /* every bin but that of the mean */

/* bands: those whose bins are looked at. False when no line
 * holds more than half of what `event` has more than `usual`, or for fewer than 3 periods. */
bool st_oscillation_find(const st_spectra *spectra, const st_piece *piece, uint32_t bands,
                         st_oscillation *found);

#endif
