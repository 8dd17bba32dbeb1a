/* order.h - order statistics of a column of float32 by counting, which no value misleads: a
 * selection that swaps costs a wrong guess of the processor for every other value.
 * Under pass 2 of event detection; knows only numbers. */
#ifndef ST_DETECT_ORDER_H
#define ST_DETECT_ORDER_H

#include "detect/counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A column. */
typedef struct st_order {
    const float *x; /* [st_order_room(n)], borrowed */
    size_t n;
    float least, most;
    const st_counts *counts;
} st_order;

/* Room for n values and what stands behind them. */
static inline size_t st_order_room(size_t n)
{
    return (n + ST_COUNTS_LANES - 1) / ST_COUNTS_LANES * ST_COUNTS_LANES;
}

/* x: [st_order_room(n)], n > 0 values, none NaN; what is behind them is overwritten. */
st_order st_order_open(float *x, size_t n);

/* The place of a quantile among n sorted values: between k and the next, `rest` of the way (type 7
 * of Hyndman and Fan 1996, NumPy's default). 0 <= share <= 1. */
typedef struct st_rank {
    size_t k;
    double rest;
} st_rank;

st_rank st_rank_of(size_t n, double share);

/* The k-th smallest value, and the one after it (the same where there is none). */
typedef struct st_ranked {
    float at, next;
} st_ranked;

st_ranked st_order_find(const st_order *order, size_t k);

/* With linear interpolation between order statistics. */
double st_order_quantile(const st_order *order, double share);

#ifdef __cplusplus
}
#endif
#endif
