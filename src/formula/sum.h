/* sum.h - long sums whose rounding does not grow with the record.
 * Source: A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen,
 * 1974. */
#ifndef ST_FORMULA_SUM_H
#define ST_FORMULA_SUM_H

#include "formula/host_device.h"

typedef struct st_sum {
    double high, low; /* zeroed = empty */
} st_sum;

ST_HD void st_sum_add(st_sum *sum, double x)
{
    const double total = sum->high + x;
    sum->low += fabs(sum->high) >= fabs(x) ? (sum->high - total) + x : (x - total) + sum->high;
    sum->high = total;
}

ST_HD double st_sum_value(st_sum sum)
{
    return sum.high + sum.low;
}

#endif
