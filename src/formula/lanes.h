/* lanes.h - the one order in which long float32 sums are taken.
 * Element i belongs to lane i mod 32; a lane adds its elements in order; the 32 lanes are added by
 * halving (16, 8, 4, 2, 1), which is what a warp's shuffle tree does. CPU, SIMD and CUDA therefore
 * give the same bits whatever the tile or thread count. */
#ifndef ST_FORMULA_LANES_H
#define ST_FORMULA_LANES_H

#include "formula/host_device.h"

enum { ST_LANES = 32 };

/* lane: [32], consumed. */
ST_HD float st_lanes_fold(float *lane)
{
    for (int half = ST_LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

/* lane: [32], consumed. */
ST_HD double st_lanes_fold_f64(double *lane)
{
    for (int half = ST_LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

/* x: [n], any unit, borrowed. */
ST_HD float st_lanes_sum(const float *x, int n)
{
    float lane[ST_LANES] = {0};
    for (int i = 0; i < n; i += ST_LANES) {
        const int width = n - i < ST_LANES ? n - i : ST_LANES;
        for (int l = 0; l < width; l++) {
            lane[l] += x[i + l];
        }
    }
    return st_lanes_fold(lane);
}

#endif
