/* decimate.h - one output of the decimator: which inputs it takes, relative to what, in which
 * order. Output m covers inputs [m D, m D + taps) of the filled series of gap.h.
 * The stages run over x - reference in float32, and the reference is added back in float64: 100 kW
 * under 10 W of ripple loses nothing. Outputs share their reference in blocks of 256, so that the
 * stages share what they compute. */
#ifndef ST_FORMULA_DECIMATE_H
#define ST_FORMULA_DECIMATE_H

#include "formula/fir.h"
#include "formula/gap.h"

/* Outputs [256 b, 256 b + 256) share one reference: the first valid sample from the first input of
 * the first of them on. */
enum { ST_SLOW_BLOCK = 256 };

/* At most a tenth of an output's inputs, inclusive, may be invalid; else the output is NaN. */
ST_HD int st_decimator_usable(int invalid, int taps)
{
    return 10 * invalid <= taps;
}

/* What the first stage sees where nothing is known, in the midst of a long gap: the reference. No
 * output there is usable. */
ST_HD float st_decimator_input(float filled, float reference)
{
    return isnan(filled) ? reference : filled;
}

/* One output of a stage: products of a tap and the two samples that share it, from the ends inwards.
 * x: [taps], W; reference: of the block for the first stage, 0 for others. */
ST_HD float st_fir_output(const st_fir_stage *stage, const float *x, float reference)
{
    const int middle = stage->taps / 2;
    float sum = 0.0f;
    for (int i = 0; i < middle; i++) {
        sum += stage->tap[i] * ((x[i] - reference) + (x[2 * middle - i] - reference));
    }
    return sum + stage->tap[middle] * (x[middle] - reference);
}

/* y: of the last stage. */
ST_HD double st_decimator_output(float y, float reference)
{
    return (double)reference + (double)y;
}

#endif
