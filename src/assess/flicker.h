/* flicker.h - the filters of a flickermeter, IEC 61000-4-15 blocks 3 and 4, for a load behind a
 * short-circuit power. A part of assess; knows neither blocks of 10 min nor percentiles. */
#ifndef ST_ASSESS_FLICKER_H
#define ST_ASSESS_FLICKER_H

#include <stdbool.h>
#include <stddef.h>

#include "assess/butter.h"
#include "surgetank/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_FLICKER_SECTIONS = 6 };

/* From W to the instantaneous flicker sensation P_inst. Starts at rest: before its first valid
 * sample the load is taken to have been that sample. An invalid sample is seen as the last valid
 * one. */
typedef struct st_flickermeter {
    st_section section[ST_FLICKER_SECTIONS];
    double state[ST_FLICKER_SECTIONS][2];
    double per_w;              /* input of the filters per W, sqrt(P_inst) */
    double smooth_b, smooth_a; /* y[n] = b (x[n] + x[n-1]) - a y[n-1] */
    double squared, sensation; /* newest x and y of the smoothing */
    double first_w, held_w;    /* held_w relative to first_w */
    bool started;
} st_flickermeter;

/* asked: a flicker statistic; rate_hz above 2 st_lamp_edge_hz. */
void st_flickermeter_start(st_flickermeter *meter, const st_statistic *asked, double rate_hz);
/* P_inst after one more sample, NaN = invalid. */
double st_flickermeter_step(st_flickermeter *meter, double x_w);

/* The cut-off of the low-pass, Hz. */
double st_lamp_edge_hz(st_lamp lamp);

#ifdef __cplusplus
}
#endif
#endif
