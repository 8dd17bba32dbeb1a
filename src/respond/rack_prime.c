/* rack_prime.c - shows the start of the record to every rack's search for L0, behind the stages that
 * come before. Groups of racks side by side, each as far as its own racks need. */
#include "respond/rack_prime.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "respond/prime.h"

/* A chunk of trace/1; whole blocks of the racks' stages. */
enum { PRIME_RACKS = ST_GROUP_RACKS, PRIME_SAMPLES = 16384 };

typedef struct st_rack_task {
    const st_rack_storage *racks;
    size_t stage; /* the one that starts are wanted for */
    double tau_s;
    const st_plan *plan;
    const st_source *source;
    double *first_w, *prime_w; /* [racks] */
} st_rack_task;

/* What one group is worked in. */
typedef struct st_rack_work {
    float *power_w;           /* [PRIME_RACKS][PRIME_SAMPLES] */
    double *x;                /* [PRIME_SAMPLES] */
    st_rack_passage *passage; /* [PRIME_RACKS][stages before] */
    double *memory;           /* [PRIME_RACKS][remembered], of delays and counters */
    size_t remembered;
    st_prime_search search[PRIME_RACKS];
    st_arena arena;
} st_rack_work;

static st_status open_work(st_context *ctx, const st_rack_task *task, st_rack_work *work)
{
    const size_t passages = PRIME_RACKS * task->stage;
    void *power_w, *x, *passage, *memory;
    *work = (st_rack_work){.remembered = 0};
    for (size_t t = 0; t < task->stage; t++) {
        work->remembered += (size_t)task->racks->stage[t].delay_samples + ST_RACK_STACK;
    }
    ST_TRY(st_arena_open(ctx,
                         st_arena_need((size_t)PRIME_RACKS * PRIME_SAMPLES, sizeof(float)) +
                             st_arena_need(PRIME_SAMPLES, sizeof(double)) +
                             st_arena_need(passages, sizeof(st_rack_passage)) +
                             st_arena_need(PRIME_RACKS * work->remembered, sizeof(double)),
                         "where the racks start", &work->arena));
    ST_TRY(st_arena_take(ctx, &work->arena, (size_t)PRIME_RACKS * PRIME_SAMPLES, sizeof(float),
                         &power_w));
    ST_TRY(st_arena_take(ctx, &work->arena, PRIME_SAMPLES, sizeof(double), &x));
    ST_TRY(st_arena_take(ctx, &work->arena, passages, sizeof(st_rack_passage), &passage));
    ST_TRY(
        st_arena_take(ctx, &work->arena, PRIME_RACKS * work->remembered, sizeof(double), &memory));
    work->power_w = power_w;
    work->x = x;
    work->passage = passage;
    work->memory = memory;
    return ST_OK;
}

static void start_rack(const st_rack_task *task, st_rack_work *work, size_t rack, size_t row)
{
    double *memory = work->memory + row * work->remembered;
    memset(memory, 0, work->remembered * sizeof *memory);
    for (size_t t = 0; t < task->stage; t++) {
        const st_rack_stage *stage = &task->racks->stage[t];
        const size_t of = t * task->plan->racks + rack;
        st_rack_passage_start(stage, &work->passage[row * task->stage + t],
                              task->racks->first_w[of], task->racks->prime_w[of],
                              memory + ST_RACK_STACK, memory);
        memory += ST_RACK_STACK + stage->delay_samples;
    }
    st_prime_start(&work->search[row], task->tau_s, task->plan->period_ns, task->plan->samples);
}

/* x: [n], one rack from sample `from` on: what stage `stage` of it sees. */
static void show_rack(const st_rack_task *task, st_rack_work *work, size_t rack, size_t row,
                      int64_t from, size_t n)
{
    const float *power_w = work->power_w + row * PRIME_SAMPLES;
    for (size_t i = 0; i < n; i++) {
        work->x[i] = (double)power_w[i] + task->plan->offset_w[rack];
    }
    for (size_t t = 0; t < task->stage; t++) {
        for (size_t i = 0; i < n; i += ST_RACK_BLOCK) {
            st_rack_stage_block(&task->racks->stage[t], task->racks->calendar,
                                &work->passage[row * task->stage + t], work->x + i, 1,
                                (int)(n - i < ST_RACK_BLOCK ? n - i : ST_RACK_BLOCK));
        }
    }
    st_prime_add(&work->search[row], work->x, from, n);
}

static bool anyone_wants(const st_rack_work *work, size_t racks, int64_t from)
{
    bool wanted = false;
    for (size_t row = 0; row < racks; row++) {
        wanted = wanted || st_prime_wants(&work->search[row], from);
    }
    return wanted;
}

/* Racks [first, first + racks). */
static st_status prime_group(st_context *ctx, const st_rack_task *task, st_rack_work *work,
                             size_t first, size_t racks)
{
    const st_plan *plan = task->plan;
    for (size_t row = 0; row < racks; row++) {
        start_rack(task, work, first + row, row);
    }
    for (int64_t from = 0; anyone_wants(work, racks, from); from += PRIME_SAMPLES) {
        const int64_t left = plan->samples - from;
        const size_t n = (size_t)(left < PRIME_SAMPLES ? left : PRIME_SAMPLES);
        ST_TRY(task->source->read(task->source->state, ctx, first, racks, from, n, work->power_w,
                                  PRIME_SAMPLES));
        for (size_t row = 0; row < racks; row++) {
            if (st_prime_wants(&work->search[row], from)) {
                show_rack(task, work, first + row, row, from, n);
            }
        }
    }
    for (size_t row = 0; row < racks; row++) {
        const st_prime prime = st_prime_found(&work->search[row]);
        task->first_w[first + row] = prime.first_w;
        task->prime_w[first + row] = isnan(prime.level_w) ? prime.first_w : prime.level_w;
    }
    return ST_OK;
}

/* The groups that this thread gets. */
static st_status prime_some(st_context *ctx, const st_rack_task *task)
{
    const int64_t racks = (int64_t)task->plan->racks;
    st_rack_work work;
    st_status status = open_work(ctx, task, &work);
#pragma omp for schedule(dynamic, 1)
    for (int64_t first = 0; first < racks; first += PRIME_RACKS) {
        const int64_t left = racks - first;
        if (status == ST_OK) {
            status = prime_group(ctx, task, &work, (size_t)first,
                                 (size_t)(left < PRIME_RACKS ? left : PRIME_RACKS));
        }
    }
    st_arena_close(&work.arena);
    return status;
}

st_status st_rack_prime(st_context *ctx, const st_rack_storage *racks, size_t s, double tau_s,
                        const st_plan *plan, const st_source *source,
                        double *first_w, // NOLINT(readability-non-const-parameter): the task writes
                        double *prime_w) // NOLINT(readability-non-const-parameter): to both
{
    const st_rack_task task = {racks, s, tau_s, plan, source, first_w, prime_w};
    st_status status = ST_OK;
#pragma omp parallel num_threads(plan->threads)
    {
        const st_status mine = prime_some(ctx, &task);
#pragma omp critical
        status = status == ST_OK ? mine : status;
    }
    return status;
}
