/* analyze.c - figure `analyze`: the whole sentence, from files in the page cache and from memory.
 * Memory: the linker puts __wrap_st_trace_read in front of st_trace_read (CMakeLists.txt), so that
 * the run is the product's own down to the call that fetches samples. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "fftw.h"
#include "part.h"
#include "surgetank/surgetank.h"
#include "traces.h"

/* ---- samples from memory --------------------------------------------------------------------- */

static struct {
    const st_trace *trace; /* whose samples come from `data` */
    const bench_data *data;
    atomic_size_t calls;
} image;

st_status __real_st_trace_read(const st_trace *trace, st_context *ctx, size_t first_rack,
                               size_t racks, int64_t first, size_t samples, float *out_w,
                               size_t stride);
st_status __wrap_st_trace_read(const st_trace *trace, st_context *ctx, size_t first_rack,
                               size_t racks, int64_t first, size_t samples, float *out_w,
                               size_t stride);

st_status __wrap_st_trace_read(const st_trace *trace, st_context *ctx, size_t first_rack,
                               size_t racks, int64_t first, size_t samples, float *out_w,
                               size_t stride)
{
    if (trace != image.trace) {
        return __real_st_trace_read(trace, ctx, first_rack, racks, first, samples, out_w, stride);
    }
    atomic_fetch_add_explicit(&image.calls, 1, memory_order_relaxed);
    return bench_source_read(image.data, ctx, first_rack, racks, first, samples, out_w, stride);
}

/* ---- what is timed --------------------------------------------------------------------------- */

#define SITE "colossus-2"

typedef enum kind { CONTIGUOUS, DEFLATE, BITSHUFFLE_LZ4, KINDS } kind;

typedef struct job {
    const char *path;
    st_site *site;
    st_trace *trace; /* NULL: opened anew every time, as the program does */
    char summary[BENCH_PATH];
    int threads;
    const bench_data *data;
    float *buffer; /* of the figure */
} job;

static st_status analyze(bench *b, const job *j, const st_trace *trace)
{
    st_settings settings;
    st_settings_default(&settings);
    settings.threads = j->threads;
    const st_analysis analysis = {.trace = trace,
                                  .site = j->site,
                                  .settings = &settings,
                                  .backend = "cpu",
                                  .output = j->summary};
    return st_analyze(b->ctx, &analysis);
}

static st_status run_memory(bench *b, void *state)
{
    const job *j = state;
    image.trace = j->trace;
    image.data = j->data;
    const st_status status = analyze(b, j, j->trace);
    image.trace = NULL;
    return status;
}

static st_status run_file(bench *b, void *state)
{
    const job *j = state;
    st_trace *trace;
    const st_trace_options options = bench_trace_options();
    ST_TRY(st_trace_open(b->ctx, &j->path, 1, &options, &trace));
    const st_status status = analyze(b, j, trace);
    st_trace_close(trace);
    return status;
}

static st_status run_h5dread(bench *b, void *state)
{
    const job *j = state;
    return bench_trace_h5dread(b, j->path, j->data->racks, j->data->samples, j->buffer);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static st_status check_means(bench *b, const bench_data *data, const double *mean_w, size_t n)
{
    double worst = n == data->racks ? 0.0 : (double)NAN;
    for (size_t r = 0; r < data->racks && n == data->racks; r++) {
        double sum_w = 0.0; /* of whole numbers: exact */
        for (size_t i = 0; i < data->samples; i++) {
            sum_w += (double)data->power_w[r * data->samples + i];
        }
        const double off = fabs(mean_w[r] * (double)data->samples / sum_w - 1.0);
        worst = off <= worst ? worst : off;
    }
    return worst <= 1e-9 ? ST_OK
                         : st_fail(b->ctx, ST_INTERNAL,
                                   "analyze: a rack's mean is off by %.2g; allowed: 1e-9", worst);
}

/* A summary against float64, and against the summary of another way to the same samples. */
static st_status check_summary(bench *b, const bench_data *data, const char *path,
                               const char *other_path)
{
    st_status status = ST_OK;
    st_summary *summary = NULL, *other = NULL;
    const double *values, *others;
    size_t n, m;
    ST_GOTO(status, st_summary_open(b->ctx, path, &summary));
    ST_GOTO(status, st_summary_open(b->ctx, other_path, &other));
    ST_GOTO(status, st_summary_reals(summary, "racks/mean_w", &values, &n));
    ST_GOTO(status, check_means(b, data, values, n));
    ST_GOTO(status, st_summary_reals(summary, "draw/psd", &values, &n));
    ST_GOTO(status, st_summary_reals(other, "draw/psd", &others, &m));
    if (n != m || memcmp(values, others, n * sizeof *values) != 0) {
        status =
            st_fail(b->ctx, ST_INTERNAL, "analyze: the draw from %s is not that from memory", path);
    }
done:
    st_summary_close(summary);
    st_summary_close(other);
    return status;
}

/* ---- a point of a curve ---------------------------------------------------------------------- */

/* The file gives the trace its shape; samples come from memory. */
st_status bench_analyze_point(bench *b, size_t racks, size_t length, double *samples,
                              bench_time *time)
{
    st_status status = ST_OK;
    bench_data data = {0};
    char file[BENCH_PATH];
    const char *const path = file;
    job j = {.threads = b->threads, .data = &data};
    bench_job timed = {.work = run_memory, .state = &j};
    const st_trace_options options = bench_trace_options();
    snprintf(file, sizeof file, "%s/point.h5", b->folder);
    snprintf(j.summary, BENCH_PATH, "%s/point.summary.h5", b->folder);
    ST_GOTO(status, bench_data_make(b, racks, length, &data));
    ST_GOTO(status, bench_trace_contiguous(b, path, &data));
    ST_GOTO(status, st_site_load(b->ctx, SITE, ST_BENCH_DATA_DIR, &j.site));
    ST_GOTO(status, st_trace_open(b->ctx, &path, 1, &options, &j.trace));
    ST_GOTO(status, bench_measure(b, &timed, 1));
    *samples = (double)racks * (double)length;
    *time = timed.time;
done:
    st_trace_close(j.trace);
    st_site_destroy(j.site);
    bench_free(data.power_w);
    unlink(file);
    return status;
}

/* ---- the figure ------------------------------------------------------------------------------ */

/* Long: so many times the recording, end to end. */
enum { LONG_TIMES = 8 };
enum {
    MEMORY,
    ONE_THREAD,
    LONG,
    LONG_ONE_THREAD,
    FILES,
    READ_CONTIGUOUS = FILES + KINDS,
    READ_DEFLATE,
    ALONE,
    JOBS
};

typedef struct figure {
    bench_data data;
    char path[KINDS][BENCH_PATH], long_path[BENCH_PATH];
    job work[JOBS];
    bench_job jobs[JOBS];
    float *buffer; /* of H5Dread: [racks][16,384] */
    double offset_w[BENCH_SITE_RACKS];
    st_plan *plan;
    bench_fftw *fftw;
    bench_fftw_welch alone;
} figure;

static const char *const kind_name[KINDS] = {"contiguous", "deflate", "bitshuffle_lz4"};

static st_status write_files(bench *b, figure *f)
{
    static const st_codec codec[KINDS] = {ST_CODEC_NONE, ST_CODEC_DEFLATE, ST_CODEC_BITSHUFFLE_LZ4};
    for (int k = 0; k < KINDS; k++) {
        snprintf(f->path[k], BENCH_PATH, "%s/%s.h5", b->folder, kind_name[k]);
        ST_TRY(k == CONTIGUOUS
                   ? bench_trace_contiguous(b, f->path[k], &f->data)
                   : bench_trace_write(b, f->path[k], f->data.racks, f->data.samples, codec[k]));
    }
    snprintf(f->long_path, BENCH_PATH, "%s/long.h5", b->folder);
    return bench_trace_contiguous(
        b, f->long_path,
        &(bench_data){.racks = f->data.racks, .samples = LONG_TIMES * f->data.samples});
}

static bool is_long(int i)
{
    return i == LONG || i == LONG_ONE_THREAD;
}

static st_status fill_jobs(bench *b, figure *f, st_site *site, st_trace *trace,
                           st_trace *long_trace)
{
    static st_status (*const work[JOBS])(bench *, void *) = {
        run_memory, run_memory, run_memory,  run_memory,  run_file,
        run_file,   run_file,   run_h5dread, run_h5dread, bench_fftw_alone};
    for (int i = 0; i < JOBS; i++) {
        const int k = i == READ_DEFLATE ? DEFLATE : i >= FILES && i < FILES + KINDS ? i - FILES : 0;
        f->work[i] = (job){.path = f->path[k],
                           .site = site,
                           .trace = is_long(i) ? long_trace : trace,
                           .threads = i == ONE_THREAD || i == LONG_ONE_THREAD ? 1 : b->threads,
                           .data = &f->data,
                           .buffer = f->buffer};
        snprintf(f->work[i].summary, BENCH_PATH, "%s/%d.summary.h5", b->folder, i);
        f->jobs[i] = (bench_job){.work = work[i], .state = &f->work[i]};
    }
    ST_TRY(bench_plan(b, &f->data, f->offset_w, b->threads, &f->plan));
    ST_TRY(bench_fftw_open(b, f->plan->fast.n, &f->fftw));
    f->alone = (bench_fftw_welch){.fftw = f->fftw, .data = &f->data};
    f->jobs[ALONE].state = &f->alone;
    return ST_OK;
}

static st_status check(bench *b, figure *f)
{
    for (int i = MEMORY; i < FILES + KINDS; i++) {
        ST_TRY(f->jobs[i].work(b, f->jobs[i].state));
        const int like = is_long(i) ? LONG : MEMORY;
        ST_TRY(check_summary(b, &f->data, f->work[i].summary, f->work[like].summary));
    }
    return atomic_load(&image.calls) > 0
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL, "analyze: the linker did not wrap st_trace_read");
}

static double samples_of(const figure *f, int i)
{
    return (double)(f->data.racks * f->data.samples) * (is_long(i) ? LONG_TIMES : 1);
}

/* One row: job `i` against job `other`, by the sample; -1: nothing to compare with. */
static void report(bench *b, const figure *f, const char *name, int i, int other, double target,
                   const char *reference)
{
    char text[BENCH_PATH];
    const bench_time time = f->jobs[i].time;
    bench_row row = {.figure = text,
                     .samples = samples_of(f, i),
                     .time = time,
                     .reference = reference,
                     .ratio = (double)NAN,
                     .target = target};
    snprintf(text, sizeof text, "analyze.%s", name);
    if (other >= 0) {
        const double more = row.samples / samples_of(f, other);
        row.ratio = more * f->jobs[other].time.best_s / time.best_s;
        row.cpu_ratio = more * f->jobs[other].time.cpu_s / time.cpu_s;
    }
    bench_report(b, &row);
}

static void report_all(bench *b, const figure *f)
{
    const bool fftw = f->fftw != NULL;
    const char *const alone = fftw ? "FFTW's transforms alone, r2c" : "FFTW was not found";
    const int other = fftw ? ALONE : -1;
    const double twice = b->threads == 2 ? 1.9 : (double)NAN;
    report(b, f, "memory", MEMORY, other, 1.5, alone);
    report(b, f, "threads", MEMORY, b->threads > 1 ? ONE_THREAD : -1, twice,
           "the same on 1 thread");
    report(b, f, "long", LONG, other, 1.5, alone);
    report(b, f, "long.threads", LONG, b->threads > 1 ? LONG_ONE_THREAD : -1, twice,
           "the same on 1 thread");
    report(b, f, "contiguous", FILES + CONTIGUOUS, MEMORY, 0.9, "analyze.memory");
    report(b, f, "bitshuffle_lz4", FILES + BITSHUFFLE_LZ4, MEMORY, 0.6, "analyze.memory");
    report(b, f, "deflate", FILES + DEFLATE, READ_DEFLATE, 4.0, "H5Dread alone, as in h5py");
    report(b, f, "h5dread_contiguous", READ_CONTIGUOUS, -1, (double)NAN, "nothing; H5Dread alone");
    report(b, f, "h5dread_deflate", READ_DEFLATE, -1, (double)NAN, "nothing; H5Dread alone");
}

st_status bench_analyze(bench *b)
{
    st_status status = ST_OK;
    static figure f; /* too large for the stack, and there is one */
    st_trace *trace = NULL, *long_trace = NULL;
    st_site *site = NULL;
    void *buffer = NULL;
    const char *const path = f.path[CONTIGUOUS], *const long_path = f.long_path;
    const st_trace_options options = bench_trace_options();
    ST_GOTO(status, bench_data_make(b, BENCH_SITE_RACKS, bench_samples(b) / 2, &f.data));
    ST_GOTO(status, bench_alloc(b, (size_t)BENCH_SITE_RACKS * 16384 * sizeof(float), &buffer));
    f.buffer = buffer;
    ST_GOTO(status, write_files(b, &f));
    ST_GOTO(status, st_site_load(b->ctx, SITE, ST_BENCH_DATA_DIR, &site));
    ST_GOTO(status, st_trace_open(b->ctx, &path, 1, &options, &trace));
    ST_GOTO(status, st_trace_open(b->ctx, &long_path, 1, &options, &long_trace));
    ST_GOTO(status, fill_jobs(b, &f, site, trace, long_trace));
    ST_GOTO(status, check(b, &f));
    ST_GOTO(status, bench_measure(b, f.jobs, f.fftw != NULL ? JOBS : ALONE));
    report_all(b, &f);
done:
    bench_fftw_close(f.fftw);
    st_plan_destroy(f.plan);
    st_trace_close(long_trace);
    st_trace_close(trace);
    st_site_destroy(site);
    bench_free(buffer);
    bench_free(f.data.power_w);
    return status;
}
