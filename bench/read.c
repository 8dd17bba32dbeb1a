/* read.c - figure `read`: what reading alone costs, by codec, from the page cache and from the
 * storage, against what the machine gives for the same bytes.
 * "Cold" rows drop the file from the page cache before every repetition, and time that, too: it
 * takes milliseconds. */
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces.h"

enum { RACKS = 256, BAND = 16384, GROUP = 64, PIECE = 4 << 20 };

typedef enum kind { CONTIGUOUS, PLAIN, LZ4, BITSHUFFLE_LZ4, DEFLATE, KINDS } kind;
static const char *const kind_name[KINDS] = {"contiguous", "chunks", "lz4", "bitshuffle_lz4",
                                             "deflate"};
static const st_codec kind_codec[KINDS] = {ST_CODEC_NONE, ST_CODEC_NONE, ST_CODEC_LZ4,
                                           ST_CODEC_BITSHUFFLE_LZ4, ST_CODEC_DEFLATE};

typedef struct source {
    char path[BENCH_PATH];
    size_t samples;
    int flags;     /* of open, for raw reading */
    bool cold;     /* drops the page cache first */
    float *buffer; /* [threads][GROUP][BAND] */
    double sum;    /* so that nobody leaves the reading out */
} source;

static void drop_cache(const char *path)
{
    const int file = open(path, O_RDONLY);
    if (file >= 0) {
        fsync(file); /* what is not on the disk yet cannot be dropped */
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        close(file);
    }
}

static st_status fail(bench *b, const source *s)
{
    return st_fail(b->ctx, ST_FORMAT, "read: %s: not read", s->path);
}

/* The file as it is, in pieces, by all threads. */
static st_status read_raw(bench *b, void *state)
{
    const source *s = state;
    struct stat about;
    bool good = true;
    if (s->cold) {
        drop_cache(s->path);
    }
    const int file = open(s->path, O_RDONLY | s->flags);
    if (file < 0 || fstat(file, &about) != 0) {
        return fail(b, s);
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(b->threads) reduction(&& : good)
    for (off_t at = 0; at < about.st_size; at += PIECE) {
        char *to = (char *)(s->buffer + (size_t)omp_get_thread_num() * GROUP * BAND);
        const ssize_t n = pread(file, to, PIECE, at);
        good = good && (n == PIECE || at + n == about.st_size);
    }
    close(file);
    return good ? ST_OK : fail(b, s);
}

/* The file as memory: every byte is looked at. */
static st_status read_mapped(bench *b, void *state)
{
    source *s = state;
    struct stat about;
    const int file = open(s->path, O_RDONLY);
    if (file < 0 || fstat(file, &about) != 0) {
        return fail(b, s);
    }
    const size_t n = (size_t)about.st_size / sizeof(float);
    const float *const x = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (x == MAP_FAILED) {
        return fail(b, s);
    }
    float sum = 0.0f;
#pragma omp parallel for simd reduction(+ : sum) schedule(static) num_threads(b->threads)
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    s->sum = (double)sum;
    munmap((void *)(uintptr_t)x, (size_t)about.st_size);
    return ST_OK;
}

/* What a run does in detect and nothing else: groups of racks, band by band, as watts. */
static st_status read_trace(bench *b, void *state)
{
    const source *s = state;
    const st_trace_options options = bench_trace_options();
    const char *const path = s->path;
    st_trace *trace = NULL;
    st_status status = ST_OK;
    if (s->cold) {
        drop_cache(s->path);
    }
    ST_TRY(st_trace_open(b->ctx, &path, 1, &options, &trace));
    for (size_t first = 0; first < s->samples && status == ST_OK; first += BAND) {
        const size_t n = s->samples - first < BAND ? s->samples - first : BAND;
#pragma omp parallel for schedule(dynamic, 1) num_threads(b->threads)
        for (size_t rack = 0; rack < RACKS; rack += GROUP) {
            float *to = s->buffer + (size_t)omp_get_thread_num() * GROUP * BAND;
            const st_status one =
                st_trace_read(trace, b->ctx, rack, GROUP, (int64_t)first, n, to, BAND);
            if (one != ST_OK) {
#pragma omp critical(bench_read)
                status = one;
            }
        }
    }
    st_trace_close(trace);
    return status;
}

static st_status read_h5dread(bench *b, void *state)
{
    const source *s = state;
    return bench_trace_h5dread(b, s->path, RACKS, s->samples, s->buffer);
}

/* Corners and a diagonal of what is read against the formula. */
static st_status check(bench *b, const source *s)
{
    const st_trace_options options = bench_trace_options();
    const char *const path = s->path;
    st_trace *trace;
    size_t wrong = 0;
    st_status status = ST_OK;
    ST_TRY(st_trace_open(b->ctx, &path, 1, &options, &trace));
    for (size_t rack = 0; rack < RACKS && status == ST_OK; rack += 15) {
        const size_t first = (s->samples - 100) / (RACKS - 1) * rack;
        float power_w[100];
        status = st_trace_read(trace, b->ctx, rack, 1, (int64_t)first, 100, power_w, 100);
        for (size_t i = 0; i < 100 && status == ST_OK; i++) {
            wrong += power_w[i] != bench_power_w(rack, first + i);
        }
    }
    st_trace_close(trace);
    return status != ST_OK || wrong == 0
               ? status
               : st_fail(b->ctx, ST_INTERNAL, "read: %s: %zu values are wrong", s->path, wrong);
}

enum { RAW, MAPPED, OURS, COLD_RAW = OURS + KINDS, COLD_DIRECT, COLD_OURS, COLD_BITSHUFFLE, JOBS };

typedef struct figure {
    source work[JOBS], library[KINDS];
    bench_job jobs[JOBS], hdf5_jobs[KINDS];
    char path[KINDS][BENCH_PATH];
} figure;

static st_status write_files(bench *b, figure *f, const bench_data *data)
{
    for (int k = 0; k < KINDS; k++) {
        snprintf(f->path[k], BENCH_PATH, "%s/read-%s.h5", b->folder, kind_name[k]);
        ST_TRY(k == CONTIGUOUS
                   ? bench_trace_contiguous(b, f->path[k], data)
                   : bench_trace_write(b, f->path[k], RACKS, data->samples, kind_codec[k]));
    }
    return ST_OK;
}

static void fill_jobs(figure *f, size_t samples,
                      float *buffer) // NOLINT(readability-non-const-parameter): jobs write to it
{
    for (int i = 0; i < JOBS; i++) {
        const int k = i >= OURS && i < OURS + KINDS ? i - OURS
                      : i == COLD_BITSHUFFLE        ? BITSHUFFLE_LZ4
                                                    : CONTIGUOUS;
        const bool raw = i == RAW || i == COLD_RAW || i == COLD_DIRECT;
        f->work[i] = (source){.samples = samples,
                              .flags = i == COLD_DIRECT ? O_DIRECT : 0,
                              .cold = i >= COLD_RAW,
                              .buffer = buffer};
        memcpy(f->work[i].path, f->path[k], BENCH_PATH);
        f->jobs[i] = (bench_job){.work = raw           ? read_raw
                                         : i == MAPPED ? read_mapped
                                                       : read_trace,
                                 .state = &f->work[i]};
    }
    for (int k = 0; k < KINDS; k++) {
        f->library[k] = f->work[OURS + k];
        f->hdf5_jobs[k] = (bench_job){.work = read_h5dread, .state = &f->library[k]};
    }
}

static void report(bench *b, const figure *f, const char *name, const bench_job *job,
                   const bench_job *other, const char *reference)
{
    char text[64];
    snprintf(text, sizeof text, "read.%.50s", name);
    bench_report(
        b,
        &(bench_row){.figure = text,
                     .samples = (double)(RACKS * f->work[0].samples),
                     .time = job->time,
                     .reference = reference,
                     .cpu_ratio = other == NULL ? 0.0 : other->time.cpu_s / job->time.cpu_s,
                     .ratio = other == NULL ? (double)NAN : other->time.best_s / job->time.best_s,
                     .target = (double)NAN});
}

static void report_all(bench *b, const figure *f)
{
    char name[40];
    report(b, f, "pread", &f->jobs[RAW], NULL, "nothing; the contiguous file as it is");
    report(b, f, "mmap", &f->jobs[MAPPED], &f->jobs[RAW], "read.pread; every value is added up");
    for (int k = 0; k < KINDS; k++) {
        report(b, f, kind_name[k], &f->jobs[OURS + k], &f->jobs[RAW], "read.pread");
        snprintf(name, sizeof name, "%s.h5dread", kind_name[k]);
        if (f->hdf5_jobs[k].time.best_s > 0.0) {
            report(b, f, name, &f->jobs[OURS + k], &f->hdf5_jobs[k], "H5Dread alone, as in h5py");
        }
    }
    report(b, f, "cold.pread", &f->jobs[COLD_RAW], NULL, "nothing; not in the page cache");
    report(b, f, "cold.direct", &f->jobs[COLD_DIRECT], &f->jobs[COLD_RAW],
           "read.cold.pread; O_DIRECT");
    report(b, f, "cold.contiguous", &f->jobs[COLD_OURS], &f->jobs[COLD_RAW], "read.cold.pread");
    report(b, f, "cold.bitshuffle_lz4", &f->jobs[COLD_BITSHUFFLE], &f->jobs[COLD_RAW],
           "read.cold.pread of the contiguous file");
}

st_status bench_read(bench *b)
{
    st_status status = ST_OK;
    static figure f; /* too large for the stack, and there is one */
    bench_data data = {0};
    void *buffer = NULL;
    const size_t least = (size_t)(b->threads > 4 ? b->threads : 4); /* H5Dread takes all racks */
    ST_GOTO(status, bench_data_make(b, RACKS, bench_samples(b), &data));
    ST_GOTO(status, bench_alloc(b, least * GROUP * BAND * sizeof(float), &buffer));
    ST_GOTO(status, write_files(b, &f, &data));
    fill_jobs(&f, data.samples, buffer);
    for (int k = 0; k < KINDS; k++) {
        ST_GOTO(status, check(b, &f.work[OURS + k]));
    }
    ST_GOTO(status, bench_measure(b, f.jobs, JOBS));
    /* Without plugins, as they mostly are, HDF5 reads these two. */
    ST_GOTO(status, bench_measure(b, &f.hdf5_jobs[CONTIGUOUS], 1));
    ST_GOTO(status, bench_measure(b, &f.hdf5_jobs[DEFLATE], 1));
    report_all(b, &f);
done:
    bench_free(buffer);
    bench_free(data.power_w);
    return status;
}
