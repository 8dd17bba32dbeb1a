/* spectrum.h - spectra of a narrow series (load or draw) in float64: Welch PSD, spectrogram,
 * strongest line, band RMS. Frames with gaps follow the same rules as the racks' frames. */
#ifndef ST_DETECT_SPECTRUM_H
#define ST_DETECT_SPECTRUM_H

#include "core/scratch.h"
#include "formula/fft.h"
#include "model/plan.h"
#include "model/result.h"

/* Columns of the spectrogram of a record with that many frames: at most 1,024. */
size_t st_spectrum_spans(int64_t frames);

/* What the series of a record have in common. */
typedef struct st_spectrum_tables {
    st_c64 *twiddle; /* [n]; its real parts are those of the window */
    double density;  /* |X|^2 -> one-sided W^2/Hz */
    st_arena arena;
} st_spectrum_tables;

st_status st_spectrum_open(st_context *ctx, const st_plan *plan, st_spectrum_tables *tables);
void st_spectrum_close(st_spectrum_tables *tables);

/* Fills frequency_hz, psd, spectrogram, spectrogram_time_s, band_rms_w, dominant_* and
 * iteration_period_s of `point`; sizes: freq_site = plan->site_frame / 2 + 1,
 * span = st_spectrum_spans(plan->site_frames). Everything is NaN when there is no usable frame. The
 * spectrogram is kept in the scratch file of the series. On one thread; several series may be
 * looked at side by side. */
st_status st_spectrum_fill(st_context *ctx, const st_plan *plan, const st_spectrum_tables *tables,
                           const st_series *series, st_point_columns *point);

#endif
