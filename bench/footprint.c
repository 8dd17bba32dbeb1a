/* footprint.c - figure `memory`: the peak memory of `analyze` must not grow with the record.
 * Each run is a process of its own that reports the peak of its own address space: the kernel's
 * ru_maxrss of a child begins at what its parent held when it was started. */
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "surgetank/surgetank.h"
#include "traces.h"

enum { RACKS = 64 };

/* ---- in the child ---------------------------------------------------------------------------- */

static long peak_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kb < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kb = strtol(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kb;
}

int bench_footprint_child(const char *path, const char *summary, const char *threads)
{
    st_context *ctx = st_context_create();
    st_trace *trace = NULL;
    st_site *site = NULL;
    st_settings settings;
    st_settings_default(&settings);
    settings.threads = strtol(threads, NULL, 10);
    st_analysis analysis = {.settings = &settings, .backend = "cpu", .output = summary};
    const st_trace_options options = bench_trace_options();
    st_status status = st_trace_open(ctx, &path, 1, &options, &trace);
    if (status == ST_OK) {
        status = st_site_load(ctx, "colossus-2", ST_BENCH_DATA_DIR, &site);
    }
    if (status == ST_OK) {
        analysis.trace = trace;
        analysis.site = site;
        status = st_analyze(ctx, &analysis);
    }
    if (status != ST_OK) {
        fprintf(stderr, "surgetank-bench: %s\n", st_context_message(ctx));
    }
    printf("%ld\n", peak_kb());
    st_site_destroy(site);
    st_trace_close(trace);
    st_context_destroy(ctx);
    return st_status_exit_code(status);
}

/* ---- in the parent --------------------------------------------------------------------------- */

typedef struct child {
    char trace[BENCH_PATH], summary[BENCH_PATH];
    size_t samples;
    long peak_kb;
} child;

static bool spawn(bench *b, const child *c, int output, pid_t *pid)
{
    char program[] = "/proc/self/exe", name[] = "--analyze-in-child", threads[16];
    char trace[BENCH_PATH], summary[BENCH_PATH];
    posix_spawn_file_actions_t actions;
    snprintf(threads, sizeof threads, "%d", b->threads);
    memcpy(trace, c->trace, sizeof trace);
    memcpy(summary, c->summary, sizeof summary);
    char *const arguments[] = {program, name, trace, summary, threads, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    const int error = posix_spawn(pid, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0;
}

static st_status run_child(bench *b, void *state)
{
    child *c = state;
    int ends[2], status = -1;
    pid_t pid;
    char text[32] = "";
    if (pipe(ends) != 0) {
        return st_fail(b->ctx, ST_INTERNAL, "memory: no pipe");
    }
    const bool started = spawn(b, c, ends[1], &pid);
    close(ends[1]);
    if (started) {
        const ssize_t n = read(ends[0], text, sizeof text - 1);
        text[n > 0 ? n : 0] = '\0';
        waitpid(pid, &status, 0);
    }
    close(ends[0]);
    const long peak_kb = strtol(text, NULL, 10);
    c->peak_kb = peak_kb > c->peak_kb ? peak_kb : c->peak_kb;
    return started && status == 0 && peak_kb > 0
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL, "memory: analyze of %s failed in its process",
                         c->trace);
}

st_status bench_footprint(bench *b)
{
    const int repetitions = b->repetitions;
    child runs[2] = {{.samples = b->quick ? 10000 : 60000},
                     {.samples = b->quick ? 120000 : 3600000}};
    bench_job jobs[2];
    for (int i = 0; i < 2; i++) {
        snprintf(runs[i].trace, BENCH_PATH, "%s/memory%d.h5", b->folder, i);
        snprintf(runs[i].summary, BENCH_PATH, "%s/memory%d.summary.h5", b->folder, i);
        ST_TRY(
            bench_trace_write(b, runs[i].trace, RACKS, runs[i].samples, ST_CODEC_BITSHUFFLE_LZ4));
        jobs[i] = (bench_job){.work = run_child, .state = &runs[i]};
    }
    b->repetitions = 3; /* the peak is that of the worst run: threads meet as they happen to */
    const st_status status = bench_measure(b, jobs, 2);
    b->repetitions = repetitions;
    ST_TRY(status);
    char note[96], reference[64];
    snprintf(note, sizeof note, "peaks %.1f and %.1f MB; %d racks", (double)runs[0].peak_kb / 1e3,
             (double)runs[1].peak_kb / 1e3, RACKS);
    snprintf(reference, sizeof reference, "peak memory of %zu s / of %zu s", runs[0].samples / 1000,
             runs[1].samples / 1000);
    bench_report(b, &(bench_row){.figure = "memory",
                                 .samples = (double)(RACKS * runs[1].samples),
                                 .time = jobs[1].time,
                                 .reference = reference,
                                 .ratio = (double)runs[0].peak_kb / (double)runs[1].peak_kb,
                                 .target = 0.95,
                                 .note = note});
    return ST_OK;
}
