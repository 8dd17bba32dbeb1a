/* frames.c - detect, spectra: pairs of frames through one transform into power sums and features
 * (formula/spectrum.h has the order of operations). Compiled once per instruction set. */
#include "cpu/fft.h"
#include "cpu/loops.h"
#include "cpu/sums.h"
#include "formula/frame.h"
#include "formula/gap.h"
#include "formula/spectrum.h"

/* d: [n], relative to the frame's first valid sample, NaN = invalid; becomes what is transformed.
 * Returns the mean of the filled frame. */
static float window_frame(const st_frames *frames, float *restrict d, int invalid)
{
    const float *restrict w = frames->window;
    if (invalid > 0) {
        st_gap_fill_frame(d, frames->n);
    }
    const float mean = vec_sum(d, frames->n) / (float)frames->n;
    for (int i = 0; i < frames->n; i++) {
        d[i] = st_frame_windowed(d[i], mean, w[i]);
    }
    return mean;
}

/* st_lanes_sum of x[i] - reference. */
static float sum_relative(const float *x, float reference, int n)
{
    vec_lanes sum = {{{0.0f}}};
    for (int i = 0; i < n; i += ST_LANES) {
        for (int v = 0; v < ST_LANES / VEC; v++) {
            sum.v[v] += vec_load(x + i + v * VEC) - reference;
        }
    }
    return vec_lanes_fold(&sum);
}

/* Two frames without gaps on their way into a transform. */
typedef struct whole_pair {
    const float *x[2]; /* [n] each */
    float mean[2];     /* relative to x[0] */
    const float *window;
} whole_pair;

ST_ALWAYS_INLINE void split_from_pair(const void *state, int at, int quarter, vec *are, vec *aim)
{
    const whole_pair *pair = state;
    const float *next = pair->x[1] + 4 * (quarter + at); /* new to the pair after this one */
    for (int r = 0; r < 4; r++) {                        /* st_frame_windowed */
        const int i = at + r * quarter;
        __builtin_prefetch(next + r * VEC);
        const vec w = *(const vec *)(pair->window + i);
        are[r] = (vec_load(pair->x[0] + i) - pair->x[0][0] - pair->mean[0]) * w;
        aim[r] = (vec_load(pair->x[1] + i) - pair->x[1][0] - pair->mean[1]) * w;
    }
}

/* Where the powers of a pair go: [n/2 + 1] each. A frame that is not used has none. */
typedef struct power_rows {
    float *a, *b, *partial;
    vec_bits keep_a, keep_b; /* all bits, or none */
} power_rows;

/* Powers of bins k, k + 1, ...: of Z there, and of Z at n - k, n - k - 1, ... */
static inline void put_powers(const power_rows *to, int k, vec za_re, vec za_im, vec zb_re,
                              vec zb_im)
{
    const vec a_re = 0.5f * (za_re + zb_re), a_im = 0.5f * (za_im - zb_im);
    const vec b_re = 0.5f * (za_im + zb_im), b_im = 0.5f * (zb_re - za_re);
    const vec a = (vec)((vec_bits)(a_re * a_re + a_im * a_im) & to->keep_a);
    const vec b = (vec)((vec_bits)(b_re * b_re + b_im * b_im) & to->keep_b);
    vec_store(to->a + k, a);
    vec_store(to->b + k, b);
    vec_store(to->partial + k, vec_load(to->partial + k) + (a + b)); /* st_pair_add */
}

/* One bin. before: its partial sum. */
static void put_power(const power_rows *to, int k, st_c32 za, st_c32 zb, float before)
{
    float power[2];
    st_fft_split_power_f32(za, zb, power);
    to->a[k] = to->keep_a[0] ? power[0] : 0.0f;
    to->b[k] = to->keep_b[0] ? power[1] : 0.0f;
    to->partial[k] = st_pair_add(before, to->a[k], to->b[k]);
}

/* Powers of a transformed pair. re, im: [n + 1], of which the last is to be Z[n] = Z[0]. */
static void split_powers(int n, const power_rows *to, float *re, float *im)
{
    const st_c32 middle = {re[n / 2], im[n / 2]};
    re[n] = re[0];
    im[n] = im[0];
    for (int k = 0; k < n / 2; k += VEC) {
        const int mirror = n - k - (VEC - 1);
        put_powers(to, k, vec_load(re + k), vec_load(im + k), vec_reverse(vec_load(re + mirror)),
                   vec_reverse(vec_load(im + mirror)));
    }
    put_power(to, n / 2, middle, middle, to->partial[n / 2]);
}

/* Outputs q + r n/4, q + 1 + r n/4, ... of the last pass. */
typedef struct last_outputs {
    vec re[4], im[4];
} last_outputs;

static inline last_outputs take_last(int n, const float *re, const float *im, int q)
{
    last_outputs z;
    split_load(re, im, q, n / 4, z.re, z.im);
    split_sums(z.re, z.im);
    return z;
}

/* The last pass and the powers in one. Bin q + r n/4 has its mirror in n/4 - q + (3 - r) n/4: one
 * vector comes from below and one from above, and each is mirrored in the other, but for one lane
 * that belongs to the neighbour; the first and the last vector are their own neighbours. */
static void last_powers(int n, const power_rows *to, const float *re, const float *im)
{
    const int quarter = n / 4;
    last_outputs low = take_last(n, re, im, 0);
    last_outputs above = {{low.re[0], low.re[0], low.re[3], low.re[0]},
                          {low.im[0], low.im[0], low.im[3], low.im[0]}};
    const st_c32 middle = {low.re[2][0], low.im[2][0]};
    for (int q = 0; q < quarter / 2; q += VEC) {
        const int mirror = quarter - VEC - q;
        const last_outputs high = take_last(n, re, im, mirror);
        const last_outputs next = mirror - q > VEC ? take_last(n, re, im, q + VEC) : high;
        for (int r = 0; r < 2; r++) {
            put_powers(to, q + r * quarter, low.re[r], low.im[r],
                       vec_mirror(high.re[3 - r], above.re[3 - r]),
                       vec_mirror(high.im[3 - r], above.im[3 - r]));
            put_powers(to, mirror + r * quarter, high.re[r], high.im[r],
                       vec_mirror(low.re[3 - r], next.re[3 - r]),
                       vec_mirror(low.im[3 - r], next.im[3 - r]));
        }
        above = high;
        low = next;
    }
    put_power(to, n / 2, middle, middle, to->partial[n / 2]);
}

/* Sums begin anew with every block of frames. */
static void flush_block(cpu_spectra *spectra, size_t rack, int64_t frame)
{
    const size_t bins = (size_t)spectra->frames->n / 2 + 1;
    double *restrict power = spectra->power + rack * bins;
    float *restrict partial = spectra->partial + rack * spectra->partial_stride;
    if (frame == 0 || frame % ST_BLOCK_FRAMES != 0) {
        return;
    }
    for (size_t k = 0; k < bins; k++) {
        power[k] += (double)partial[k];
        partial[k] = 0.0f;
    }
}

/* Transforms what the source gives and adds the powers of the frames that are used; leaves them in
 * work->power. */
ST_ALWAYS_INLINE void add_pair(cpu_spectra *spectra, cpu_work *work, split_source *source,
                               const void *state, split_buffers *b, size_t rack, const bool *used)
{
    const int n = spectra->frames->n;
    const power_rows to = {work->power[0], work->power[1],
                           spectra->partial + rack * spectra->partial_stride,
                           (vec_bits){0} - (int)used[0], (vec_bits){0} - (int)used[1]};
    if (st_split_fft_even(n)) {
        st_split_fft_run(&spectra->fft, 8, source, state, b);
        last_powers(n, &to, b->re, b->im);
    } else {
        st_split_fft_run(&spectra->fft, 2, source, state, b);
        split_powers(n, &to, b->re, b->im);
    }
}

static split_buffers buffers_of(const cpu_work *work)
{
    return (split_buffers){work->split[0], work->split[1], work->split[2], work->split[3]};
}

static void count_frame(cpu_spectra *spectra, size_t rack, bool used, int invalid)
{
    spectra->used[rack] += used;
    spectra->flagged[rack] += used && invalid > 0;
    spectra->dropped[rack] += !used;
}

/* False: the frame has too many gaps, and stands as zeros. */
static bool load_fast(const st_frames *frames, const float *x, int invalid, float *restrict d,
                      float *mean)
{
    int first = 0;
    if (!st_frame_usable(invalid, frames->n)) {
        memset(d, 0, (size_t)frames->n * sizeof(float));
        return false;
    }
    while (isnan(x[first])) {
        first++;
    }
    for (int i = 0; i < frames->n; i++) {
        d[i] = x[i] - x[first];
    }
    *mean = x[first] + window_frame(frames, d, invalid);
    return true;
}

static void write_features(const st_exec *exec, const st_hop *hop, bool used, float mean,
                           const float *power, float *features)
{
    const st_plan *plan = exec->plan;
    if (!used) {
        for (size_t f = 0; f < plan->n_features; f++) {
            features[f] = NAN;
        }
        features[ST_FEATURE_INVALID] = (float)(hop[0].invalid + hop[1].invalid);
        return;
    }
    features[ST_FEATURE_INVALID] = (float)(hop[0].invalid + hop[1].invalid);
    features[ST_FEATURE_MIN] = st_smaller(hop[0].min, hop[1].min);
    features[ST_FEATURE_MAX] = st_larger(hop[0].max, hop[1].max);
    features[ST_FEATURE_MEAN] = mean;
    features[ST_FEATURE_SLOPE] =
        st_larger(st_larger(hop[0].slope, hop[1].slope), hop[1].entry_slope);
    for (size_t b = 0; b < plan->n_feature_bands; b++) {
        const cpu_span span = exec->weight_span[b];
        features[ST_FEATURE_BANDS + b] =
            vec_dot(exec->weight + b * exec->weight_stride + span.first, power + span.first,
                    span.end - span.first);
    }
}

/* Frames of a pair, of which `count` are in the record. x: the first sample. */
typedef struct fast_pair {
    const float *x;
    int count;
    int invalid[2];
    float mean[2];
    bool used[2];
} fast_pair;

static void add_whole_pair(cpu_spectra *spectra, cpu_work *work, size_t rack, fast_pair *p)
{
    const st_frames *frames = spectra->frames;
    split_buffers b = buffers_of(work);
    whole_pair whole = {.x = {p->x, p->x + frames->hop}, .window = frames->window};
    for (int f = 0; f < 2; f++) {
        const float first = whole.x[f][0];
        whole.mean[f] = sum_relative(whole.x[f], first, frames->n) / (float)frames->n;
        p->mean[f] = first + whole.mean[f];
        p->used[f] = true;
    }
    add_pair(spectra, work, split_from_pair, &whole, &b, rack, p->used);
}

/* With gaps, or at the end of the record. */
static void add_other_pair(cpu_spectra *spectra, cpu_work *work, size_t rack, fast_pair *p)
{
    const st_frames *frames = spectra->frames;
    split_buffers b = buffers_of(work);
    float *const part[2] = {b.re, b.im};
    memset(b.im, 0, (size_t)frames->n * sizeof(float));
    for (int f = 0; f < p->count && f < 2; f++) {
        p->used[f] = load_fast(frames, p->x + f * frames->hop, p->invalid[f], part[f], &p->mean[f]);
    }
    if (p->used[0] || p->used[1]) {
        add_pair(spectra, work, split_from_buffers, &b, &b, rack, p->used);
    }
}

void ST_ISA(frames)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                    float *features)
{
    cpu_spectra *spectra = &exec->fast;
    const st_frames *frames = spectra->frames;
    for (int64_t frame = due->frame_first; frame < due->frame_end; frame += 2) {
        const st_hop *hop = work->hop + (frame - due->frame_first);
        fast_pair p = {.x = x + (frame * frames->hop - due->row_first),
                       .count = frame + 1 < due->frame_end ? 2 : 1};
        for (int f = 0; f < p.count; f++) {
            p.invalid[f] = hop[f].invalid + hop[f + 1].invalid;
        }
        flush_block(spectra, rack, frame);
        if (p.count == 2 && p.invalid[0] == 0 && p.invalid[1] == 0) {
            add_whole_pair(spectra, work, rack, &p);
        } else {
            add_other_pair(spectra, work, rack, &p);
        }
        for (int f = 0; f < p.count; f++) {
            count_frame(spectra, rack, p.used[f], p.invalid[f]);
            if (features != NULL) {
                write_features(exec, hop + f, p.used[f], p.mean[f], work->power[f],
                               features +
                                   (size_t)(frame + f - due->frame_first) * exec->plan->n_features);
            }
        }
    }
}

/* d[i] = y[i] - reference; false when any is invalid. */
static bool load_outputs(const double *restrict y, double reference, int n, float *restrict d)
{
    int gaps = 0;
    for (int i = 0; i < n; i++) {
        const float now = (float)(y[i] - reference);
        d[i] = now;
        gaps |= now != now;
    }
    return gaps == 0;
}

/* As load_fast, out of the ring: [2 n], in which a frame has at most one cut. */
static bool load_slow(const st_frames *frames, const double *ring, int64_t first, float *d,
                      int *invalid)
{
    const int n = frames->n, at = (int)(first & (2 * n - 1)),
              head = 2 * n - at < n ? 2 * n - at : n;
    double reference = ring[at];
    *invalid = 0;
    const bool whole = load_outputs(ring + at, reference, head, d);
    if (!load_outputs(ring, reference, n - head, d + head) || !whole) {
        reference = NAN;
        for (int i = 0; i < n; i++) {
            const double y = ring[(at + i) & (2 * n - 1)];
            *invalid += isnan(y);
            reference = isnan(reference) ? y : reference;
        }
        load_outputs(ring + at, reference, head, d);
        load_outputs(ring, reference, n - head, d + head);
    }
    if (!st_frame_usable(*invalid, n)) {
        memset(d, 0, (size_t)n * sizeof(float));
        return false;
    }
    window_frame(frames, d, *invalid);
    return true;
}

void ST_ISA(slow_pair)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, int64_t frame)
{
    cpu_spectra *spectra = &exec->slow;
    const st_frames *frames = spectra->frames;
    const double *ring = exec->slow_ring + rack * 2 * (size_t)frames->n;
    const int count = frame + 1 < due->slow_frame_end ? 2 : 1;
    split_buffers b = buffers_of(work);
    float *const part[2] = {b.re, b.im};
    bool used[2] = {false, false};
    flush_block(spectra, rack, frame);
    if (count == 1) {
        memset(b.im, 0, (size_t)frames->n * sizeof(float));
    }
    for (int f = 0; f < count; f++) {
        int invalid;
        used[f] = load_slow(frames, ring, (frame + f) * frames->hop, part[f], &invalid);
        count_frame(spectra, rack, used[f], invalid);
    }
    if (used[0] || used[1]) {
        add_pair(spectra, work, split_from_buffers, &b, &b, rack, used);
    }
}
