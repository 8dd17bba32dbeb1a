/* gap.h - what stands in for invalid samples before a transform or a filter. Nothing here ever
 * reaches a level, a ramp or the load. Values are relative to a reference near the signal, so that
 * float32 loses nothing. */
#ifndef ST_FORMULA_GAP_H
#define ST_FORMULA_GAP_H

#include "formula/host_device.h"

/* The value `before` samples after the valid sample `left` and `after` samples before the valid
 * sample `right`, on the line between them. */
ST_HD float st_gap_line(float left, float right, int before, int after)
{
    return left + (right - left) * ((float)before / (float)(before + after));
}

/* Fills a frame as st_frame_filled (frame.h) does, in one pass. d: [n], NaN = invalid, at least
 * one valid; changed in place. */
ST_HD void st_gap_fill_frame(float *d, int n)
{
    int last = -1; /* newest valid sample */
    for (int i = 0; i < n; i++) {
        if (isnan(d[i])) {
            continue;
        }
        for (int g = last + 1; g < i; g++) {
            d[g] = last < 0 ? d[i] : st_gap_line(d[last], d[i], g - last, i - g);
        }
        last = i;
    }
    for (int g = last + 1; g < n; g++) {
        d[g] = d[last];
    }
}

/* Longest gap that is bridged by a line before the decimating filter; also the most invalid inputs
 * an output may have (a tenth, inclusive), and how far a filled sample looks to either side. */
ST_HD int st_gap_bridge(int taps)
{
    return taps / 10;
}

/* The series that the decimating filter sees, at sample i of x: itself where valid; on a line
 * inside a gap of at most `bridge` samples; the nearest valid sample (the earlier of two equally
 * near) inside a longer one or at the ends of the record; NaN farther than `bridge` from any valid
 * sample. Depends on x[i - bridge .. i + bridge] only, so no tile cut can change it.
 * [first, end): where x may be read, both cut at the ends of the record. */
ST_HD float st_gap_filled(const float *x, int64_t first, int64_t end, int64_t i, int bridge)
{
    int before = 0, after = 0;
    while (before <= bridge && i - before >= first && isnan(x[i - before])) {
        before++;
    }
    if (before == 0) {
        return x[i];
    }
    while (after <= bridge && i + after < end && isnan(x[i + after])) {
        after++;
    }
    const int has_left = before <= bridge && i - before >= first;
    const int has_right = after <= bridge && i + after < end;
    if (has_left && has_right && before + after - 1 <= bridge) {
        return st_gap_line(x[i - before], x[i + after], before, after);
    }
    if (has_left && (!has_right || before <= after)) {
        return x[i - before];
    }
    return has_right ? x[i + after] : (float)NAN;
}

#endif
