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

/* What stands in a gap before the decimating filter: a point of the line between the neighbours when
 * the gap is at most `bridge` samples long, else the nearer of them (the earlier of two equally
 * near); NaN when neither is known. `before` and `after`: distances to left and right. */
ST_HD float st_gap_value(float left, float right, int has_left, int has_right, int before,
                         int after, int bridge)
{
    if (has_left && has_right && before + after - 1 <= bridge) {
        return st_gap_line(left, right, before, after);
    }
    if (has_left && (!has_right || before <= after)) {
        return left;
    }
    return has_right ? right : (float)NAN;
}

/* The series that the decimating filter sees, at sample i of x: itself where valid, else as above,
 * a neighbour being known when it is at most `bridge` samples away. Depends on
 * x[i - bridge .. i + bridge] only, so no tile cut can change it.
 * [first, end): where x may be read; both are cut at the ends of the record. */
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
    return st_gap_value(has_left ? x[i - before] : 0.0f, has_right ? x[i + after] : 0.0f, has_left,
                        has_right, before, after, bridge);
}

#endif
