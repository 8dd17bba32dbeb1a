/* rainflow.h - rainflow counting of a state of charge, sample by sample.
 * A part of respond; knows neither batteries nor series. */
#ifndef ST_RESPOND_RAINFLOW_H
#define ST_RESPOND_RAINFLOW_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ST_DEPTH_BINS = 100,     /* of depth 0..1 */
    ST_RAINFLOW_STACK = 4096 /* turning points kept open */
};

/* Three-point method of ASTM E1049-85 (2017), 5.4.4. The open ranges shrink along the stack. When
 * it is full, the oldest one is counted as the half cycle that it would be at the end of the
 * record too. */
typedef struct st_rainflow {
    double open[ST_RAINFLOW_STACK]; /* turning points; open[0] is the starting point S */
    size_t n_open;
    size_t capacity; /* of `open` */
    double last;
    int direction;               /* of the newest run: 1, -1, 0 before the first move */
    double count[ST_DEPTH_BINS]; /* cycles; a half cycle is 0.5 */
    double depth[ST_DEPTH_BINS]; /* sum of count x depth */
} st_rainflow;

void st_rainflow_start(st_rainflow *flow);
void st_rainflow_add(st_rainflow *flow, double value);
/* The last value is a turning point; what is still open counts as half cycles. Nothing may be
 * added afterwards. */
void st_rainflow_finish(st_rainflow *flow);
/* Count-weighted mean depth; 0 without a cycle. */
double st_rainflow_mean_depth(const st_rainflow *flow);

#ifdef __cplusplus
}
#endif
#endif
