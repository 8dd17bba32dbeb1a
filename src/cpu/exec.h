/* exec.h - what the CPU backend keeps between tiles, and what a thread works in.
 * Private to src/cpu; knows the plan and the formulas, no file, no other backend. */
#ifndef ST_CPU_EXEC_H
#define ST_CPU_EXEC_H

#include "cpu/convolve.h"
#include "cpu/rack_stage.h"
#include "cpu/sweep_work.h"
#include "cpu/tree.h"
#include "cpu/twiddle.h"
#include "formula/hop.h"
#include "model/backend.h"

/* Outputs of the decimator's first stage that are made at a time. */
enum { CPU_SLOW_STRIP = 1024 };

/* A convolution, cut. */
typedef struct cpu_convolve {
    const st_convolution *task; /* borrowed */
    st_convolve_cut cut;
    const float *table;    /* [CONVOLVE_TABLE] */
    const float *spectrum; /* [parts][CONVOLVE_SPECTRUM], of h / 8192 */
    bool stream;           /* more is written than caches hold */
} cpu_convolve;

/* Where a rack's spectrum of one kind grows: float32 over a block of frames, then float64. */
typedef struct cpu_spectra {
    const st_frames *frames; /* borrowed from the plan */
    st_split_fft fft;
    float *twiddle;                    /* of fft */
    float *partial;                    /* [racks][partial_stride] */
    size_t partial_stride;             /* bins and more: rows begin at a register's boundary */
    double *power;                     /* [racks][bins] */
    int64_t *used, *flagged, *dropped; /* [racks] */
} cpu_spectra;

/* A tile begins and ends with whole pairs of frames; the pair that its last hop begins waits for
 * the next tile, and so do its first two hops. */
enum { ST_KEPT_HOPS = 2 };

/* What one thread works in. */
typedef struct cpu_work {
    float *row;       /* [unit_racks][row_stride], W: history, then the tile */
    st_hop *hop;      /* [hops of a tile + 4] */
    float *split[4];  /* [largest n + 32] a pair of frames, and work */
    float *power[2];  /* [largest n / 2 + 32], zero beyond n/2 */
    float *filled;    /* inputs of a strip of the decimator that has gaps, W */
    float *decimated; /* outputs of its stages but the last, in turn, W from a reference */
    cpu_rack_block *rack_block; /* [1], with storage at the racks */
} cpu_work;

/* Bins where a band's weight is not zero, cut at multiples of 32. */
typedef struct cpu_span {
    int first, end;
} cpu_span;

typedef struct cpu_loops cpu_loops;

struct st_exec {
    const st_plan *plan;    /* borrowed */
    const cpu_loops *loops; /* code for this machine */
    int threads;
    size_t row_stride; /* history + tile, samples */
    size_t unit_count;

    cpu_spectra fast, slow;
    float *history;        /* [racks][history_samples] */
    st_levels *levels;     /* [racks] */
    float *rise, *fall;    /* [racks][ST_RAMP_WINDOWS], W; -INFINITY: no valid pair */
    float *step;           /* [racks], W; INFINITY: none */
    st_hop *hop_kept;      /* [racks][ST_KEPT_HOPS], the last of the tile before */
    double *slow_ring;     /* [racks][2 n_slow], output m at m mod 2 n_slow; NaN = invalid */
    float *slow_reference; /* [racks], of the open block of outputs; NaN: not chosen yet */
    float *weight;         /* [n_feature_bands][weight_stride], zeros beyond n/2 */
    size_t weight_stride;
    cpu_span *weight_span; /* [n_feature_bands] */

    cpu_tree tree; /* of the sums over racks */

    cpu_rack_stage *rack_stage; /* [stages][leaves], with storage at the racks */

    st_status *unit_status; /* [unit_count] */
    cpu_work *work;         /* [threads] */
    st_arena arena;         /* owns all of the above */

    float *convolve_table;    /* [CONVOLVE_TABLE] */
    st_arena convolve;        /* of respond, grows with the impulse response */
    const double *convolve_h; /* [convolve_taps], of which it has the spectrum */
    size_t convolve_taps;     /* 0: of none */
};

/* The loops of one instruction set. */
struct cpu_loops {
    const char *name;
    /* One rack of one tile: levels, ramps, frames and slow spectra. x: the row; features: [frames
     * due][n_features] of this rack, or NULL. */
    void (*rack)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                 float *features);
    /* A leaf: racks in order. x: [racks][stride] at the tile's first sample. */
    void (*leaf)(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                 double *sum_w, uint32_t *valid);
    /* A leaf through the storage at its racks, n samples from a block's start on. x: [racks][stride]
     * at the first of them; seen_w: [n]. */
    void (*rack_stages)(st_exec *exec, cpu_rack_block *block, size_t leaf, const float *x,
                        size_t stride, size_t n, double *seen_w);
    /* Adds the sums of neighbours over n samples. */
    void (*join)(size_t n, cpu_sum *to, const cpu_sum *from);
    /* Blocks [block, end) of rows 2 pair and 2 pair + 1. work: [convolve_work(parts)]. */
    void (*convolve)(const cpu_convolve *job, size_t pair, size_t block, size_t end, float *work);
    /* n samples (at most ST_SWEEP_BLOCK) of load and excess through a group of candidates. */
    void (*sweep)(sweep_work *work, const float *load, const float *excess, size_t n);
    /* The same as far as stage `behind`, whose level begins with what comes out. */
    void (*sweep_prime)(sweep_work *work, size_t behind, const float *load, const float *excess,
                        size_t n);
};

extern const cpu_loops st_cpu_loops_base, st_cpu_loops_v3, st_cpu_loops_v4;

/* Those for this machine. */
const cpu_loops *st_cpu_loops_choose(void);

/* Allocates and fills everything but the sizes, which stand in *exec already. */
st_status st_cpu_exec_fill(st_context *ctx, st_exec *exec);
/* Where each rack starts in its stages, and what they have gone through at the end. */
void st_cpu_rack_stages_start(st_exec *exec);
void st_cpu_rack_stages_collect(const st_exec *exec, st_rack_sums *sums);
/* Gives the sum of a leaf over n samples to the tree; with the last of them all, the result. */
void st_cpu_tree_add(st_exec *exec, size_t leaf, cpu_sum *sum, size_t n, st_tile_result *result);
st_status st_cpu_detect(st_context *ctx, st_exec *exec, const st_source *source,
                        const st_tile *tile, st_tile_result *result);
st_status st_cpu_respond(st_context *ctx, st_exec *exec, const st_convolution *convolution);
st_status st_cpu_sweep(st_context *ctx, st_exec *exec, const st_sweep *sweep, double *worst);

#endif
