/* convolve.c - respond: overlap-save of two rows at once, as real and imaginary part of one
 * transform; the filter is real, so they never mix. Long filters are cut into equal partitions
 * whose products are summed before the inverse transform. Compiled once per instruction set.
 * Source: T. Stockham, High-speed convolution and correlation, 1966; F. Wefers, Partitioned
 * convolution algorithms for real-time auralization, 2015, 3.4. */
#include "cpu/fft.h"
#include "cpu/loops.h"

#include <string.h>

enum { N = CONVOLVE_POINTS };

/* Samples [first, first + N) of a row, zeros outside of it. */
static void load_row(const st_convolution *task, size_t row, int64_t first, float *to)
{
    const int64_t length = (int64_t)(task->taps - 1 + task->n);
    const int64_t from = first > 0 ? first : 0;
    const int64_t end = first + N < length ? first + N : length;
    if (row >= task->rows || end <= from) {
        memset(to, 0, N * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(from - first) * sizeof *to);
    memcpy(to + (from - first), task->x + row * task->x_stride + from,
           (size_t)(end - from) * sizeof *to);
    memset(to + (end - first), 0, (size_t)(first + N - end) * sizeof *to);
}

static void store_row(const st_convolution *task, size_t row, size_t first, size_t step,
                      const float *from)
{
    if (row < task->rows) {
        const size_t left = task->n - first;
        memcpy(task->y + row * task->y_stride + first, from,
               (left < step ? left : step) * sizeof *from);
    }
}

/* sum = x h, complex. */
static void multiply(const float *restrict x, const float *restrict h, float *restrict sum)
{
    for (int k = 0; k < N; k++) {
        sum[k] = x[k] * h[k] - x[k + N] * h[k + N];
        sum[k + N] = x[k] * h[k + N] + x[k + N] * h[k];
    }
}

/* sum += x h. */
static void multiply_add(const float *restrict x, const float *restrict h, float *restrict sum)
{
    for (int k = 0; k < N; k++) {
        sum[k] += x[k] * h[k] - x[k + N] * h[k + N];
        sum[k + N] += x[k] * h[k + N] + x[k + N] * h[k];
    }
}

void ST_ISA(convolve)(const cpu_convolve *job, size_t pair, size_t block, size_t end, float *work)
{
    const st_convolution *task = job->task;
    const int64_t parts = (int64_t)job->parts, step = (int64_t)job->step;
    float *sum = work + 4 * N, *ring = work + 6 * N;
    for (int64_t j = (int64_t)block - (parts - 1); j < (int64_t)end; j++) {
        split_buffers b = {work, work + N, work + 2 * N, work + 3 * N};
        const int64_t first = (int64_t)(task->taps - job->part) + j * step;
        float *slot = ring + (j + parts) % parts * 2 * N;
        load_row(task, 2 * pair, first, b.re);
        load_row(task, 2 * pair + 1, first, b.im);
        st_split_fft_run(&job->fft, 2, split_from_buffers, &b, &b);
        if (parts > 1) { /* im follows re: buffers change places in pairs */
            memcpy(slot, b.re, 2 * N * sizeof *b.re);
        }
        if (j < (int64_t)block) {
            continue;
        }
        multiply(b.re, job->spectrum, sum);
        for (int64_t p = 1; p < parts; p++) {
            multiply_add(ring + (j - p + parts) % parts * 2 * N, job->spectrum + p * 2 * N, sum);
        }
        /* Inverse: a forward transform with real and imaginary part exchanged, in and out. */
        const split_buffers turned = {sum + N, sum, NULL, NULL};
        st_split_fft_run(&job->fft, 2, split_from_buffers, &turned, &b);
        store_row(task, 2 * pair, (size_t)(j * step), job->step, b.im + job->part - 1);
        store_row(task, 2 * pair + 1, (size_t)(j * step), job->step, b.re + job->part - 1);
    }
}
