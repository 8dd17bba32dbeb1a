/* quantile.h - order statistics by selection, in place.
 * Under pass 2 and 3 of event detection; knows only numbers. */
#ifndef ST_DETECT_QUANTILE_H
#define ST_DETECT_QUANTILE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Quantile with linear interpolation between order statistics: place share (n - 1) of the sorted
 * values (type 7 of Hyndman and Fan 1996, NumPy's default). values: [n], no NaN, reordered;
 * 0 <= share <= 1. NaN when n is 0. */
double st_quantile(double *values, size_t n, double share);

/* The k-th smallest of n, k < n; reordered, no NaN. */
double st_order_statistic(double *values, size_t n, size_t k);

/* The middle value, or the mean of the two middle ones. */
double st_median(double *values, size_t n);

#ifdef __cplusplus
}
#endif
#endif
