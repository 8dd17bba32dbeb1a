/* convolve.c - respond: overlap-save of two rows at once, as real and imaginary part of one
 * transform; the filter is real, so they never mix. Long filters are cut into equal partitions
 * whose products are summed before the inverse transform. Compiled once per instruction set.
 * Two segments are under way: while one goes through its passes in the first cache, 1024 points at a
 * time, the buffer of the other is emptied into outputs and filled with the segment after it, column
 * by column, so that memory has something to do all the time. */
#include "cpu/convolve_passes.h"
#include "cpu/loops.h"

#include <string.h>

/* The other buffer on its way: the outputs of one segment leave, the samples of the next come in. */
typedef struct columns {
    float *buffer;
    const float *turns;
    const float *x[2];     /* [8192] of the segment that comes in; NULL: none does */
    const float *ahead[2]; /* what comes after them, `ahead_step` lines to a run of columns */
    int ahead_step;
    float *y[2]; /* [8192 - lead] of the segment that leaves; NULL: none does */
    int lead;
    bool stream; /* y lies on lines, and nobody reads it soon */
} columns;

/* Outputs of columns at, at + 1, ... */
ST_ALWAYS_INLINE void column_store(const columns *c, ptrdiff_t at, const vec_c *a, bool stream)
{
    const ptrdiff_t to = at - c->lead;
    for (int r = 0; r < 8; r++) {
        const ptrdiff_t output = to + r * CONVOLVE_COLUMNS;
        if (output < 0) {
            continue;
        }
        if (stream) {
            vec_stream(c->y[0] + output, a[r].re);
            vec_stream(c->y[1] + output, a[r].im);
        } else {
            vec_store(c->y[0] + output, a[r].re);
            vec_store(c->y[1] + output, a[r].im);
        }
    }
}

ST_ALWAYS_INLINE void column_leave(const columns *c, ptrdiff_t at)
{
    vec_c a[8];
    butterflies_load(c->buffer + point(at), CONVOLVE_ROW / 2, turns_of(c->turns, at), a);
    if (c->stream) {
        column_store(c, at, a, true);
    } else {
        column_store(c, at, a, false);
    }
}

ST_ALWAYS_INLINE void column_enter(const columns *c, ptrdiff_t at)
{
    vec_c a[8];
    for (int r = 0; r < 8; r++) {
        a[r].re = vec_load(c->x[0] + at + r * CONVOLVE_COLUMNS);
        a[r].im = vec_load(c->x[1] + at + r * CONVOLVE_COLUMNS);
    }
    butterflies_store(a, turns_of(c->turns, at), c->buffer + point(at), CONVOLVE_ROW / 2);
}

/* A run of columns. */
static __attribute__((noinline)) void columns_step(const columns *of, ptrdiff_t first)
{
    const columns c = *of; /* a copy that no store can change */
    for (ptrdiff_t at = first; at < first + CONVOLVE_RUN; at += VEC) {
        if (c.y[0] != NULL) {
            column_leave(&c, at);
        }
        if (c.x[0] != NULL) {
            column_enter(&c, at);
        }
    }
    for (int i = 0; i < c.ahead_step; i++) {
        const ptrdiff_t line = c.ahead_step * first + i * CONVOLVE_RUN;
        __builtin_prefetch(c.ahead[0] + line);
        __builtin_prefetch(c.ahead[1] + line);
    }
}

/* What one segment does with the spectra: 1024 points of them, of `parts` partitions. */
typedef struct products {
    const float *response; /* of partition 0 */
    float *spectrum;       /* where this segment's own stays; NULL: nowhere */
    const float *past;     /* of partitions 1, 2, ...; NULL: none */
    bool forward_only;
} products;

/* Pass 4 there, the product, and pass 4 back. */
ST_ALWAYS_INLINE void product_pass(const products *to, float *points, bool alone)
{
    for (int at = 0; at < CONVOLVE_COLUMNS; at += 4 * VEC) {
        vec_c a[4];
        pass4_forward(points, at, a);
        for (int p = 0; p < 4; p++) {
            const ptrdiff_t i = spectrum_at(at, p);
            if (!alone) {
                points_store(to->spectrum + i, a[p]);
            }
            a[p] = st_c_mul_vec(a[p], points_load(to->response + i));
            if (!alone) {
                a[p] = st_c_add_vec(a[p], points_load(to->past + i));
            }
        }
        pass4_backward(a, points, at);
    }
}

static void keep_spectrum(const products *to, const float *points)
{
    for (int at = 0; at < CONVOLVE_COLUMNS; at += 4 * VEC) {
        vec_c a[4];
        pass4_forward(points, at, a);
        for (int p = 0; p < 4; p++) {
            points_store(to->spectrum + spectrum_at(at, p), a[p]);
        }
    }
}

/* All passes but the outermost of 1024 points, while columns [first, first + 128) go through
 * theirs. */
static void row_passes(const float *table, const products *to, float *points, const columns *c,
                       int first)
{
    const float *turns_1 = table + CONVOLVE_TURNS_1, *turns_2 = table + CONVOLVE_TURNS_2;
    const float *turns_3 = table + CONVOLVE_TURNS_3;
    pass_forward(1024, turns_1, points);
    for (int b = 0; b < 8; b++) {
        pass_forward(128, turns_2, points + 2 * 128 * b);
        columns_step(c, first + b * CONVOLVE_RUN);
    }
    for (int at = 0; at < CONVOLVE_COLUMNS; at += 4 * VEC) {
        pass3_forward(turns_3, points, at);
    }
    if (to->forward_only) {
        keep_spectrum(to, points);
        return;
    }
    if (to->spectrum == NULL) {
        product_pass(to, points, true);
    } else {
        product_pass(to, points, false);
    }
    for (int at = 0; at < CONVOLVE_COLUMNS; at += 4 * VEC) {
        pass3_backward(turns_3, points, at);
    }
    for (int b = 0; b < 8; b++) {
        pass_backward(128, turns_2, points + 2 * 128 * b);
    }
    pass_backward(1024, turns_1, points);
}

/* past = or += 1024 points of x h. */
static void add_product(const float *x, const float *h, bool fresh, float *past)
{
    for (int at = 0; at < CONVOLVE_COLUMNS; at += VEC) {
        const ptrdiff_t i = point(at);
        const vec_c product = st_c_mul_vec(points_load(x + i), points_load(h + i));
        points_store(past + i, fresh ? product : st_c_add_vec(points_load(past + i), product));
    }
}

/* What a run works in. */
typedef struct convolve_run {
    const cpu_convolve *job;
    size_t pair, block;
    float *buffer[2]; /* of segments j, j + 2, ... and of those between */
    float *x[2], *y[2], *past, *ring;
    columns columns;
} convolve_run;

/* Samples [first, first + 8192) of a row, zeros outside of it and for a row that is not there. */
static const float *find_samples(const convolve_run *run, size_t row, int64_t first, float *room)
{
    const st_convolution *task = run->job->task;
    const int64_t length = (int64_t)(task->taps - 1 + task->n);
    const int64_t from = first > 0 ? first : 0;
    const int64_t end = first + CONVOLVE_POINTS < length ? first + CONVOLVE_POINTS : length;
    if (row < task->rows && first >= 0 && end == first + CONVOLVE_POINTS) {
        return task->x + row * task->x_stride + first;
    }
    memset(room, 0, CONVOLVE_POINTS * sizeof *room);
    if (row < task->rows && end > from) {
        memcpy(room + (from - first), task->x + row * task->x_stride + from,
               (size_t)(end - from) * sizeof *room);
    }
    return room;
}

/* Segment j is the one that comes in. */
static void enter(convolve_run *run, int64_t j)
{
    const cpu_convolve *job = run->job;
    const int64_t first = (int64_t)job->task->taps - 1 - job->cut.lead + j * job->cut.step;
    columns *c = &run->columns;
    for (int i = 0; i < 2; i++) {
        c->x[i] = find_samples(run, 2 * run->pair + (size_t)i, first, run->x[i]);
        c->ahead[i] = c->x[i] + CONVOLVE_POINTS;
    }
    c->ahead_step = c->x[0] == run->x[0] || c->x[1] == run->x[1]
                        ? 0
                        : (job->cut.step + CONVOLVE_COLUMNS - 1) / CONVOLVE_COLUMNS;
}

static size_t outputs_of(const convolve_run *run, int64_t j)
{
    const size_t step = (size_t)run->job->cut.step, left = run->job->task->n - (size_t)j * step;
    return left < step ? left : step;
}

/* Segment j is the one that leaves. */
static void leave(convolve_run *run, int64_t j)
{
    const cpu_convolve *job = run->job;
    const st_convolution *task = job->task;
    columns *c = &run->columns;
    c->stream = job->stream && VEC_STREAMS != 0;
    for (int i = 0; i < 2; i++) {
        const size_t row = 2 * run->pair + (size_t)i;
        const bool whole = row < task->rows && outputs_of(run, j) == (size_t)job->cut.step;
        c->y[i] = whole ? task->y + row * task->y_stride + j * job->cut.step : run->y[i];
        c->stream = c->stream && whole && (uintptr_t)c->y[i] % (VEC * sizeof(float)) == 0;
    }
}

/* Copies outputs of segment j that could not go straight to where they belong. */
static void hand_over(const convolve_run *run, int64_t j)
{
    const st_convolution *task = run->job->task;
    for (int i = 0; i < 2; i++) {
        const size_t row = 2 * run->pair + (size_t)i;
        if (run->columns.y[i] == run->y[i] && row < task->rows) {
            memcpy(task->y + row * task->y_stride + j * run->job->cut.step, run->y[i],
                   outputs_of(run, j) * sizeof(float));
        }
    }
}

/* The products of segment j, points [1024 row, 1024 (row + 1)). */
static products find_products(const convolve_run *run, int64_t j, int row)
{
    const cpu_convolve *job = run->job;
    const int parts = job->cut.parts;
    const size_t at = 2 * CONVOLVE_COLUMNS * (size_t)row;
    products to = {.response = job->spectrum + at};
    if (parts > 1) {
        to.spectrum = run->ring + (size_t)((j + parts) % parts) * CONVOLVE_SPECTRUM + at;
        to.past = run->past;
        to.forward_only = j < (int64_t)run->block;
    }
    for (int p = 1; p < parts && !to.forward_only; p++) {
        add_product(run->ring + (size_t)((j - p + parts) % parts) * CONVOLVE_SPECTRUM + at,
                    job->spectrum + (size_t)p * CONVOLVE_SPECTRUM + at, p == 1, run->past);
    }
    return to;
}

/* Segment j through all passes but the outermost, while its neighbours leave and enter. */
static void run_segment(convolve_run *run, int64_t j)
{
    float *points = run->buffer[j & 1];
    for (int row = 0; row < 8; row++, points += CONVOLVE_ROW) {
        const products to = find_products(run, j, row);
        row_passes(run->job->table, &to, points, &run->columns, row * 128);
    }
}

static void all_columns(const columns *c)
{
    for (int at = 0; at < CONVOLVE_COLUMNS; at += CONVOLVE_RUN) {
        columns_step(c, at);
    }
}

void ST_ISA(convolve)(const cpu_convolve *job, size_t pair, size_t block, size_t end, float *work)
{
    float *const x = work + 2 * CONVOLVE_BUFFER, *const y = x + 2 * CONVOLVE_POINTS;
    float *const past = y + 2 * CONVOLVE_POINTS;
    convolve_run run = {.job = job,
                        .pair = pair,
                        .block = block,
                        .buffer = {work, work + CONVOLVE_BUFFER},
                        .x = {x, x + CONVOLVE_POINTS},
                        .y = {y, y + CONVOLVE_POINTS},
                        .past = past,
                        .ring = past + 2 * CONVOLVE_COLUMNS,
                        .columns = {.turns = job->table, .lead = job->cut.lead}};
    const int64_t first = (int64_t)block - (job->cut.parts - 1), last = (int64_t)end - 1;
    columns *c = &run.columns;
    for (int64_t j = first - 1; j <= last + 1; j++) { /* of the segment in the passes, if any */
        c->buffer = run.buffer[(j + 1) & 1];
        c->x[0] = NULL;
        c->y[0] = NULL;
        c->ahead_step = 0;
        if (j < last) {
            enter(&run, j + 1);
        }
        if (j > (int64_t)block) {
            leave(&run, j - 1);
        }
        if (j < first || j > last) {
            all_columns(c);
        } else {
            run_segment(&run, j);
        }
        if (j > (int64_t)block) {
            hand_over(&run, j - 1);
        }
    }
    vec_stream_end();
}
