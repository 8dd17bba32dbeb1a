/* bins.h - whether a band has a bin in the frames of a spectral statistic. Without one nothing can be
 * found in it, which acquits nobody.
 * A part of assess; knows no signal. */
#ifndef ST_ASSESS_BINS_H
#define ST_ASSESS_BINS_H

#include "assess/statistic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frames of energy_share: a quarter of the record, within these (METHODS 8). */
enum { ST_SHARE_SMALLEST = 256, ST_SHARE_LARGEST = 65536, ST_SHARE_PARTS = 4 };

/* True for a statistic without frames, too. points: of the frame. */
bool st_bins_in_band(const st_statistic_setup *setup, int64_t points);
/* Points of the smallest frame with a bin in the band at this rate; 0: no frame has one. */
int64_t st_bins_needed(const st_statistic_setup *setup);

#ifdef __cplusplus
}
#endif
#endif
