/* counts.h - how many of an array's values lie below a limit, and their extremes: what order
 * statistics are found by (order.h). Compiled once for each instruction set; all give the same. */
#ifndef ST_DETECT_COUNTS_H
#define ST_DETECT_COUNTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_COUNTS_LANES = 32 };

/* x: n > 0 values, and NaN behind them up to a multiple of ST_COUNTS_LANES, which counts for
 * nothing. */
typedef struct st_counts {
    size_t (*below)(const float *x, size_t n, float limit);            /* x < limit */
    size_t (*within)(const float *x, size_t n, float low, float high); /* low < x < high */
    float (*least_from)(const float *x, size_t n, float low);          /* least x >= low, or inf */
    void (*extremes)(const float *x, size_t n, float *least, float *most);
} st_counts;

extern const st_counts st_counts_base, st_counts_v3, st_counts_v4;

/* Those for this machine. */
const st_counts *st_counts_choose(void);

#ifdef __cplusplus
}
#endif
#endif
