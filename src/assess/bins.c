/* bins.c - the bins that line_amplitude and energy_share look at, and the frames they may have. */
#include "assess/bins.h"

#include <math.h>

#include "assess/frames.h"

typedef struct shape {
    int64_t first;             /* bin that counts */
    int64_t left_out;          /* bins at Nyquist that do not */
    int64_t smallest, largest; /* points of a frame, powers of two */
} shape;

static bool shape_of(const st_statistic *asked, shape *of)
{
    switch (asked->kind) {
    case ST_STAT_LINE_AMPLITUDE: /* 0 and 1 are the mean, Nyquist has no upper neighbour */
        *of = (shape){2, 1, 8, ST_FRAMES_LARGEST};
        return true;
    case ST_STAT_ENERGY_SHARE:
        *of = (shape){1, 0, ST_SHARE_SMALLEST, ST_SHARE_LARGEST};
        return true;
    default: return false;
    }
}

/* Whether a bin's frequency lies in [low_hz, high_hz], compared as the statistics compare it. */
static bool has_bin(const st_statistic_setup *setup, const shape *of, int64_t points)
{
    const double df_hz = setup->rate_hz / (double)points;
    int64_t k = (int64_t)fmin(setup->asked->low_hz / df_hz, (double)points);
    k = k > of->first ? k : of->first;
    k += (double)k * df_hz < setup->asked->low_hz;
    return (double)k * df_hz <= setup->asked->high_hz && k <= points / 2 - of->left_out;
}

bool st_bins_in_band(const st_statistic_setup *setup, int64_t points)
{
    shape of;
    return !shape_of(setup->asked, &of) || has_bin(setup, &of, points);
}

int64_t st_bins_needed(const st_statistic_setup *setup)
{
    shape of = {0, 0, 0, -1};
    shape_of(setup->asked, &of);
    for (int64_t points = of.smallest; points <= of.largest; points *= 2) {
        if (has_bin(setup, &of, points)) {
            return points;
        }
    }
    return 0;
}
