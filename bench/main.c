/* main.c - surgetank-bench: how fast surgetank is, as ratios inside one run.
 *
 *     surgetank-bench [--quick] [--only FIGURE[,FIGURE]] [--json FILE]
 *
 * Runs all figures but `curves`, which has to be asked for.
 * Prints a table; --json FILE takes one JSON object per line with figure, samples, seconds,
 * gsamples_per_s, reference, ratio, target and met (null: nothing to compare with, or no target),
 * and besides them median_seconds, cpu_seconds, cpu_ratio (of processor seconds of all threads; a
 * busy machine changes it least), foreign_load and a note. A ratio above 1 is faster
 * (or smaller) than the reference; targets are the least ratio that is wanted. Everything is
 * checked against float64 before it is timed; a figure whose numbers are wrong is not timed and
 * ends in exit 70. A missed target is a row like any other. A "!" behind the share of the machine
 * that others used says that the run should be repeated on a quiet one. */
#include <dirent.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { EXIT_USAGE = 64, EXIT_INTERNAL = 70, EXIT_OUTPUT = 74, EXIT_SIGNAL = 128 };

typedef struct figure {
    const char *name;
    st_status (*run)(bench *b);
    const char *target, *words;
} figure;

static const figure figures[] = {
    {"stream", bench_stream, "none", "memory of this machine: sum of an array, memcpy"},
    {"welch", bench_welch, ">= 2.5 x FFTW, 2 threads >= 1.9 x 1",
     "spectral sums of every rack, N = 1024, half overlapping, detrended"},
    {"pass", bench_pass, "none", "detect over all racks from memory"},
    {"overlap_save", bench_overlap_save, ">= 25 x scipy.signal.oaconvolve (compare_scipy.py)",
     "every rack through 1,025 taps"},
    {"storage", bench_storage, "racks: >= 0.9 x stream.read", "load through a battery"},
    {"sweep", bench_sweep, ">= 100 x a NumPy loop (compare_scipy.py)", "256 batteries at once"},
    {"analyze", bench_analyze,
     "memory >= 1.5 x FFTW alone; contiguous 0.9, bitshuffle+LZ4 0.6 of it; deflate >= 4 x H5Dread",
     "the whole sentence"},
    {"read", bench_read, "none", "reading alone: codecs, page cache and storage"},
    {"memory", bench_footprint, "equal within 5 %", "peak memory of analyze, short against long"},
    {"curves", bench_curves, "none", "over racks, length, frame, taps, threads and candidates"},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

static int usage(const char *wrong)
{
    fprintf(stderr,
            "surgetank-bench: %s\n"
            "usage: surgetank-bench [--quick] [--only FIGURE[,FIGURE]] [--json FILE]\n",
            wrong);
    for (size_t i = 0; i < FIGURES; i++) {
        fprintf(stderr, "  %-13s %s; target: %s\n", figures[i].name, figures[i].words,
                figures[i].target);
    }
    return EXIT_USAGE;
}

/* ---- the temporary folder -------------------------------------------------------------------- */

static bool make_folder(bench *b)
{
    const char *place = getenv("TMPDIR");
    const int n = snprintf(b->folder, sizeof b->folder, "%s/surgetank-bench-XXXXXX",
                           place != NULL ? place : "/tmp");
    return n < (int)sizeof b->folder && mkdtemp(b->folder) != NULL;
}

static void empty_folder(const bench *b)
{
    char path[sizeof b->folder + 260];
    DIR *folder = opendir(b->folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        if (entry->d_name[0] != '.') {
            unlink(path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

/* Waits for a signal that would end the program, and leaves no gigabytes behind. */
static void *watch_signals(void *state)
{
    const bench *b = state;
    sigset_t ends;
    int signal = 0;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigwait(&ends, &signal);
    empty_folder(b);
    rmdir(b->folder);
    _exit(EXIT_SIGNAL + signal);
}

/* Before any other thread exists, so that all of them leave these signals to the one that waits. */
static void start_watch(bench *b)
{
    pthread_t watch;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (pthread_create(&watch, NULL, watch_signals, b) == 0) {
        pthread_detach(watch);
    }
}

/* Whether a list of names with commas between them has this one. */
static bool named(const char *list, const char *name)
{
    const size_t length = strlen(name);
    while (list != NULL && *list != '\0') {
        const size_t n = strcspn(list, ",");
        if (n == length && strncmp(list, name, n) == 0) {
            return true;
        }
        list += n + (list[n] == ',');
    }
    return false;
}

/* Names in a list that are not those of figures. */
static size_t unknown(const char *list)
{
    size_t names = *list != '\0', known = 0;
    for (const char *at = list; *at != '\0'; at++) {
        names += *at == ',';
    }
    for (size_t i = 0; i < FIGURES; i++) {
        known += named(list, figures[i].name);
    }
    return names - known;
}

/* ---- the run --------------------------------------------------------------------------------- */

static int run_figures(bench *b, const char *only)
{
    int failed = 0;
    double load[1] = {0.0};
    bench_header(b);
    for (size_t i = 0; i < FIGURES; i++) {
        if (only != NULL ? !named(only, figures[i].name) : figures[i].run == bench_curves) {
            continue;
        }
        if (figures[i].run(b) != ST_OK) {
            fprintf(stderr, "surgetank-bench: %s\n", st_context_message(b->ctx));
            st_context_clear(b->ctx);
            failed++;
        }
        empty_folder(b);
    }
    printf("%zu rows, %zu below target, %d figures failed; load average %.1f%s\n", b->rows,
           b->missed, failed, getloadavg(load, 1) == 1 ? load[0] : (double)NAN,
           b->noisy > 0 ? "; ! = others used the machine: repeat on a quiet one" : "");
    return failed == 0 ? 0 : EXIT_INTERNAL;
}

static int parse(int argc, char **argv, bench *b, const char **only, const char **json)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            b->quick = true;
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            *only = argv[++i];
        } else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            *json = argv[++i];
        } else {
            return usage("unknown option, or one without its value");
        }
    }
    const bool known = *only == NULL || unknown(*only) == 0;
    return known ? 0 : usage("no such figure; allowed:");
}

int main(int argc, char **argv)
{
    bench b = {0};
    const char *only = NULL, *json = NULL;
    if (argc == 5 && strcmp(argv[1], "--analyze-in-child") == 0) {
        return bench_footprint_child(argv[2], argv[3], argv[4]);
    }
    const int misuse = parse(argc, argv, &b, &only, &json);
    if (misuse != 0) {
        return misuse;
    }
    b.repetitions = b.quick ? 3 : 7;
    b.threads = omp_get_num_procs();
    b.ctx = st_context_create();
    b.json = json != NULL ? fopen(json, "w") : NULL;
    if (b.ctx == NULL || (json != NULL && b.json == NULL) || !make_folder(&b)) {
        fprintf(stderr, "surgetank-bench: %s cannot be written, or no temporary folder made\n",
                json != NULL ? json : "the table");
        return EXIT_OUTPUT;
    }
    start_watch(&b);
    int status = run_figures(&b, only);
    rmdir(b.folder);
    st_context_destroy(b.ctx);
    if (b.json != NULL && fclose(b.json) != 0) {
        fprintf(stderr, "surgetank-bench: %s: not written\n", json);
        status = EXIT_OUTPUT;
    }
    return status;
}
