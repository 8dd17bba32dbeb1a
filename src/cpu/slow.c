/* slow.c - detect, slow spectra: the decimator. Gaps are bridged, samples made relative to the
 * block's reference, and the FIR taken at every D-th sample; outputs go to a ring from which whole
 * pairs of frames are transformed. Compiled once per instruction set. */
#include "cpu/loops.h"
#include "cpu/sums.h"
#include "formula/decimate.h"

static int count_invalid(const float *x, int64_t n)
{
    int invalid = 0;
    for (int64_t i = 0; i < n; i++) {
        invalid += x[i] != x[i];
    }
    return invalid;
}

/* st_gap_filled for i in [from, to), run by run: out[i - from]. */
static void fill_range(const float *x, int64_t first, int64_t end, int64_t from, int64_t to,
                       int bridge, float *out)
{
    int64_t i = from;
    while (i < to) {
        if (!isnan(x[i])) {
            out[i - from] = x[i];
            i++;
            continue;
        }
        int64_t left = i - 1, right = i + 1; /* valid neighbours of the run, where known */
        while (left >= first && i - left <= bridge && isnan(x[left])) {
            left--;
        }
        while (right < end && right < to + bridge && isnan(x[right])) {
            right++;
        }
        const bool left_valid = left >= first && !isnan(x[left]);
        const bool right_valid = right < end && !isnan(x[right]);
        for (; i < right && i < to; i++) {
            const bool has_left = left_valid && i - left <= bridge;
            const bool has_right = right_valid && right - i <= bridge;
            out[i - from] = st_gap_value(has_left ? x[left] : 0.0f, has_right ? x[right] : 0.0f,
                                         has_left, has_right, has_left ? (int)(i - left) : 0,
                                         has_right ? (int)(right - i) : 0, bridge);
        }
    }
}

/* The outputs of one call that share a reference. */
typedef struct block {
    int64_t first, end;         /* outputs */
    bool usable[ST_SLOW_BLOCK]; /* unless all are */
    bool any, all;
} block;

/* x: the first input of the block. */
static void judge_outputs(const st_plan *plan, const float *x, block *b)
{
    b->any = b->all = false;
    for (int64_t m = 0; m < b->end - b->first; m++) {
        const int invalid = count_invalid(x + m * plan->decimation, plan->taps);
        b->usable[m] = st_decimator_usable(invalid, plan->taps);
        b->any = b->any || b->usable[m];
    }
}

/* Outputs by VEC: the last few may be more than were asked for, of whatever lies there. */
static void filter_block(const st_exec *exec, const float *filled, float reference, const block *b,
                         double *ring)
{
    const int step = exec->plan->decimation, taps = exec->fir_taps;
    const int64_t count = b->end - b->first;
    float sum[ST_SLOW_BLOCK];
    for (int64_t m = 0; m < count; m += VEC) {
        if (step == VEC) { /* neighbours share what they load */
            vec_dot_all(exec->fir, filled + m * VEC, VEC, taps, sum + m);
        } else {
            vec_dot_all(exec->fir, filled + m * step, step, taps, sum + m);
        }
    }
    ring += b->first & (2 * exec->plan->slow.n - 1); /* which is a multiple of a block */
    for (int64_t m = 0; m < count; m++) {
        ring[m] = (double)reference + (double)sum[m];
    }
    for (int64_t m = 0; !b->all && m < count; m++) {
        ring[m] = b->usable[m] ? ring[m] : (double)NAN;
    }
}

/* x[i] relative to the reference, into filled; false when any is invalid. */
static bool copy_relative(const float *restrict x, int64_t n, float reference,
                          float *restrict filled)
{
    int32_t gaps = 0;
    for (int64_t i = 0; i < n; i++) {
        const float d = x[i] - reference;
        filled[i] = d;
        gaps |= d != d;
    }
    return gaps == 0;
}

/* The seldom way: the block's inputs [from, to) of the row have gaps. False: no output is
 * usable. */
static bool fill_relative(const st_plan *plan, const st_due *due, const float *x, int64_t from,
                          int64_t to, block *b, float *reference, float *restrict filled)
{
    judge_outputs(plan, x + from, b);
    if (!b->any) {
        return false;
    }
    fill_range(x, due->row_first < 0 ? -due->row_first : 0, due->end - due->row_first, from, to,
               st_gap_bridge(plan->taps), filled);
    if (isnan(*reference)) {
        int64_t m = 0;
        while (!b->usable[m]) {
            m++;
        }
        *reference = filled[m * plan->decimation];
    }
    for (int64_t i = 0; i < to - from; i++) { /* far from any valid sample no output is usable */
        const float d = filled[i] - *reference;
        filled[i] = d == d ? d : 0.0f;
    }
    return true;
}

/* Outputs [first, end) of one block of ST_SLOW_BLOCK into the ring. x: the row. */
static void decimate(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                     block *b)
{
    const st_plan *plan = exec->plan;
    const int64_t from = b->first * plan->decimation - due->row_first;
    const int64_t to = from + (b->end - 1 - b->first) * plan->decimation + plan->taps;
    float *reference = &exec->slow_reference[rack];
    double *ring = exec->slow_ring + rack * 2 * (size_t)plan->slow.n;
    const float first = isnan(*reference) ? x[from] : *reference;
    if (copy_relative(x + from, to - from, first, work->filled)) {
        *reference = first;
        b->all = true;
    } else if (!fill_relative(plan, due, x, from, to, b, reference, work->filled)) {
        for (int64_t m = b->first; m < b->end; m++) {
            ring[m & (2 * plan->slow.n - 1)] = NAN;
        }
        return;
    }
    memset(work->filled + (to - from), 0,
           ST_LANES * sizeof(float)); /* zeros of the FIR lie there */
    filter_block(exec, work->filled, *reference, b, ring);
}

void ST_ISA(slow)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x)
{
    const st_frames *frames = exec->slow.frames;
    int64_t frame = due->slow_frame_first;
    block b;
    for (b.first = due->slow_first; b.first < due->slow_end; b.first = b.end) {
        const int64_t next = (b.first / ST_SLOW_BLOCK + 1) * ST_SLOW_BLOCK;
        b.end = next < due->slow_end ? next : due->slow_end;
        if (b.first % ST_SLOW_BLOCK == 0) {
            exec->slow_reference[rack] = NAN;
        }
        decimate(exec, work, due, rack, x, &b);
        /* The ring holds two frames: pairs are taken as soon as their last output is in it. */
        while (frame < due->slow_frame_end) {
            const int64_t last = frame + 1 < due->slow_frame_end ? frame + 1 : frame;
            if (last * frames->hop + frames->n > b.end) {
                break;
            }
            ST_ISA(slow_pair)(exec, work, due, rack, frame);
            frame += 2;
        }
    }
}
