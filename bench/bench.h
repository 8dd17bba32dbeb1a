/* bench.h - what the figures of surgetank-bench share: work timed side by side, rows of the table,
 * and one recording in memory.
 * A figure checks what it times against float64 before it times it. Every ratio comes from one run
 * in which both sides took turns, so that a busy machine slows both. */
#ifndef ST_BENCH_BENCH_H
#define ST_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/context.h"

/* What a run of the program holds. */
typedef struct bench {
    st_context *ctx;
    bool quick;
    int repetitions;
    int threads;                               /* of a machine's worth of work */
    FILE *json;                                /* NULL: the table only */
    char folder[64];                           /* temporary, for traces and summaries */
    double read_bytes_per_s, copy_bytes_per_s; /* of this run, all threads; 0 = not measured */
    size_t rows, missed, noisy;
} bench;

/* ---- timing: measure.c ----------------------------------------------------------------------- */

typedef struct bench_time {
    double best_s, median_s;
    double cpu_s;   /* of all our threads, best; steadier than the clock when others are busy */
    double foreign; /* share of the machine that others used meanwhile, 0..1 */
} bench_time;

typedef struct bench_job {
    st_status (*work)(bench *b, void *state);
    void *state;
    bench_time time; /* filled in */
} bench_job;

/* Runs every job once to warm up, then all of them in turn, repetition by repetition. */
st_status bench_measure(bench *b, bench_job *jobs, size_t n);
double bench_clock_s(void);

/* ---- rows: row.c ----------------------------------------------------------------------------- */

typedef struct bench_row {
    const char *figure;    /* "welch", "analyze.deflate" */
    double samples;        /* of input, per repetition */
    bench_time time;       /* best_s 0: nothing could be timed */
    const char *reference; /* what the ratio is to */
    double ratio;          /* > 1: faster than the reference; NaN: there is none */
    double target;         /* the ratio that is wanted, at least; NaN: for information */
    double cpu_ratio;      /* the same by processor seconds, for busy machines; 0: not told */
    const char *note;      /* or NULL */
    double x;              /* of a point of a curve; 0: this is none */
} bench_row;

void bench_header(const bench *b);
/* Prints the row, and writes it as one JSON object. */
void bench_report(bench *b, const bench_row *row);

/* ---- the recording: data.c ------------------------------------------------------------------- */

typedef struct bench_data {
    size_t racks, samples;
    float *power_w; /* [racks][samples], 1 kHz */
} bench_data;

enum { BENCH_PERIOD_NS = 1000000, BENCH_PERIOD = 1400, BENCH_BUSY = 1000, BENCH_STAGGER = 3 };

/* W of a rack at a sample: a rhythm of 1.4 s between 110 kW and 60 kW, and even noise of +-256 W in
 * steps of 8 W. Whole numbers only, so that compare_scipy.py makes the very same array. */
float bench_power_w(size_t rack, size_t sample);

/* The array that the wide figures share: 256 MiB, or 64 MiB when quick; that of a site: four times
 * as much. */
st_status bench_data_make(bench *b, size_t racks, size_t samples, bench_data *data);
size_t bench_samples(const bench *b);
enum { BENCH_RACKS = 256 };
/* The whole analysis is timed on a site of this many racks, the recording that it is made for: what
 * follows the length of a record and not its racks (the site's spectra, the file) has its usual share. */
enum { BENCH_SITE_RACKS = 2048 };
/* Memory in large pages where the machine has them; free with bench_free. Zeroed. */
st_status bench_alloc(bench *b, size_t bytes, void **block);
void bench_free(void *block);

/* ---- float64 formulas: reference.c ----------------------------------------------------------- */

/* Adds |FFT(hann x (frame - mean))|^2 of every half-overlapping frame. power: [n/2 + 1]. */
void bench_reference_welch(const float *x, size_t samples, int n, double *power);
/* Largest |a - b| as a share of the largest |b|. */
double bench_worst(const double *a, const double *b, size_t n);

/* A storage stage by the steps of 4.7 (smooth, no dead time), W and J. */
typedef struct bench_battery {
    double dt_s, tau_s, response_s, power_w, floor_j, ceiling_j, efficiency;
} bench_battery;
/* draw_w: [n]; starts at rest at load_w[0]. */
void bench_reference_storage(const bench_battery *battery, const double *load_w, size_t n,
                             double *draw_w);

/* ---- figures: one function each, in the table of main.c -------------------------------------- */

st_status bench_stream(bench *b);
st_status bench_welch(bench *b);
st_status bench_pass(bench *b);
st_status bench_overlap_save(bench *b);
st_status bench_storage(bench *b);
st_status bench_rack_storage(bench *b); /* the other half of it */
st_status bench_sweep(bench *b);
st_status bench_analyze(bench *b);
st_status bench_read(bench *b);
st_status bench_curves(bench *b);

/* A sweep of that many batteries, a multiple of 16, at most 1,024, for a curve. */
st_status bench_sweep_point(bench *b, size_t candidates, double *samples, bench_time *time);
/* An analysis of so many racks and samples from memory, for a curve. */
st_status bench_analyze_point(bench *b, size_t racks, size_t length, double *samples,
                              bench_time *time);
st_status bench_footprint(bench *b);

/* The other half of `memory`: analyses one file in a process of its own and prints its peak. */
int bench_footprint_child(const char *path, const char *summary, const char *threads);

#endif
