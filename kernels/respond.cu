/* respond.cu - respond: convolution of rows with one impulse response by overlap-save. Two rows ride
 * as real and imaginary part of one transform; the response is real, so they never mix. Long
 * responses are cut into equal partitions whose products are summed before the inverse transform.
 * Sources: T. Stockham, High-speed convolution and correlation, 1966; F. Wefers, Partitioned
 * convolution algorithms for real-time auralization, 2015, 3.4.
 * Rows are cut into chunks that travel through two slots: one is copied while the other is worked
 * on. Every block of output stands for itself, so chunks change no bit. */
#include "exec.h"
#include "fft.cuh"

#include <string.h>

#include "core/memory.h"

enum { CONVOLVE_POINTS = 8192, CONVOLVE_THREADS = CONVOLVE_POINTS / FFT_OWN };
/* A chunk: so many pairs of rows at most, and so many blocks per partition of history. */
enum { CHUNK_PAIRS = 32, CHUNK_BLOCKS = 16, CHUNK_BLOCKS_PER_PART = 4 };
/* Spectra of a chunk; with long responses fewer rows share one. */
static const size_t spectra_limit_bytes = (size_t)256 << 20;

/* How a convolution is cut. Partition p holds taps [p part, (p + 1) part); a block gives `step`
 * outputs, and step + part - 1 <= 8192. */
struct convolve_cut {
    int parts, part, step;
    int64_t blocks;   /* of a row */
    int64_t run;      /* blocks of a chunk */
    size_t pairs;     /* of a chunk */
    size_t x_columns; /* samples that a chunk needs of a row */
};

/* One chunk on the device. */
struct convolve_task {
    const st_c32 *twiddle, *response;
    st_c32 *spectra; /* [pairs][run + parts - 1][CONVOLVE_POINTS] */
    const float *x;  /* [rows][x_columns] */
    float *y;        /* [rows][run step] */
    size_t x_columns, y_columns;
    int64_t x_first, x_end; /* columns that hold samples; zeros outside */
    int rows, parts, part, step, run;
};

/* Sample of column i; zero beyond the row and for a row that is not there. */
static __device__ __forceinline__ float column(const convolve_task &task, int row, int64_t i)
{
    const bool inside = row < task.rows && i >= task.x_first && i < task.x_end;
    return inside ? task.x[(size_t)row * task.x_columns + i] : 0.0f;
}

/* Transforms segment j of a pair, samples [j step, j step + 8192) of the chunk, into z. */
static __device__ void transform_segment(const convolve_task &task, int pair, int j, st_c32 *z)
{
    st_c32 own[FFT_OWN];
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        const int64_t i = (int64_t)j * task.step + threadIdx.x + m * CONVOLVE_THREADS;
        own[m].re = column(task, 2 * pair, i);
        own[m].im = column(task, 2 * pair + 1, i);
    }
    fft_block<CONVOLVE_POINTS>::run(z, task.twiddle, own);
}

/* Inverse: a forward transform with real and imaginary part exchanged, in and out. product: this
 * thread's points. Stores the outputs of block j. */
static __device__ void store_block(const convolve_task &task, int pair, int j,
                                   const st_c32 *product, st_c32 *z)
{
    st_c32 own[FFT_OWN];
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        own[m].re = product[m].im;
        own[m].im = product[m].re;
    }
    fft_block<CONVOLVE_POINTS>::run(z, task.twiddle, own);
    for (int i = threadIdx.x; i < task.step; i += CONVOLVE_THREADS) {
        const st_c32 y = z[task.part - 1 + i];
        const size_t to = (size_t)j * task.step + i;
        task.y[(size_t)(2 * pair) * task.y_columns + to] = y.im;
        if (2 * pair + 1 < task.rows) {
            task.y[(size_t)(2 * pair + 1) * task.y_columns + to] = y.re;
        }
    }
}

/* One partition: a block of threads per block of output and pair of rows. */
__global__ void __launch_bounds__(CONVOLVE_THREADS) respond_block_kernel(convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    st_c32 product[FFT_OWN];
    transform_segment(task, blockIdx.y, blockIdx.x, z);
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        const int k = threadIdx.x + m * CONVOLVE_THREADS;
        product[m] = st_c_mul_f32(z[k], task.response[k]);
    }
    store_block(task, blockIdx.y, blockIdx.x, product, z);
}

/* Several partitions, first half: every segment is transformed once. */
__global__ void __launch_bounds__(CONVOLVE_THREADS) respond_spectrum_kernel(convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    const size_t segments = task.run + task.parts - 1;
    st_c32 *to = task.spectra + (blockIdx.y * segments + blockIdx.x) * CONVOLVE_POINTS;
    transform_segment(task, blockIdx.y, blockIdx.x, z);
    for (int k = threadIdx.x; k < CONVOLVE_POINTS; k += CONVOLVE_THREADS) {
        to[k] = z[k];
    }
}

/* Second half: partition p meets the segment p blocks ago. */
__global__ void __launch_bounds__(CONVOLVE_THREADS) respond_partitions_kernel(convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    const size_t segments = task.run + task.parts - 1;
    const st_c32 *newest =
        task.spectra + (blockIdx.y * segments + blockIdx.x + task.parts - 1) * CONVOLVE_POINTS;
    st_c32 sum[FFT_OWN];
    GPU_UNROLL
    for (int m = 0; m < FFT_OWN; m++) {
        const int k = threadIdx.x + m * CONVOLVE_THREADS;
        sum[m] = st_c_mul_f32(newest[k], task.response[k]);
        for (size_t p = 1; p < (size_t)task.parts; p++) {
            const st_c32 *past = newest - p * CONVOLVE_POINTS;
            sum[m] =
                st_c_add_f32(sum[m], st_c_mul_f32(past[k], task.response[p * CONVOLVE_POINTS + k]));
        }
    }
    store_block(task, blockIdx.y, blockIdx.x, sum, z);
}

/* ---- host: sizes and buffers ---------------------------------------------------------------- */

static convolve_cut cut(const st_convolution *task)
{
    convolve_cut c;
    if (task->taps <= CONVOLVE_POINTS / 2) {
        c.part = (int)task->taps;
        c.parts = 1;
        c.step = CONVOLVE_POINTS - c.part + 1;
    } else {
        c.part = c.step = CONVOLVE_POINTS / 2;
        c.parts = (int)((task->taps + c.part - 1) / c.part);
    }
    const size_t pairs = (task->rows + 1) / 2;
    c.blocks = ((int64_t)task->n + c.step - 1) / c.step;
    c.run = CHUNK_BLOCKS + CHUNK_BLOCKS_PER_PART * (int64_t)(c.parts - 1);
    c.run = c.run < c.blocks ? c.run : c.blocks;
    const size_t per_pair = (size_t)(c.run + c.parts - 1) * CONVOLVE_POINTS * sizeof(st_c32);
    const size_t fit = per_pair < spectra_limit_bytes ? spectra_limit_bytes / per_pair : 1;
    c.pairs = pairs < CHUNK_PAIRS ? pairs : (size_t)CHUNK_PAIRS;
    c.pairs = c.pairs < fit ? c.pairs : fit;
    c.x_columns = (size_t)(c.run + c.parts - 2) * (size_t)c.step + CONVOLVE_POINTS;
    return c;
}

/* Frees and takes anew when `bytes` do not fit; *held is what fits now. */
template <class T>
static st_status grow_device(st_context *ctx, st_exec *exec, size_t bytes, size_t held, T **array)
{
    if (bytes > held) {
        ST_CUDA_TRY(ctx, exec, cudaFree(*array));
        *array = NULL;
        ST_CUDA_TRY(ctx, exec, cudaMalloc(array, bytes));
    }
    return ST_OK;
}

template <class T>
static st_status grow_pinned(st_context *ctx, st_exec *exec, size_t bytes, size_t held, T **array)
{
    if (bytes > held) {
        ST_CUDA_TRY(ctx, exec, cudaFreeHost(*array));
        *array = NULL;
        ST_CUDA_TRY(ctx, exec, cudaMallocHost(array, bytes));
    }
    return ST_OK;
}

/* A size counts only once all arrays of that size are there. */
static st_status take_space(st_context *ctx, st_exec *exec, const convolve_cut *c)
{
    cuda_respond *r = &exec->respond;
    const size_t x_bytes = 2 * c->pairs * c->x_columns * sizeof(float);
    const size_t y_bytes = 2 * c->pairs * (size_t)(c->run * c->step) * sizeof(float);
    const size_t response_bytes = (size_t)c->parts * CONVOLVE_POINTS * sizeof(st_c32);
    const size_t spectra_bytes = c->parts == 1 ? 0
                                               : c->pairs * (size_t)(c->run + c->parts - 1) *
                                                     CONVOLVE_POINTS * sizeof(st_c32);
    const size_t x_held = r->x_bytes, y_held = r->y_bytes;
    r->x_bytes = x_bytes > x_held ? 0 : x_held;
    r->y_bytes = y_bytes > y_held ? 0 : y_held;
    for (int slot = 0; slot < 2; slot++) {
        ST_TRY(grow_device(ctx, exec, x_bytes, x_held, &r->x[slot]));
        ST_TRY(grow_device(ctx, exec, y_bytes, y_held, &r->y[slot]));
        ST_TRY(grow_pinned(ctx, exec, x_bytes, x_held, &r->host_x[slot]));
        ST_TRY(grow_pinned(ctx, exec, y_bytes, y_held, &r->host_y[slot]));
    }
    r->x_bytes = x_bytes > x_held ? x_bytes : x_held;
    r->y_bytes = y_bytes > y_held ? y_bytes : y_held;
    ST_TRY(grow_device(ctx, exec, response_bytes, r->response_bytes, &r->response));
    r->response_bytes = response_bytes > r->response_bytes ? response_bytes : r->response_bytes;
    ST_TRY(grow_device(ctx, exec, spectra_bytes, r->spectra_bytes, &r->spectra));
    r->spectra_bytes = spectra_bytes > r->spectra_bytes ? spectra_bytes : r->spectra_bytes;
    return ST_OK;
}

/* Spectra of the partitions, divided by the points, in float64 on the host; copied from pageable
 * memory, which is read before the call returns. space: [3][points] and [points] of float32. */
static st_status upload_response(st_context *ctx, st_exec *exec, const st_convolution *task,
                                 const convolve_cut *c, st_c64 *space)
{
    const int n = CONVOLVE_POINTS;
    st_c64 *twiddle = space, *x = space + n, *work = space + 2 * n;
    st_c32 *rounded = (st_c32 *)(space + 3 * n);
    st_fft_twiddle_f64(twiddle, n);
    for (int p = 0; p < c->parts; p++) {
        const size_t first = (size_t)p * (size_t)c->part, left = task->taps - first;
        for (int i = 0; i < n; i++) {
            const bool inside = i < c->part && (size_t)i < left;
            x[i].re = inside ? task->h[first + (size_t)i] / n : 0.0;
            x[i].im = 0.0;
        }
        st_fft_f64(n, twiddle, x, work);
        for (int k = 0; k < n; k++) {
            rounded[k].re = (float)x[k].re;
            rounded[k].im = (float)x[k].im;
        }
        ST_CUDA_TRY(ctx, exec,
                    cudaMemcpyAsync(exec->respond.response + (size_t)p * n, rounded,
                                    n * sizeof(st_c32), cudaMemcpyHostToDevice, exec->compute));
        ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->compute));
    }
    return ST_OK;
}

/* ---- host: chunks --------------------------------------------------------------------------- */

struct convolve_chunk {
    int64_t block, blocks; /* first, count */
    size_t row, rows;
    int64_t first;     /* column 0 of the chunk is this sample of the row; may be negative */
    int64_t from, end; /* samples of the row that exist */
};

static convolve_chunk find_chunk(const st_convolution *task, const convolve_cut *c, int64_t index)
{
    convolve_chunk k;
    const int64_t runs = (c->blocks + c->run - 1) / c->run;
    const int64_t length = (int64_t)(task->taps - 1 + task->n);
    k.block = index % runs * c->run;
    k.blocks = c->blocks - k.block < c->run ? c->blocks - k.block : c->run;
    k.row = (size_t)(index / runs) * 2 * c->pairs;
    k.rows = task->rows - k.row < 2 * c->pairs ? task->rows - k.row : 2 * c->pairs;
    k.first = (int64_t)task->taps - c->part + (k.block - (c->parts - 1)) * c->step;
    k.from = k.first > 0 ? k.first : 0;
    k.end = k.first + (int64_t)c->x_columns < length ? k.first + (int64_t)c->x_columns : length;
    return k;
}

static st_status launch_chunk(st_context *ctx, st_exec *exec, const convolve_cut *c,
                              const convolve_chunk *k, int slot)
{
    const cuda_respond *r = &exec->respond;
    const size_t shared = CONVOLVE_POINTS * sizeof(st_c32);
    const unsigned pairs = (unsigned)((k->rows + 1) / 2), blocks = (unsigned)k->blocks;
    const convolve_task task = {r->twiddle,
                                r->response,
                                r->spectra,
                                r->x[slot],
                                r->y[slot],
                                c->x_columns,
                                (size_t)(c->run * c->step),
                                k->from - k->first,
                                k->end - k->first,
                                (int)k->rows,
                                c->parts,
                                c->part,
                                c->step,
                                (int)c->run};
    if (c->parts == 1) {
        ST_CUDA_TRY(ctx, exec,
                    gpu_launch(respond_block_kernel, dim3(blocks, pairs), CONVOLVE_THREADS, shared,
                               exec->compute, task));
        return ST_OK;
    }
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(respond_spectrum_kernel, dim3(blocks + c->parts - 1, pairs),
                           CONVOLVE_THREADS, shared, exec->compute, task));
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(respond_partitions_kernel, dim3(blocks, pairs), CONVOLVE_THREADS, shared,
                           exec->compute, task));
    return ST_OK;
}

/* Queues one chunk: in, through, out. The slot's last chunk has been handed over. */
static st_status queue_chunk(st_context *ctx, st_exec *exec, const st_convolution *task,
                             const convolve_cut *c, const convolve_chunk *k, int slot)
{
    cuda_respond *r = &exec->respond;
    const size_t pitch = c->x_columns * sizeof(float), column = (size_t)(k->from - k->first);
    const size_t out = (size_t)(c->run * c->step) * sizeof(float);
    const size_t samples = k->end > k->from ? (size_t)(k->end - k->from) : 0;
    for (size_t row = 0; row < k->rows; row++) {
        memcpy(r->host_x[slot] + row * c->x_columns + column,
               task->x + (k->row + row) * task->x_stride + k->from, samples * sizeof(float));
    }
    if (samples > 0) {
        ST_CUDA_TRY(ctx, exec,
                    cudaMemcpy2DAsync(r->x[slot] + column, pitch, r->host_x[slot] + column, pitch,
                                      samples * sizeof(float), k->rows, cudaMemcpyHostToDevice,
                                      exec->upload));
    }
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->uploaded[slot], exec->upload));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->compute, r->uploaded[slot], 0));
    ST_TRY(launch_chunk(ctx, exec, c, k, slot));
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->computed[slot], exec->compute));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->download, r->computed[slot], 0));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpy2DAsync(r->host_y[slot], out, r->y[slot], out,
                                  (size_t)(k->blocks * c->step) * sizeof(float), k->rows,
                                  cudaMemcpyDeviceToHost, exec->download));
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->downloaded[slot], exec->download));
    return ST_OK;
}

/* Waits for the chunk of a slot and copies it to where it belongs. */
static st_status hand_over(st_context *ctx, st_exec *exec, const st_convolution *task,
                           const convolve_cut *c, const convolve_chunk *k, int slot)
{
    const size_t first = (size_t)(k->block * c->step), left = task->n - first;
    const size_t given = (size_t)(k->blocks * c->step), samples = given < left ? given : left;
    ST_CUDA_TRY(ctx, exec, cudaEventSynchronize(exec->respond.downloaded[slot]));
    for (size_t row = 0; row < k->rows; row++) {
        memcpy(task->y + (k->row + row) * task->y_stride + first,
               exec->respond.host_y[slot] + row * (size_t)(c->run * c->step),
               samples * sizeof(float));
    }
    return ST_OK;
}

static st_status run_chunks(st_context *ctx, st_exec *exec, const st_convolution *task,
                            const convolve_cut *c)
{
    const int64_t runs = (c->blocks + c->run - 1) / c->run;
    const int64_t chunks = runs * (int64_t)((task->rows + 2 * c->pairs - 1) / (2 * c->pairs));
    convolve_chunk in_slot[2];
    for (int64_t i = 0; i < chunks + 1; i++) {
        const int slot = (int)(i % 2);
        if (i < chunks) {
            in_slot[slot] = find_chunk(task, c, i);
            ST_TRY(queue_chunk(ctx, exec, task, c, &in_slot[slot], slot));
        }
        if (i > 0) {
            ST_TRY(hand_over(ctx, exec, task, c, &in_slot[1 - slot], 1 - slot));
        }
    }
    return ST_OK;
}

st_status cuda_convolve(st_context *ctx, st_exec *exec, const st_convolution *convolution)
{
    void *space;
    if (exec->dead) {
        return st_fail(ctx, ST_DEVICE, "CUDA: the device has failed before");
    }
    if (convolution->taps == 0) {
        return st_fail(ctx, ST_INTERNAL, "an impulse response has no taps");
    }
    if (convolution->rows == 0 || convolution->n == 0) {
        return ST_OK;
    }
    const convolve_cut c = cut(convolution);
    ST_TRY(take_space(ctx, exec, &c));
    ST_TRY(
        st_alloc(ctx, 4 * (size_t)CONVOLVE_POINTS, sizeof(st_c64), "an impulse response", &space));
    st_status status = upload_response(ctx, exec, convolution, &c, (st_c64 *)space);
    st_free(space);
    if (status == ST_OK) {
        status = run_chunks(ctx, exec, convolution, &c);
    }
    return status;
}

/* ---- host: open and close ------------------------------------------------------------------- */

st_status cuda_convolve_prepare(st_context *ctx, st_exec *exec)
{
    void (*const kernels[])(convolve_task) = {respond_block_kernel, respond_spectrum_kernel,
                                              respond_partitions_kernel};
    cuda_respond *r = &exec->respond;
    const size_t bytes = CONVOLVE_POINTS * sizeof(st_c32);
    void *table;
    for (const auto kernel : kernels) {
        ST_CUDA_TRY(
            ctx, exec,
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes));
    }
    for (int slot = 0; slot < 2; slot++) {
        cudaEvent_t *const events[] = {&r->uploaded[slot], &r->computed[slot],
                                       &r->downloaded[slot]};
        for (cudaEvent_t *event : events) {
            ST_CUDA_TRY(ctx, exec, cudaEventCreateWithFlags(event, cudaEventDisableTiming));
        }
    }
    ST_CUDA_TRY(ctx, exec, cudaMalloc(&r->twiddle, bytes));
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
    void *const device[] = {r->twiddle, r->response, r->spectra, r->x[0],
                            r->x[1],    r->y[0],     r->y[1]};
    void *const pinned[] = {r->host_x[0], r->host_x[1], r->host_y[0], r->host_y[1]};
    for (void *array : device) {
        (void)cudaFree(array);
    }
    for (void *array : pinned) {
        (void)cudaFreeHost(array);
    }
    for (int slot = 0; slot < 2; slot++) {
        cudaEvent_t const events[] = {r->uploaded[slot], r->computed[slot], r->downloaded[slot]};
        for (cudaEvent_t event : events) {
            if (event != NULL) {
                (void)cudaEventDestroy(event);
            }
        }
    }
}
