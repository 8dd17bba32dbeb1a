/* exec.h - what the CUDA backend keeps between tiles, how it talks to the runtime, and the stages
 * that its files offer each other. Private to kernels/; knows the plan and the formulas, no file
 * format, no other backend.
 * Memory is cut in three: device arrays, pinned staging buffers, and this struct. All of it is taken
 * in open; a tile allocates nothing. */
#ifndef ST_KERNELS_EXEC_H
#define ST_KERNELS_EXEC_H

#include "gpu_compat.h"

#include "formula/hop.h"
#include "model/backend.h"

enum { WARP = 32 };
/* Samples of 64 racks that are staged at a time: 4 MiB, the size of a chunk of trace/1. */
static const size_t PIECE_SAMPLES = 16384;
/* Arrays that open takes on the device and in pinned memory; a test of close counts on it. */
enum { MAX_ARRAYS = 64 };

/* Power sums of one kind of frames. Device pointers. */
typedef struct cuda_spectra {
    const st_frames *frames; /* on the host, borrowed from the plan */
    const float *window;     /* [n] */
    const st_c32 *twiddle;   /* [n] */
    float *partial;          /* [racks][n/2 + 1], W^2, over at most ST_BLOCK_FRAMES frames */
    double *power;           /* [racks][n/2 + 1], W^2, blocks that are complete */
    int64_t *used, *flagged, *dropped; /* [racks] */
} cuda_spectra;

/* Bins where a band has weight. A sum may start in any lane: the fold of lanes.h pairs lanes by their
 * distance, so turning all of them around the circle of 32 changes no bit. */
typedef struct cuda_span {
    int first, end;
} cuda_span;

/* Racks that are launched together: enough of them to fill the device. */
typedef struct cuda_batch {
    size_t first_rack, racks;
} cuda_batch;

/* Storage at the racks. Device pointers but for host_seen, which is pinned. */
typedef struct cuda_rack {
    const st_rack_stage *stage; /* [stages] */
    const double *calendar;     /* [ST_CALENDAR_POINTS] */
    st_rack_passage *passage;   /* [stages][racks] */
    double *past, *open;        /* what the passages borrow */
    double *leaf_seen;          /* [leaves][tile_samples], W */
    double *host_seen;          /* [tile_samples] */
} cuda_rack;

/* An array that grows when more is asked of it. */
typedef struct cuda_buffer {
    void *at;
    size_t bytes;
} cuda_buffer;

/* Buffers of respond: two chunks in flight. They stay for the next call. */
typedef struct cuda_respond {
    st_c32 *twiddle;                  /* [CONVOLVE_POINTS], device */
    cuda_buffer response;             /* st_c32 [partitions][CONVOLVE_POINTS], device */
    double *h;                        /* [taps], of which it is the spectrum; host */
    size_t taps;                      /* 0: of none */
    cuda_buffer spectra;              /* st_c32 [pairs][segments][CONVOLVE_POINTS], device */
    cuda_buffer x[2], y[2];           /* float [rows][columns], device: chunks in and out */
    cuda_buffer host_x[2], host_y[2]; /* the same, pinned */
    cudaEvent_t uploaded[2], computed[2], downloaded[2];
} cuda_respond;

struct st_exec {
    const st_plan *plan; /* borrowed */
    bool dead;           /* a fault has voided everything on the device */
    size_t batch_racks;
    cudaStream_t upload, compute, download;
    cudaEvent_t staged[2]; /* a staging buffer may be filled again */
    cudaEvent_t arrived;   /* the racks of a batch are on the device */
    cudaEvent_t reduced;   /* their features are ready */

    /* device: samples. A row is [history_samples + tile_samples], W, NaN = invalid */
    float *rows; /* [racks][row_stride] */
    size_t row_stride;
    const double *offset_w; /* [racks] */

    /* device: levels */
    st_hop *hops;          /* [racks][hop_capacity], of the frames that are due */
    st_levels *hop_levels; /* [racks][hop_capacity] */
    float *hop_step;       /* [racks][hop_capacity] */
    size_t hop_capacity;
    st_levels *levels;  /* [racks] */
    float *rise, *fall; /* [racks][ST_RAMP_WINDOWS], W; -INFINITY: no valid pair */
    float *step;        /* [racks], W; INFINITY: none */

    /* device: spectra */
    cuda_spectra fast, slow;
    const float *feature_weight;   /* [n_feature_bands][n/2 + 1] */
    const cuda_span *feature_span; /* [n_feature_bands] */
    float *features;               /* [racks][frame_capacity][n_features] */
    size_t frame_capacity;
    float *slow_scratch;      /* [batch_racks][blocks of a tile][slow_scratch_size], or NULL */
    size_t slow_scratch_size; /* samples; 0: what cuda_decimate works in fits into shared memory */
    double *slow_ring;        /* [racks][slow_ring_size], output m at m mod size; NaN = invalid */
    int64_t slow_ring_size;   /* power of two */
    float *slow_reference[2]; /* [racks], of the open block of outputs: before and after a tile */

    /* device: the sum over racks */
    double *leaf_sum;    /* [leaves][tile_samples], W */
    uint8_t *leaf_valid; /* [leaves][tile_samples] */
    uint32_t *valid;     /* [tile_samples] */

    cuda_rack rack; /* with plan->rack_storage */

    /* pinned */
    float *staging[2];    /* [ST_GROUP_RACKS][PIECE_SAMPLES] */
    float *host_features; /* as features */
    double *host_sum;     /* [tile_samples] */
    uint32_t *host_valid; /* [tile_samples] */

    cuda_respond respond;
    void *device_arrays[MAX_ARRAYS], *pinned_arrays[MAX_ARRAYS];
    size_t n_device_arrays, n_pinned_arrays;
};

/* ---- failures (backend.cu) ---------------------------------------------------------------- */

/* Records "CUDA: <call>: <the runtime's words> (code n)". All but a refused allocation and a refused
 * argument leave the device in an unknown state: the exec is dead. */
st_status cuda_fault(st_context *ctx, st_exec *exec, const char *call, cudaError_t error);

/* Returns the failure of a call of the runtime; a launch is one, too: gpu_launch gives the last
 * error back. A dead exec makes no further calls. */
#define ST_CUDA_TRY(ctx, exec, call)                         \
    do {                                                     \
        const cudaError_t error_ = (call);                   \
        if (error_ != cudaSuccess) {                         \
            return cuda_fault((ctx), (exec), #call, error_); \
        }                                                    \
    } while (0)

/* ---- memory (memory.cu) ------------------------------------------------------------------- */

/* ST_MEMORY says how much is needed and how much is there. */
st_status cuda_allocate(st_context *ctx, bool pinned, size_t bytes, void **out);
/* Takes every array of the exec and fills tables and initial values. */
st_status cuda_exec_fill(st_context *ctx, st_exec *exec);
void cuda_exec_free(st_exec *exec);

/* ---- stages: they queue work on exec->compute and return ---------------------------------- */

st_status cuda_levels_prepare(st_context *ctx, st_exec *exec);
st_status cuda_levels(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch);
st_status cuda_ramps(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch);
/* Opts in to the shared memory that long frames need. */
st_status cuda_welch_prepare(st_context *ctx, st_exec *exec);
st_status cuda_welch_fast(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch,
                          bool features);
st_status cuda_welch_slow(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch);
st_status cuda_decimate(st_context *ctx, st_exec *exec, const st_due *due, cuda_batch batch);
/* Floats on the device for a block of threads when that many outputs are due at most. */
size_t cuda_decimate_scratch(const st_plan *plan, int64_t outputs);
st_status cuda_sum_leaves(st_context *ctx, st_exec *exec, size_t samples, cuda_batch batch);
/* Of leaf_w [leaves][samples], in place: the sum is where leaf 0 was. */
st_status cuda_sum_tree(st_context *ctx, st_exec *exec, size_t samples, double *leaf_w);
/* Before the first tile, in every tile, and after the last one. */
st_status cuda_rack_stages_start(st_context *ctx, st_exec *exec);
st_status cuda_rack_stages(st_context *ctx, st_exec *exec, size_t samples, cuda_batch batch);
st_status cuda_rack_stages_collect(st_context *ctx, st_exec *exec, st_rack_sums *sums);
/* The last history_samples of every row move to its start, for the next tile. */
st_status cuda_keep_history(st_context *ctx, st_exec *exec, size_t samples);

/* ---- whole stages: of the contract --------------------------------------------------------- */

st_status cuda_detect(st_context *ctx, st_exec *exec, const st_source *source, const st_tile *tile,
                      st_tile_result *result);
st_status cuda_convolve(st_context *ctx, st_exec *exec, const st_convolution *convolution);
st_status cuda_sweep(st_context *ctx, st_exec *exec, const st_sweep *sweep, double *worst);
st_status cuda_convolve_prepare(st_context *ctx, st_exec *exec);
st_status cuda_convolve_prepare_kernels(st_context *ctx, st_exec *exec);
void cuda_convolve_free(st_exec *exec);

#endif
