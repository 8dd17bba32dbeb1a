/* spectrum.h - the order of operations around the transform of a pair of frames. Frame a rides as
 * the real part, frame b as the imaginary part.
 *     d = x - first valid sample, gaps filled (gap.h); mean = st_lanes_sum(d, n) / n
 *     z = st_frame_windowed(d, mean, w); a frame that is not usable, or not there, is all zeros
 *     powers by st_fft_split_power_f32; partial[k] = st_pair_add(partial[k], ...)
 *     band energy = lanes.h over k = 0 .. n/2 of weight[k] * power[k] */
#ifndef ST_FORMULA_SPECTRUM_H
#define ST_FORMULA_SPECTRUM_H

#include "formula/host_device.h"

ST_HD float st_frame_windowed(float d, float mean, float w)
{
    return (d - mean) * w;
}

/* Adds the powers of both frames of a pair to a float32 partial sum (at most ST_BLOCK_FRAMES
 * frames); the power of a frame that is not used counts as 0. */
ST_HD float st_pair_add(float partial, float power_a, float power_b)
{
    return partial + (power_a + power_b);
}

#endif
