/* respond.cu - respond: convolution of rows with one impulse response by overlap-save. Two rows ride
 * as real and imaginary part of one transform; the response is real, so they never mix. Long
 * responses are cut into equal partitions whose products are summed before the inverse transform.
 * Sources: T. Stockham, High-speed convolution and correlation, 1966; F. Wefers, Partitioned
 * convolution algorithms for real-time auralization, 2015, 3.4.
 * Rows are cut into chunks that travel through two slots: one is copied while the other is worked
 * on. Every block of output stands for itself, so chunks change no bit. */
#include "convolve.cuh"
#include "respond.h"

#include <string.h>

/* One chunk on the device. */
struct convolve_task {
    const st_c32 *twiddle, *response;
    st_c32 *spectra; /* [pairs][run + parts - 1][CONVOLVE_POINTS] */
    const float *x;  /* [rows][x_columns] */
    float *y;        /* [rows][run step] */
    size_t x_columns, y_columns;
    int x_first, x_end; /* columns that hold samples; zeros outside */
    int rows, parts, step, lead, run;
};

/* This thread's points of segment j of a pair, columns [j step, j step + 8192); zeros outside the
 * columns that hold samples and for a row that is not there. */
static __device__ void load_segment(const convolve_task &task, int pair, int j, st_c32 *own)
{
    const float *x = task.x + (size_t)(2 * pair) * task.x_columns;
    const float *next = x + (2 * pair + 1 < task.rows ? task.x_columns : 0);
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        const int i = j * task.step + threadIdx.x + m * CONVOLVE_THREADS;
        const bool inside = i >= task.x_first && i < task.x_end;
        own[m].re = inside ? x[i] : 0.0f;
        own[m].im = inside && next != x ? next[i] : 0.0f;
    }
}

/* Stores the outputs among this thread's points of block j. */
static __device__ void store_block(const convolve_task &task, int pair, int j, const st_c32 *own)
{
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        const int i = threadIdx.x + m * CONVOLVE_THREADS - task.lead;
        if (i >= 0) {
            const size_t to = (size_t)j * task.step + i;
            task.y[(size_t)(2 * pair) * task.y_columns + to] = own[m].re;
            if (2 * pair + 1 < task.rows) {
                task.y[(size_t)(2 * pair + 1) * task.y_columns + to] = own[m].im;
            }
        }
    }
}

/* One partition: a block of threads per block of output and pair of rows. */
__global__ void __launch_bounds__(CONVOLVE_THREADS)
    respond_block_kernel(GPU_ARGUMENT convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    st_c32 own[CONVOLVE_OWN];
    load_segment(task, blockIdx.y, blockIdx.x, own);
    convolve_forward(z, task.twiddle, own);
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        own[m] = st_c_mul_f32(own[m], task.response[convolve_place(m)]);
    }
    convolve_backward(z, task.twiddle, own);
    store_block(task, blockIdx.y, blockIdx.x, own);
}

/* Several partitions, first half: every segment is transformed once. */
__global__ void __launch_bounds__(CONVOLVE_THREADS)
    respond_spectrum_kernel(GPU_ARGUMENT convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    const size_t segments = task.run + task.parts - 1;
    st_c32 *to = task.spectra + (blockIdx.y * segments + blockIdx.x) * CONVOLVE_POINTS;
    st_c32 own[CONVOLVE_OWN];
    load_segment(task, blockIdx.y, blockIdx.x, own);
    convolve_forward(z, task.twiddle, own);
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        to[convolve_place(m)] = own[m];
    }
}

/* Second half: partition p meets the segment p blocks ago. The newest segment comes last. */
__global__ void __launch_bounds__(CONVOLVE_THREADS)
    respond_partitions_kernel(GPU_ARGUMENT convolve_task task)
{
    GPU_DYN_SHARED(st_c32, z); /* [CONVOLVE_POINTS] */
    const size_t segments = task.run + task.parts - 1;
    const st_c32 *newest =
        task.spectra + (blockIdx.y * segments + blockIdx.x + task.parts - 1) * CONVOLVE_POINTS;
    st_c32 sum[CONVOLVE_OWN];
    GPU_UNROLL
    for (int m = 0; m < CONVOLVE_OWN; m++) {
        const st_c32 *segment = newest + convolve_place(m);
        const st_c32 *response = task.response + convolve_place(m);
        st_c32 past = st_c_mul_f32(segment[-CONVOLVE_POINTS], response[CONVOLVE_POINTS]);
        for (int p = 2; p < task.parts; p++) {
            past = st_c_add_f32(
                past, st_c_mul_f32(segment[-p * CONVOLVE_POINTS], response[p * CONVOLVE_POINTS]));
        }
        sum[m] = st_c_add_f32(st_c_mul_f32(*segment, *response), past);
    }
    convolve_backward(z, task.twiddle, sum);
    store_block(task, blockIdx.y, blockIdx.x, sum);
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
    k.first = (int64_t)task->taps - 1 - c->of.lead + (k.block - (c->of.parts - 1)) * c->of.step;
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
                                (const st_c32 *)r->response.at,
                                (st_c32 *)r->spectra.at,
                                (const float *)r->x[slot].at,
                                (float *)r->y[slot].at,
                                c->x_columns,
                                (size_t)(c->run * c->of.step),
                                (int)(k->from - k->first),
                                (int)(k->end - k->first),
                                (int)k->rows,
                                c->of.parts,
                                c->of.step,
                                c->of.lead,
                                (int)c->run};
    if (c->of.parts == 1) {
        ST_CUDA_TRY(ctx, exec,
                    gpu_launch(respond_block_kernel, dim3(blocks, pairs), CONVOLVE_THREADS, shared,
                               exec->compute, task));
        return ST_OK;
    }
    ST_CUDA_TRY(ctx, exec,
                gpu_launch(respond_spectrum_kernel, dim3(blocks + c->of.parts - 1, pairs),
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
    const size_t out = (size_t)(c->run * c->of.step) * sizeof(float);
    const size_t samples = k->end > k->from ? (size_t)(k->end - k->from) : 0;
    float *x = (float *)r->x[slot].at + column, *host_x = (float *)r->host_x[slot].at + column;
    for (size_t row = 0; row < k->rows; row++) {
        memcpy(host_x + row * c->x_columns, task->x + (k->row + row) * task->x_stride + k->from,
               samples * sizeof(float));
    }
    if (samples > 0) {
        ST_CUDA_TRY(ctx, exec,
                    cudaMemcpy2DAsync(x, pitch, host_x, pitch, samples * sizeof(float), k->rows,
                                      cudaMemcpyHostToDevice, exec->upload));
    }
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->uploaded[slot], exec->upload));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->compute, r->uploaded[slot], 0));
    ST_TRY(launch_chunk(ctx, exec, c, k, slot));
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->computed[slot], exec->compute));
    ST_CUDA_TRY(ctx, exec, cudaStreamWaitEvent(exec->download, r->computed[slot], 0));
    ST_CUDA_TRY(ctx, exec,
                cudaMemcpy2DAsync(r->host_y[slot].at, out, r->y[slot].at, out,
                                  (size_t)(k->blocks * c->of.step) * sizeof(float), k->rows,
                                  cudaMemcpyDeviceToHost, exec->download));
    ST_CUDA_TRY(ctx, exec, cudaEventRecord(r->downloaded[slot], exec->download));
    return ST_OK;
}

/* Waits for the chunk of a slot and copies it to where it belongs. */
static st_status hand_over(st_context *ctx, st_exec *exec, const st_convolution *task,
                           const convolve_cut *c, const convolve_chunk *k, int slot)
{
    const size_t first = (size_t)(k->block * c->of.step), left = task->n - first;
    const size_t given = (size_t)(k->blocks * c->of.step), samples = given < left ? given : left;
    ST_CUDA_TRY(ctx, exec, cudaEventSynchronize(exec->respond.downloaded[slot]));
    for (size_t row = 0; row < k->rows; row++) {
        memcpy(task->y + (k->row + row) * task->y_stride + first,
               (const float *)exec->respond.host_y[slot].at + row * (size_t)(c->run * c->of.step),
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
    if (exec->dead) {
        return st_fail(ctx, ST_DEVICE, "CUDA: the device has failed before");
    }
    if (convolution->taps == 0) {
        return st_fail(ctx, ST_INTERNAL, "an impulse response has no taps");
    }
    if (convolution->rows == 0 || convolution->n == 0) {
        return ST_OK;
    }
    const convolve_cut cut = cuda_convolve_cut(convolution);
    ST_TRY(cuda_convolve_take(ctx, exec, &cut));
    ST_TRY(cuda_convolve_upload(ctx, exec, convolution, &cut));
    return run_chunks(ctx, exec, convolution, &cut);
}

/* Opts in to the shared memory of 8192 points. */
st_status cuda_convolve_prepare_kernels(st_context *ctx, st_exec *exec)
{
    void (*const kernels[])(convolve_task) = {respond_block_kernel, respond_spectrum_kernel,
                                              respond_partitions_kernel};
    for (const auto kernel : kernels) {
        ST_CUDA_TRY(ctx, exec,
                    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                         (int)(CONVOLVE_POINTS * sizeof(st_c32))));
    }
    return ST_OK;
}
