/* counts.c - the loops, in plain C by lanes, of which each compiler makes registers. */
#include "detect/counts.h"

#include <math.h>
#include <stdint.h>

#ifndef ST_DETECT_ISA
#define ST_DETECT_ISA base
#endif
#define ISA_PASTE(name, isa)  name##_##isa
#define ISA_EXPAND(name, isa) ISA_PASTE(name, isa)
#define ISA_TABLE             ISA_EXPAND(st_counts, ST_DETECT_ISA)

enum { LANES = ST_COUNTS_LANES };

static size_t sum(const uint32_t *count)
{
    size_t all = 0;
    for (int l = 0; l < LANES; l++) {
        all += count[l];
    }
    return all;
}

static size_t below(const float *x, size_t n, float limit)
{
    uint32_t count[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            count[l] += x[i + l] < limit;
        }
    }
    return sum(count);
}

static size_t within(const float *x, size_t n, float low, float high)
{
    uint32_t count[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            count[l] += (x[i + l] > low) & (x[i + l] < high);
        }
    }
    return sum(count);
}

static float least_from(const float *x, size_t n, float low)
{
    float least[LANES];
    for (size_t l = 0; l < LANES; l++) {
        least[l] = INFINITY;
    }
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            const float value = x[i + l] >= low ? x[i + l] : INFINITY;
            least[l] = value < least[l] ? value : least[l];
        }
    }
    for (size_t l = 1; l < LANES; l++) {
        least[0] = least[l] < least[0] ? least[l] : least[0];
    }
    return least[0];
}

static void extremes(const float *x, size_t n, float *least, float *most)
{
    float low[LANES], high[LANES];
    for (size_t l = 0; l < LANES; l++) {
        low[l] = high[l] = x[0];
    }
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) { /* which NaN leaves as they are */
            low[l] = x[i + l] < low[l] ? x[i + l] : low[l];
            high[l] = x[i + l] > high[l] ? x[i + l] : high[l];
        }
    }
    for (size_t l = 1; l < LANES; l++) {
        low[0] = low[l] < low[0] ? low[l] : low[0];
        high[0] = high[l] > high[0] ? high[l] : high[0];
    }
    *least = low[0];
    *most = high[0];
}

const st_counts ISA_TABLE = {below, within, least_from, extremes};
