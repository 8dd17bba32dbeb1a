/* rainflow.h - rainflow counting of a charge, sample by sample.
 * Serves respond for the site and the backends for the racks; knows neither batteries nor series.
 * Source: ASTM E1049-85 (2017), 5.4.4, three-point method. */
#ifndef ST_FORMULA_RAINFLOW_H
#define ST_FORMULA_RAINFLOW_H

#include "formula/host_device.h"

enum { ST_DEPTH_BINS = 100 }; /* of depth 0..1 */

/* The open ranges shrink along the stack. When it is full, the oldest one is counted as the half
 * cycle that it would be at the end of the record too. */
typedef struct st_rainflow {
    double *open; /* [capacity] turning points, borrowed; open[0] is the starting point S */
    int capacity; /* >= 3 */
    int n_open;
    double depth_per; /* depth of a range of 1 */
    double last;
    int direction;               /* of the newest run: 1, -1, 0 before the first move */
    double count[ST_DEPTH_BINS]; /* cycles; a half cycle is 0.5 */
    double depth[ST_DEPTH_BINS]; /* sum of count x depth */
} st_rainflow;

/* depth_per: 1 for a state of charge, 1 / energy for what is stored. */
ST_HD void st_rainflow_start(st_rainflow *flow, double *open, int capacity, double depth_per)
{
    flow->open = open;
    flow->capacity = capacity;
    flow->n_open = 0;
    flow->depth_per = depth_per;
    flow->last = 0.0;
    flow->direction = 0;
    for (int bin = 0; bin < ST_DEPTH_BINS; bin++) {
        flow->count[bin] = flow->depth[bin] = 0.0;
    }
}

ST_HD void st_rainflow_count(st_rainflow *flow, double range, double cycles)
{
    const double depth = range * flow->depth_per, at = depth * ST_DEPTH_BINS;
    const int bin = at < ST_DEPTH_BINS ? (int)at : ST_DEPTH_BINS - 1;
    flow->count[bin] += cycles;
    flow->depth[bin] += cycles * depth;
}

/* Counts the oldest range as half a cycle and moves the starting point to its second end. */
ST_HD void st_rainflow_retire(st_rainflow *flow)
{
    st_rainflow_count(flow, fabs(flow->open[1] - flow->open[0]), 0.5);
    flow->n_open--;
    for (int i = 0; i < flow->n_open; i++) {
        flow->open[i] = flow->open[i + 1];
    }
}

/* A turning point. */
ST_HD void st_rainflow_turn(st_rainflow *flow, double value)
{
    if (flow->n_open == flow->capacity) {
        st_rainflow_retire(flow);
    }
    double *p = flow->open;
    p[flow->n_open++] = value;
    while (flow->n_open >= 3) {
        const int n = flow->n_open;
        const double x = fabs(p[n - 1] - p[n - 2]), y = fabs(p[n - 2] - p[n - 3]);
        if (x < y) {
            break;
        }
        if (n == 3) {
            st_rainflow_retire(flow);
        } else {
            st_rainflow_count(flow, y, 1.0);
            p[n - 3] = p[n - 1];
            flow->n_open -= 2;
        }
    }
}

ST_HD void st_rainflow_add(st_rainflow *flow, double value)
{
    if (flow->n_open == 0) {
        flow->open[flow->n_open++] = value;
        flow->last = value;
        return;
    }
    if (value == flow->last) {
        return;
    }
    const int direction = value > flow->last ? 1 : -1;
    if (flow->direction == -direction) {
        st_rainflow_turn(flow, flow->last);
    }
    flow->direction = direction;
    flow->last = value;
}

/* The last value is a turning point; what is still open counts as half cycles. Nothing may be
 * added afterwards. */
ST_HD void st_rainflow_finish(st_rainflow *flow)
{
    if (flow->direction != 0) {
        st_rainflow_turn(flow, flow->last);
    }
    for (int i = 1; i < flow->n_open; i++) {
        st_rainflow_count(flow, fabs(flow->open[i] - flow->open[i - 1]), 0.5);
    }
    flow->n_open = 0;
}

/* Count-weighted mean depth; 0 without a cycle. */
ST_HD double st_rainflow_mean_depth(const double *count, const double *depth)
{
    double cycles = 0.0, sum = 0.0;
    for (int bin = 0; bin < ST_DEPTH_BINS; bin++) {
        cycles += count[bin];
        sum += depth[bin];
    }
    return cycles > 0.0 ? sum / cycles : 0.0;
}

#endif
