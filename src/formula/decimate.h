/* decimate.h - one output of the decimator: which inputs it takes, relative to what, in which
 * order. Output m covers inputs [m D, m D + taps) of the filled series of gap.h.
 * The sum runs over x - reference in float32, and the reference is added back in float64: 100 kW
 * under 10 W of ripple loses nothing. Outputs share their reference in blocks of 64, so that a
 * sample is made relative once and not once per tap. */
#ifndef ST_FORMULA_DECIMATE_H
#define ST_FORMULA_DECIMATE_H

#include "formula/gap.h"
#include "formula/lanes.h"

/* Outputs [64 b, 64 b + 64) share one reference: the filled series at the first input of the first
 * usable output among them. */
enum { ST_SLOW_BLOCK = 64 };

/* At most a tenth of an output's inputs, inclusive, may be invalid; else the output is NaN. */
ST_HD int st_decimator_usable(int invalid, int taps)
{
    return 10 * invalid <= taps;
}

/* filled: [taps], W, the filled series from m D on; products in the order of lanes.h. */
ST_HD double st_decimator_output(const float *filled, float reference, const float *fir, int taps)
{
    float lane[ST_LANES] = {0};
    for (int i = 0; i < taps; i += ST_LANES) {
        const int width = taps - i < ST_LANES ? taps - i : ST_LANES;
        for (int l = 0; l < width; l++) {
            lane[l] += fir[i + l] * (filled[i + l] - reference);
        }
    }
    return (double)reference + (double)st_lanes_fold(lane);
}

#endif
