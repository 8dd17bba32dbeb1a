/* respond_space.cu - respond: how a convolution is cut, the buffers that its chunks travel through,
 * and the spectra of the impulse response. */
#include "convolve.cuh"
#include "respond.h"

#include <string.h>

#include "core/memory.h"

/* A chunk: so many pairs of rows at most, and so many blocks per partition of history. */
enum { CHUNK_PAIRS = 32, CHUNK_BLOCKS = 16, CHUNK_BLOCKS_PER_PART = 4 };
/* Spectra of a chunk; with long responses fewer rows share one. */
static const size_t spectra_limit_bytes = (size_t)256 << 20;

convolve_cut cuda_convolve_cut(const st_convolution *task)
{
    convolve_cut c;
    c.of = st_convolve_cut_of(task->taps);
    const size_t pairs = (task->rows + 1) / 2;
    c.blocks = ((int64_t)task->n + c.of.step - 1) / c.of.step;
    c.run = CHUNK_BLOCKS + CHUNK_BLOCKS_PER_PART * (int64_t)(c.of.parts - 1);
    c.run = c.run < c.blocks ? c.run : c.blocks;
    const size_t per_pair = (size_t)(c.run + c.of.parts - 1) * CONVOLVE_POINTS * sizeof(st_c32);
    const size_t fit = per_pair < spectra_limit_bytes ? spectra_limit_bytes / per_pair : 1;
    c.pairs = pairs < CHUNK_PAIRS ? pairs : (size_t)CHUNK_PAIRS;
    c.pairs = c.pairs < fit ? c.pairs : fit;
    c.x_columns = (size_t)(c.run + c.of.parts - 2) * (size_t)c.of.step + CONVOLVE_POINTS;
    return c;
}

/* Frees and takes anew when `bytes` do not fit. */
static st_status grow(st_context *ctx, st_exec *exec, bool pinned, size_t bytes,
                      cuda_buffer *buffer)
{
    if (bytes > buffer->bytes) {
        void *const old = buffer->at;
        buffer->at = NULL;
        buffer->bytes = 0;
        if (pinned) {
            ST_CUDA_TRY(ctx, exec, cudaFreeHost(old));
        } else {
            ST_CUDA_TRY(ctx, exec, cudaFree(old));
        }
        ST_TRY(cuda_allocate(ctx, pinned, bytes, &buffer->at));
        buffer->bytes = bytes;
    }
    return ST_OK;
}

st_status cuda_convolve_take(st_context *ctx, st_exec *exec, const convolve_cut *c)
{
    cuda_respond *r = &exec->respond;
    const size_t rows = 2 * c->pairs, spectrum = CONVOLVE_POINTS * sizeof(st_c32);
    const size_t x_bytes = rows * c->x_columns * sizeof(float);
    const size_t y_bytes = rows * (size_t)(c->run * c->of.step) * sizeof(float);
    for (int slot = 0; slot < 2; slot++) {
        ST_TRY(grow(ctx, exec, false, x_bytes, &r->x[slot]));
        ST_TRY(grow(ctx, exec, false, y_bytes, &r->y[slot]));
        ST_TRY(grow(ctx, exec, true, x_bytes, &r->host_x[slot]));
        ST_TRY(grow(ctx, exec, true, y_bytes, &r->host_y[slot]));
    }
    if (c->of.parts > 1) {
        ST_TRY(grow(ctx, exec, false, c->pairs * (size_t)(c->run + c->of.parts - 1) * spectrum,
                    &r->spectra));
    }
    return grow(ctx, exec, false, (size_t)c->of.parts * spectrum, &r->response);
}

/* Spectra of the partitions, in float64 on the host. space: [2][points], and
 * [points] of float32. */
static st_status upload_partitions(st_context *ctx, st_exec *exec, const st_convolution *task,
                                   const convolve_cut *c, st_c64 *space)
{
    const int n = CONVOLVE_POINTS;
    st_c64 *twiddle = space, *x = space + n;
    st_c32 *rounded = (st_c32 *)(space + 2 * n);
    st_fft_twiddle_f64(twiddle, n);
    for (int p = 0; p < c->of.parts; p++) {
        st_convolve_response(&c->of, task->h, task->taps, p, twiddle, x);
        for (int k = 0; k < n; k++) {
            rounded[k].re = (float)x[k].re;
            rounded[k].im = (float)x[k].im;
        }
        st_c32 *to = (st_c32 *)exec->respond.response.at + (size_t)p * n;
        ST_CUDA_TRY(ctx, exec,
                    cudaMemcpyAsync(to, rounded, n * sizeof(st_c32), cudaMemcpyHostToDevice,
                                    exec->compute));
        ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->compute));
    }
    return ST_OK;
}

/* Whether the spectra on the device are of this response: a series goes through one of them block by
 * block. */
static bool is_known(const cuda_respond *r, const st_convolution *task)
{
    return r->taps == task->taps && memcmp(r->h, task->h, task->taps * sizeof *task->h) == 0;
}

static st_status remember(st_context *ctx, cuda_respond *r, const st_convolution *task)
{
    void *h;
    ST_TRY(st_alloc(ctx, task->taps, sizeof(double), "an impulse response", &h));
    memcpy(h, task->h, task->taps * sizeof *task->h);
    st_free(r->h);
    r->h = (double *)h;
    r->taps = task->taps;
    return ST_OK;
}

st_status cuda_convolve_upload(st_context *ctx, st_exec *exec, const st_convolution *task,
                               const convolve_cut *cut)
{
    void *space;
    if (is_known(&exec->respond, task)) {
        return ST_OK;
    }
    exec->respond.taps = 0;
    ST_TRY(
        st_alloc(ctx, 3 * (size_t)CONVOLVE_POINTS, sizeof(st_c64), "an impulse response", &space));
    const st_status status = upload_partitions(ctx, exec, task, cut, (st_c64 *)space);
    st_free(space);
    ST_TRY(status);
    return remember(ctx, &exec->respond, task);
}

/* ---- open and close ------------------------------------------------------------------------- */

st_status cuda_convolve_prepare(st_context *ctx, st_exec *exec)
{
    cuda_respond *r = &exec->respond;
    const size_t bytes = CONVOLVE_POINTS * sizeof(st_c32);
    void *table, *twiddle;
    ST_TRY(cuda_convolve_prepare_kernels(ctx, exec));
    for (int slot = 0; slot < 2; slot++) {
        cudaEvent_t *const events[] = {&r->uploaded[slot], &r->computed[slot],
                                       &r->downloaded[slot]};
        for (cudaEvent_t *event : events) {
            ST_CUDA_TRY(ctx, exec, cudaEventCreateWithFlags(event, cudaEventDisableTiming));
        }
    }
    ST_TRY(cuda_allocate(ctx, false, bytes, &twiddle));
    r->twiddle = (st_c32 *)twiddle;
    ST_TRY(st_alloc(ctx, CONVOLVE_POINTS, sizeof(st_c32), "the tables of a convolution", &table));
    st_fft_twiddle_f32((st_c32 *)table, CONVOLVE_POINTS);
    const cudaError_t copied =
        cudaMemcpyAsync(r->twiddle, table, bytes, cudaMemcpyHostToDevice, exec->compute);
    const cudaError_t done = cudaStreamSynchronize(exec->compute);
    st_free(table);
    ST_CUDA_TRY(ctx, exec, copied);
    ST_CUDA_TRY(ctx, exec, done);
    return ST_OK;
}

void cuda_convolve_free(st_exec *exec)
{
    cuda_respond *r = &exec->respond;
    void *const device[] = {r->twiddle, r->response.at, r->spectra.at, r->x[0].at,
                            r->x[1].at, r->y[0].at,     r->y[1].at};
    void *const pinned[] = {r->host_x[0].at, r->host_x[1].at, r->host_y[0].at, r->host_y[1].at};
    for (void *array : device) {
        (void)cudaFree(array);
    }
    for (void *array : pinned) {
        (void)cudaFreeHost(array);
    }
    st_free(r->h);
    for (int slot = 0; slot < 2; slot++) {
        cudaEvent_t const events[] = {r->uploaded[slot], r->computed[slot], r->downloaded[slot]};
        for (cudaEvent_t event : events) {
            if (event != NULL) {
                (void)cudaEventDestroy(event);
            }
        }
    }
}
