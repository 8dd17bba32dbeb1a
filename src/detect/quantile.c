/* quantile.c - selection. */
#include "detect/quantile.h"

#include <math.h>

static void swap(double *a, double *b)
{
    const double keep = *a;
    *a = *b;
    *b = keep;
}

/* Puts the k-th smallest at its place, none larger before it and none smaller after it.
 * Source: C. A. R. Hoare, Algorithm 65: FIND, 1961, with the median of three as pivot. */
static void place(double *v, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (v[middle] < v[low]) {
            swap(&v[middle], &v[low]);
        }
        if (v[high] < v[low]) {
            swap(&v[high], &v[low]);
        }
        if (v[high] < v[middle]) {
            swap(&v[high], &v[middle]);
        }
        const double pivot = v[middle];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot) {
                i++;
            }
            while (v[j] > pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            swap(&v[i++], &v[j--]);
        }
        if (k <= j) { /* v[low .. j] <= pivot <= v[j + 1 .. high], low <= j < high */
            high = j;
        } else {
            low = j + 1;
        }
    }
}

double st_order_statistic(double *values, size_t n, size_t k)
{
    place(values, n, k);
    return values[k];
}

double st_quantile(double *values, size_t n, double share)
{
    if (n == 0) {
        return (double)NAN;
    }
    const double at = share * (double)(n - 1);
    const size_t k = (size_t)at;
    place(values, n, k);
    double next = values[k];
    if (k + 1 < n) { /* the smallest of those that are not smaller */
        next = values[k + 1];
        for (size_t i = k + 2; i < n; i++) {
            next = values[i] < next ? values[i] : next;
        }
    }
    return values[k] + (next - values[k]) * (at - (double)k);
}

double st_median(double *values, size_t n)
{
    return st_quantile(values, n, 0.5);
}
