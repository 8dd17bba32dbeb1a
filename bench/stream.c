/* stream.c - what this machine gives: a sum over an array (STREAM's read), a copy, and multiply-adds
 * in registers. Everything else can be seen as a share of these. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "bench.h"

typedef struct arrays {
    size_t n;
    float *from, *to; /* [n] */
    float sum;        /* so that nobody leaves the reading out */
} arrays;

static st_status read_all(bench *b, void *state)
{
    arrays *a = state;
    const float *const from = a->from;
    const size_t n = a->n;
    float sum = 0.0f;
#pragma omp parallel for simd reduction(+ : sum) schedule(static) num_threads(b->threads)
    for (size_t i = 0; i < n; i++) {
        sum += from[i];
    }
    a->sum = sum;
    return ST_OK;
}

static st_status copy_all(bench *b, void *state)
{
    arrays *a = state;
#pragma omp parallel num_threads(b->threads)
    {
        const size_t threads = (size_t)omp_get_num_threads(), t = (size_t)omp_get_thread_num();
        const size_t first = a->n / threads * t;
        const size_t n = t + 1 == threads ? a->n - first : a->n / threads;
        memcpy(a->to + first, a->from + first, n * sizeof(float));
    }
    return ST_OK;
}

enum { CHAINS = 12, WIDTH = 16, ROUNDS = 1 << 22 };
typedef float wide __attribute__((vector_size(WIDTH * sizeof(float))));

/* Chains enough to hide the latency of an addition; they stay near 2. */
static st_status multiply_add(bench *b, void *state)
{
    arrays *a = state;
    float sum = 0.0f;
#pragma omp parallel num_threads(b->threads) reduction(+ : sum)
    {
        wide chain[CHAINS];
        const wide half = (wide){0.0f} + 0.5f, one = (wide){0.0f} + 1.0f;
        for (int c = 0; c < CHAINS; c++) {
            chain[c] = one * (float)(c + omp_get_thread_num());
        }
        for (int i = 0; i < ROUNDS; i++) {
#pragma GCC unroll 12
            for (int c = 0; c < CHAINS; c++) {
                chain[c] = chain[c] * half + one;
            }
        }
        for (int c = 0; c < CHAINS; c++) {
            sum += chain[c][0] - 2.0f;
        }
    }
    a->sum += sum;
    return ST_OK;
}

static st_status check(bench *b, const arrays *a)
{
    if (a->sum != 0.0f || memcmp(a->from, a->to, a->n * sizeof(float)) != 0) {
        return st_fail(b->ctx, ST_INTERNAL, "stream: a sum of zeros or a copy is wrong");
    }
    return ST_OK;
}

st_status bench_stream(bench *b)
{
    st_status status = ST_OK;
    void *from = NULL, *to = NULL;
    arrays a = {.n = (size_t)BENCH_RACKS * bench_samples(b)};
    ST_GOTO(status, bench_alloc(b, a.n * sizeof(float), &from));
    ST_GOTO(status, bench_alloc(b, a.n * sizeof(float), &to));
    a.from = from;
    a.to = to;
    bench_job jobs[] = {{.work = read_all, .state = &a}, {.work = copy_all, .state = &a}};
    bench_job registers = {.work = multiply_add, .state = &a};
    ST_GOTO(status, bench_measure(b, jobs, 2));
    ST_GOTO(status, bench_measure(b, &registers, 1));
    ST_GOTO(status, check(b, &a));
    b->read_bytes_per_s = (double)(a.n * sizeof(float)) / jobs[0].time.best_s;
    b->copy_bytes_per_s = (double)(a.n * sizeof(float)) / jobs[1].time.best_s;
    bench_report(b, &(bench_row){.figure = "stream.read",
                                 .samples = (double)a.n,
                                 .time = jobs[0].time,
                                 .reference = "memcpy",
                                 .ratio = jobs[1].time.best_s / jobs[0].time.best_s,
                                 .target = (double)NAN});
    bench_report(b, &(bench_row){.figure = "stream.copy",
                                 .samples = (double)a.n,
                                 .time = jobs[1].time,
                                 .reference = "nothing; other figures refer to this",
                                 .ratio = (double)NAN,
                                 .target = (double)NAN});
    bench_report(b, &(bench_row){.figure = "stream.fma",
                                 .samples = (double)b->threads * ROUNDS * CHAINS * WIDTH,
                                 .time = registers.time,
                                 .reference = "nothing; float32 multiply-adds in registers",
                                 .ratio = (double)NAN,
                                 .target = (double)NAN});
done:
    bench_free(from);
    bench_free(to);
    return status;
}
