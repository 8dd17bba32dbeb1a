/* events.c - pass 2 and pass 3 over all rows of a record, several rows at a time. */
#include "detect/events.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "detect/decide.h"
#include "detect/gaps.h"
#include "detect/measure.h"
#include "detect/order.h"

/* What a thread owns. */
typedef struct worker {
    st_arena arena;
    float *features; /* of the rows that it has in hand: [st_features_rows][frames][n_features] */
    st_row row;
    st_measure measure;
    st_event_list *list;
} worker;

static void close_worker(worker *w)
{
    st_arena_close(&w->arena);
    st_event_list_close(w->list);
}

/* One array of a worker: where its pointer goes, and its size. */
typedef struct array {
    void *pointer;
    size_t count, size;
} array;

static st_status take_arrays(st_context *ctx, worker *w, const array *arrays, size_t n)
{
    size_t need = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t bytes = st_arena_need(arrays[i].count, arrays[i].size);
        need = bytes > SIZE_MAX - need ? SIZE_MAX : need + bytes;
    }
    ST_TRY(st_arena_open(ctx, need, "measuring events", &w->arena));
    for (size_t i = 0; i < n; i++) {
        void *block;
        ST_TRY(st_arena_take(ctx, &w->arena, arrays[i].count, arrays[i].size, &block));
        memcpy(arrays[i].pointer, &block, sizeof block);
    }
    return ST_OK;
}

static st_status open_worker(st_context *ctx, const st_event_input *input, worker *w)
{
    const st_plan *plan = input->plan;
    const size_t n = (size_t)plan->fast.n, bins = n / 2 + 1;
    const size_t frames = (size_t)input->features->frames, stretch = ST_STRETCH + 1;
    st_row *row = &w->row;
    st_measure *m = &w->measure;
    const array arrays[] = {
        {&w->features, st_features_rows(input->features) * frames * input->features->n_features,
         sizeof(float)},
        {&row->score, frames, sizeof(float)},
        {&row->why, frames, sizeof(uint32_t)},
        {&row->column, st_order_room(frames), sizeof(float)},
        {&row->values, frames, sizeof(double)},
        {&m->samples.kept, stretch, sizeof(float)},
        {&m->piece.x, stretch, sizeof(double)},
        {&m->piece.sum, stretch, sizeof(double)},
        {&m->piece.work, stretch, sizeof(double)},
        {&m->piece.more_work, stretch, sizeof(double)},
        {&m->residual, stretch, sizeof(double)},
        {&m->residual_sum, stretch, sizeof(double)},
        {&m->window, n / 8 + 2, sizeof(double)},
        {&m->spectra.twiddle, n, sizeof(st_c64)},
        {&m->spectra.pair, n, sizeof(st_c64)},
        {&m->spectra.fft_work, n, sizeof(st_c64)},
        {&m->spectra.frame, n, sizeof(double)},
        {&m->spectra.usual, bins, sizeof(double)},
        {&m->spectra.event, bins, sizeof(double)},
    };
    ST_TRY(st_event_list_open(ctx, input->settings->max_events, &w->list));
    ST_TRY(take_arrays(ctx, w, arrays, sizeof arrays / sizeof arrays[0]));
    st_fft_twiddle_f64(m->spectra.twiddle, plan->fast.n);
    row->input = input;
    row->frames = input->features->frames;
    row->n_features = input->features->n_features;
    m->row = row;
    m->list = w->list;
    return ST_OK;
}

static st_status find_in_row(st_context *ctx, worker *w, size_t index, float *feature)
{
    st_row *row = &w->row;
    row->index = index;
    row->feature = feature;
    row->offset_w = row->input->plan->offset_w[index];
    st_samples_begin(&w->measure.samples, row->input, index);
    st_row_decide(row);
    bool marked = false;
    for (int64_t f = 0; f < row->frames && !marked; f++) {
        marked = row->score[f] > 0.0f;
    }
    if (marked) {
        row->drift_w = st_around_drift(row);
        ST_TRY(st_measure_row(ctx, &w->measure));
    }
    return st_gaps_find(ctx, row, &w->measure.samples, w->list);
}

static st_status find_in_rows(st_context *ctx, worker *w, size_t first, size_t rows)
{
    const st_features *features = w->row.input->features;
    const size_t row_floats = (size_t)features->frames * features->n_features;
    ST_TRY(st_features_read(ctx, features, first, rows, w->features));
    for (size_t i = 0; i < rows; i++) {
        ST_TRY(find_in_row(ctx, w, first + i, w->features + i * row_floats));
    }
    return ST_OK;
}

/* Rows go to threads in order, since neighbours lie in the same chunks of a file. The first failure
 * is kept and the other threads stop at their next row. */
st_status st_events_find(st_context *ctx, const st_event_input *input, st_event_list *list)
{
    const size_t rows = input->plan->racks, at_once = st_features_rows(input->features);
    /* the analyser does not see what a pragma reads */
    const int threads = // NOLINT(clang-analyzer-deadcode.DeadStores)
        rows < (size_t)input->plan->threads ? (int)rows : input->plan->threads;
    atomic_size_t next_row = 0;
    atomic_int failure = ST_OK;
    ST_TRY(st_progress(ctx, input->stage, 0.0, (double)rows, "racks"));
#pragma omp parallel num_threads(threads)
    {
        worker w = {0};
        st_status status = open_worker(ctx, input, &w);
        while (status == ST_OK && atomic_load(&failure) == ST_OK) {
            const size_t index = atomic_fetch_add(&next_row, at_once);
            if (index >= rows) {
                break;
            }
            status = find_in_rows(ctx, &w, index, rows - index < at_once ? rows - index : at_once);
            if (status == ST_OK && omp_get_thread_num() == 0) {
                status = st_progress(ctx, input->stage, (double)index, (double)rows, "racks");
            }
        }
#pragma omp critical(st_events)
        {
            if (status == ST_OK) {
                status = st_event_list_append(ctx, list, w.list);
            }
        }
        if (status != ST_OK) {
            int none = ST_OK;
            atomic_compare_exchange_strong(&failure, &none, (int)status);
        }
        close_worker(&w);
    }
    return (st_status)atomic_load(&failure);
}
