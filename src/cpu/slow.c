/* slow.c - detect, slow spectra: the decimator. Samples relative to the block's reference go through
 * the stages of the FIR; outputs go to a ring from which whole pairs of frames are transformed.
 * A lane of a register is an output. So that neighbours take neighbours, the samples of a stage by 4
 * are dealt out to four rows first, sample i to row i % 4.
 * Compiled once per instruction set. */
#include "cpu/loops.h"
#include "cpu/vector.h"
#include "formula/decimate.h"

enum {
    STRIP = CPU_SLOW_STRIP, /* outputs of the first stage that are made at a time */
    SUMS = 8,               /* registers of outputs that are summed side by side */
    ROUND = SUMS * (int)VEC
};
_Static_assert(STRIP % VEC == 0 && ST_SLOW_BLOCK % ROUND == 0, "whole registers");

/* step x VEC samples at x, relative to a reference, dealt out: row p holds samples p, p + step, ... */
ST_ALWAYS_INLINE void load_rows(const float *x, float reference, int step, vec *row)
{
    vec v[4];
    for (int k = 0; k < step; k++) {
        v[k] = vec_load(x + k * VEC) - reference;
    }
    if (step == 4) {
        const vec even[2] = {vec_even(v[0], v[1]), vec_even(v[2], v[3])};
        const vec odd[2] = {vec_odd(v[0], v[1]), vec_odd(v[2], v[3])};
        row[0] = vec_even(even[0], even[1]);
        row[1] = vec_even(odd[0], odd[1]);
        row[2] = vec_odd(even[0], even[1]);
        row[3] = vec_odd(odd[0], odd[1]);
    } else {
        row[0] = vec_even(v[0], v[1]);
        row[1] = vec_odd(v[0], v[1]);
    }
}

/* The samples behind the last whole step x VEC of n, and zeros: nothing is read beyond the end. */
typedef struct tail {
    const float *x;
    int64_t whole;
    float rest[3 * 4 * VEC];
} tail;

ST_ALWAYS_INLINE void take_tail(tail *t, const float *x, int64_t n, int step)
{
    memset(t->rest, 0, sizeof t->rest);
    t->x = x;
    t->whole = n / (step * VEC);
    memcpy(t->rest, x + t->whole * step * VEC, (size_t)(n % (step * VEC)) * sizeof *x);
}

ST_ALWAYS_INLINE const float *find_samples(const tail *t, int64_t at, int step)
{
    return at < t->whole ? t->x + at * step * VEC : t->rest + (at - t->whole) * step * VEC;
}

/* st_fir_output of a stage of few taps for n outputs, all in registers; out may be x. */
ST_ALWAYS_INLINE void run_short(const st_fir_stage *stage, int step, int taps, const float *x,
                                int64_t inputs, float reference, int64_t n, float *out)
{
    vec now[4], next[4], ahead[4], tap[ST_FIR_BY_4];
    tail t;
    take_tail(&t, x, inputs, step);
    for (int i = 0; i <= taps / 2; i++) {
        tap[i] = vec_all(stage->tap[i]);
    }
    load_rows(find_samples(&t, 0, step), reference, step, now);
    load_rows(find_samples(&t, 1, step), reference, step, next);
    for (int64_t j = 0; j * VEC < n; j++) {
        vec sum = vec_all(0.0f);
        load_rows(find_samples(&t, j + 2, step), reference, step, ahead);
#pragma GCC unroll 16
        for (int i = 0; i < taps / 2; i++) {
            const int k = taps - 1 - i;
            sum += tap[i] * (vec_from(now[i % step], next[i % step], i / step) +
                             vec_from(now[k % step], next[k % step], k / step));
        }
        const int k = taps / 2;
        sum += tap[k] * vec_from(now[k % step], next[k % step], k / step);
        vec_store(out + j * VEC, sum);
        for (int p = 0; p < step; p++) {
            now[p] = next[p];
            next[p] = ahead[p];
        }
    }
}

/* The same for the last stage, whose taps are many: out of rows in memory. */
static void run_sharp(const st_fir_stage *stage, const float *x, int64_t inputs, float reference,
                      int64_t n, float *out)
{
    float row[2][ST_SLOW_BLOCK + ROUND];
    vec rows[2];
    const int middle = stage->taps / 2;
    tail t;
    take_tail(&t, x, inputs, 2);
    for (int64_t j = 0; j <= t.whole; j++) {
        load_rows(find_samples(&t, j, 2), reference, 2, rows);
        vec_store(row[0] + j * VEC, rows[0]);
        vec_store(row[1] + j * VEC, rows[1]);
    }
    for (int64_t j = 0; j < n; j += ROUND) {
        vec sum[SUMS];
        for (int o = 0; o < SUMS; o++) {
            sum[o] = vec_all(0.0f);
        }
        for (int i = 0; i < middle; i++) {
            const int k = 2 * middle - i;
            const float *from = row[i % 2] + i / 2 + j, *back = row[k % 2] + k / 2 + j;
            const vec tap = vec_all(stage->tap[i]);
            for (int o = 0; o < SUMS; o++) {
                sum[o] += tap * (vec_load(from + o * VEC) + vec_load(back + o * VEC));
            }
        }
        const float *from = row[middle % 2] + middle / 2 + j;
        for (int o = 0; o < SUMS; o++) {
            sum[o] += vec_all(stage->tap[middle]) * vec_load(from + o * VEC);
        }
        for (int o = 0; o < SUMS; o++) {
            vec_store(out + j + o * VEC, sum[o]);
        }
    }
}

/* n outputs of a stage, up to a whole register or ROUND of them. */
static void run_stage(const st_fir_stage *stage, const float *x, float reference, int64_t n,
                      float *out)
{
    const int64_t inputs = (n - 1) * stage->step + stage->taps;
    if (stage->taps == ST_FIR_BY_4) {
        run_short(stage, 4, ST_FIR_BY_4, x, inputs, reference, n, out);
    } else if (stage->taps == ST_FIR_BY_2) {
        run_short(stage, 2, ST_FIR_BY_2, x, inputs, reference, n, out);
    } else if (stage->step == 2) {
        run_sharp(stage, x, inputs, reference, n, out);
    } else {
        for (int64_t j = 0; j < n; j++) {
            out[j] = x[j] - reference;
        }
    }
}

/* Outputs of one call that share a reference, and their inputs: [from, to) of the row x, of which
 * [readable, end) is known. */
typedef struct block {
    int64_t outputs;
    const float *x;
    int64_t from, to, readable, end;
    float reference;
} block;

static bool any_nan(const float *x, int64_t n)
{
    int32_t nans = 0;
    for (int64_t i = 0; i < n; i++) {
        nans |= x[i] != x[i];
    }
    return nans != 0;
}

/* The first invalid sample of [i, to), or to. */
static int64_t next_invalid(const float *x, int64_t i, int64_t to)
{
    while (i + ST_LANES <= to && !any_nan(x + i, ST_LANES)) {
        i += ST_LANES;
    }
    while (i < to && !isnan(x[i])) {
        i++;
    }
    return i;
}

/* st_gap_filled for the run of invalid samples that has sample i in it, as far as `to`, into out.
 * Returns where it ends. */
static int64_t fill_run(const block *b, int64_t i, int64_t to, int bridge, float *out)
{
    const float *x = b->x;
    int64_t left = i - 1, right = i + 1; /* valid neighbours of the run, where known */
    while (left >= b->readable && i - left <= bridge && isnan(x[left])) {
        left--;
    }
    while (right < b->end && right < to + bridge && isnan(x[right])) {
        right++;
    }
    const bool left_valid = left >= b->readable && !isnan(x[left]);
    const bool right_valid = right < b->end && !isnan(x[right]);
    for (int64_t at = i; at < right && at < to; at++) {
        const bool has_left = left_valid && at - left <= bridge;
        const bool has_right = right_valid && right - at <= bridge;
        const float filled = st_gap_value(has_left ? x[left] : 0.0f, has_right ? x[right] : 0.0f,
                                          has_left, has_right, has_left ? (int)(at - left) : 0,
                                          has_right ? (int)(right - at) : 0, bridge);
        out[at - i] = st_decimator_input(filled, b->reference);
    }
    return right < to ? right : to;
}

/* Samples [from, to) of the block's row without gaps. */
static void fill_inputs(const block *b, int64_t from, int64_t to, int bridge, float *filled)
{
    memcpy(filled, b->x + from, (size_t)(to - from) * sizeof *filled);
    for (int64_t i = next_invalid(b->x, from, to); i < to; i = next_invalid(b->x, i, to)) {
        i = fill_run(b, i, to, bridge, filled + (i - from));
    }
}

/* The first stage, strip by strip; a gap shows in its strip's outputs, since every tap weighs. n:
 * outputs. Returns whether there are gaps. */
static bool run_first(const st_fir *fir, const block *b, int64_t n, float *filled, float *out)
{
    const st_fir_stage *stage = &fir->stage[0];
    bool gaps = false;
    for (int64_t j = 0; j < n; j += STRIP) {
        const int64_t outputs = n - j < STRIP ? n - j : STRIP;
        const int64_t from = b->from + j * stage->step;
        run_stage(stage, b->x + from, b->reference, outputs, out + j);
        if (any_nan(out + j, outputs)) {
            fill_inputs(b, from, from + (outputs - 1) * stage->step + stage->taps,
                        st_gap_bridge(fir->taps), filled);
            run_stage(stage, filled, b->reference, outputs, out + j);
            gaps = true;
        }
    }
    return gaps;
}

/* Takes what is not usable out of y. */
static void drop_unusable(const st_plan *plan, const block *b, float *y)
{
    const int d = plan->decimation, taps = plan->fir.taps;
    int change[ST_SLOW_BLOCK + 1] = {0}, invalid = 0; /* inputs, from one output to the next */
    for (int64_t i = next_invalid(b->x, b->from, b->to); i < b->to;
         i = next_invalid(b->x, i + 1, b->to)) {
        const int64_t at = i - b->from,
                      end = at / d + 1; /* of the outputs that it is an input of */
        change[at < taps ? 0 : (at - taps) / d + 1]++;
        change[end < b->outputs ? end : b->outputs]--;
    }
    for (int64_t m = 0; m < b->outputs; m++) {
        invalid += change[m];
        y[m] = st_decimator_usable(invalid, taps) ? y[m] : NAN;
    }
}

/* All stages. y: [ST_SLOW_BLOCK], relative to b->reference, which is chosen if it is NaN. */
static void decimate(const st_plan *plan, cpu_work *work, block *b, float *y)
{
    const st_fir *fir = &plan->fir;
    const int last = fir->stages - 1;
    int64_t n[ST_FIR_STAGES]; /* outputs of each stage */
    for (int64_t i = b->from; i < b->to && isnan(b->reference); i++) {
        b->reference = b->x[i];
    }
    if (isnan(b->reference)) { /* no sample is valid */
        for (int64_t m = 0; m < b->outputs; m++) {
            y[m] = NAN;
        }
        return;
    }
    n[last] = b->outputs;
    for (int s = last; s > 0; s--) {
        n[s - 1] = (n[s] - 1) * fir->stage[s].step + fir->stage[s].taps;
    }
    const bool gaps = run_first(fir, b, n[0], work->filled, last == 0 ? y : work->decimated);
    for (int s = 1; s <= last; s++) {
        run_stage(&fir->stage[s], work->decimated, 0.0f, n[s], s == last ? y : work->decimated);
    }
    if (gaps) {
        drop_unusable(plan, b, y);
    }
}

void ST_ISA(slow)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x)
{
    const st_plan *plan = exec->plan;
    const st_frames *frames = exec->slow.frames;
    const int64_t ring_mask = 2 * frames->n - 1; /* the ring is a multiple of a block */
    double *ring = exec->slow_ring + rack * 2 * (size_t)frames->n;
    float y[ST_SLOW_BLOCK + ROUND] = {0.0f};
    int64_t frame = due->slow_frame_first;
    for (int64_t first = due->slow_first, end; first < due->slow_end; first = end) {
        const int64_t next = (first / ST_SLOW_BLOCK + 1) * ST_SLOW_BLOCK;
        end = next < due->slow_end ? next : due->slow_end;
        block b = {.outputs = end - first,
                   .x = x,
                   .from = first * plan->decimation - due->row_first,
                   .to = (end - 1) * plan->decimation + plan->fir.taps - due->row_first,
                   .readable = due->row_first < 0 ? -due->row_first : 0,
                   .end = due->end - due->row_first,
                   .reference = first % ST_SLOW_BLOCK == 0 ? NAN : exec->slow_reference[rack]};
        decimate(plan, work, &b, y);
        exec->slow_reference[rack] = b.reference;
        double *out = ring + (first & ring_mask);
        for (int64_t m = 0; m < end - first; m++) {
            out[m] = st_decimator_output(y[m], b.reference);
        }
        /* The ring holds two frames: pairs are taken as soon as their last output is in it. */
        while (frame < due->slow_frame_end) {
            const int64_t last = frame + 1 < due->slow_frame_end ? frame + 1 : frame;
            if (last * frames->hop + frames->n > end) {
                break;
            }
            ST_ISA(slow_pair)(exec, work, due, rack, frame);
            frame += 2;
        }
    }
}
