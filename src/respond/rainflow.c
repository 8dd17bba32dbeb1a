/* rainflow.c - turning points, the stack of open ranges, and the depth bins. */
#include "respond/rainflow.h"

#include <math.h>
#include <string.h>

void st_rainflow_start(st_rainflow *flow)
{
    memset(flow, 0, sizeof *flow);
    flow->capacity = ST_RAINFLOW_STACK;
}

static void count(st_rainflow *flow, double depth, double cycles)
{
    const double at = depth * ST_DEPTH_BINS;
    const size_t bin = at < ST_DEPTH_BINS ? (size_t)at : ST_DEPTH_BINS - 1;
    flow->count[bin] += cycles;
    flow->depth[bin] += cycles * depth;
}

/* Counts the oldest range as half a cycle and moves the starting point to its second end. */
static void retire_oldest(st_rainflow *flow)
{
    count(flow, fabs(flow->open[1] - flow->open[0]), 0.5);
    flow->n_open--;
    memmove(flow->open, flow->open + 1, flow->n_open * sizeof flow->open[0]);
}

static void turn(st_rainflow *flow, double value)
{
    if (flow->n_open == flow->capacity) {
        retire_oldest(flow);
    }
    double *p = flow->open;
    p[flow->n_open++] = value;
    while (flow->n_open >= 3) {
        const size_t n = flow->n_open;
        const double x = fabs(p[n - 1] - p[n - 2]), y = fabs(p[n - 2] - p[n - 3]);
        if (x < y) {
            break;
        }
        if (n == 3) {
            retire_oldest(flow);
        } else {
            count(flow, y, 1.0);
            p[n - 3] = p[n - 1];
            flow->n_open -= 2;
        }
    }
}

void st_rainflow_add(st_rainflow *flow, double value)
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
        turn(flow, flow->last);
    }
    flow->direction = direction;
    flow->last = value;
}

void st_rainflow_finish(st_rainflow *flow)
{
    if (flow->direction != 0) {
        turn(flow, flow->last);
    }
    for (size_t i = 1; i < flow->n_open; i++) {
        count(flow, fabs(flow->open[i] - flow->open[i - 1]), 0.5);
    }
    flow->n_open = 0;
}

double st_rainflow_mean_depth(const st_rainflow *flow)
{
    double cycles = 0.0, depth = 0.0;
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        cycles += flow->count[bin];
        depth += flow->depth[bin];
    }
    return cycles > 0.0 ? depth / cycles : 0.0;
}
