/* residual.h - what sticks out of a moving median: spikes shorter than half its window, but no edge
 * of a rhythm and no slope. Part of pass 3; sees a piece. */
#ifndef ST_DETECT_RESIDUAL_H
#define ST_DETECT_RESIDUAL_H

#include "detect/piece.h"

/* residual: [n] = x - median of the `width` samples around, cut at the ends; sum: [n + 1] of it, as
 * in a piece; window: [width] work space; width odd. Returns its robust deviation, W. */
double st_residual_take(const st_piece *piece, size_t width, double *window, double *residual,
                        double *sum);

#endif
