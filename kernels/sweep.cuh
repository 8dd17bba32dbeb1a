/* sweep.cuh - what a thread of the sweep works on: one candidate, a lane of its group. The arrays of a
 * group lie in one slab, in rows of its lanes, so that neighbouring threads touch neighbouring words;
 * what is a number of its own stands in structs per candidate. Between sweep.cu, which carries
 * candidates through the load, the statistics beside it, and sweep_space.cu, which makes the room. */
#ifndef ST_KERNELS_SWEEP_CUH
#define ST_KERNELS_SWEEP_CUH

#include "exec.h"

#include "model/sweep_state.h"

enum { SWEEP_LANES = ST_SWEEP_LANES, SWEEP_BLOCK = ST_SWEEP_BLOCK };
enum { SWEEP_THREADS = 64 };  /* candidates of a block: whole groups */
enum { SWEEP_READ = 16384 };  /* samples of a launch, whole blocks */
enum { SWEEP_SECTIONS = 16 }; /* of a filter, at most */

/* A line of one frame: what st_sweep_line asks for. */
struct sweep_line {
    float power[3];
    int bin; /* 0: the band is flat; -1: nothing to look at */
};

/* Offsets count bytes from the start of a slab. */
struct sweep_channel {
    int input, order;
    double section[SWEEP_SECTIONS][5];
    size_t signal; /* float [SWEEP_BLOCK] */
    size_t state;  /* double [order][2] */
    size_t ring;   /* float [ring_size], the newest samples */
    int64_t ring_size;
};

struct sweep_statistic {
    st_sweep_kind kind;
    int channel, low, high;
    bool detrend; /* of frames */
    int64_t points;
    double level;
    size_t a, b, c, sums; /* rows as in st_sweep_state */
    st_sweep_tables tables;
    sweep_line *line; /* LINE: [frames of a launch][lanes of the batch] */
};

/* Where the ring takes a block; none crosses its end. */
static __device__ __forceinline__ int64_t sweep_ring_at(const sweep_channel &c, uint32_t block)
{
    return (int64_t)(block % (uint32_t)(c.ring_size / SWEEP_BLOCK)) * SWEEP_BLOCK;
}

/* Of a candidate and a statistic. Without the 8 bytes of padding nvcc spills a register.
 * NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct sweep_tally {
    int64_t at, filled, counted, before_counted, rows;
    float high, low, worst_range;
    double total, before, worst;
    int frames; /* of this launch */
};

struct sweep_behind {
    st_storage_state state;
    double held;
    double first, sum; /* of the samples that it primes on */
    int64_t primed, late_at;
};

/* One launch: n samples from `at` on, of one batch, whose candidates have one control. */
struct sweep_task {
    st_sweep_share share;
    uint32_t block;   /* at / SWEEP_BLOCK: a launch begins with a block */
    uint32_t late_at; /* at mod delay; a division of 64 bits would cost a call */
    int64_t delay;
    int n;
    int prime; /* the stage behind whose level begins with what comes out, or -1: all of them */
    int n_behind, n_channels, n_statistics;
    size_t lanes;               /* candidates of the batch */
    const float *load, *excess; /* [n] */
    const double *weight;       /* [n_statistics][SWEEP_READ], of AMPLITUDE */
    const st_sweep_stage *behind;
    const size_t *behind_late; /* [n_behind], double [delay] */
    const sweep_channel *channel;
    const sweep_statistic *statistic;
    st_sweep_battery *battery;  /* [lanes] */
    sweep_behind *behind_state; /* [n_behind][lanes] */
    double *filter_held;        /* [n_channels][2][lanes]: first valid sample, NaN: none; held */
    sweep_tally *tally;         /* [n_statistics][lanes] */
    unsigned char *slabs;       /* [lanes / SWEEP_LANES][slab_bytes] */
    size_t slab_bytes;
    size_t late; /* float [delay] */
    size_t wide; /* double [SWEEP_BLOCK] */
};

/* A thread's own. */
struct sweep_lane {
    const sweep_task *task;
    size_t index; /* of the candidate */
    unsigned char *slab;
    int l;

    __device__ __forceinline__ sweep_lane(const sweep_task &t, size_t candidate)
        : task(&t), index(candidate), slab(t.slabs + candidate / SWEEP_LANES * t.slab_bytes),
          l((int)(candidate % SWEEP_LANES))
    {
    }
    /* Row i stands at [i * SWEEP_LANES]. */
    __device__ __forceinline__ float *floats(size_t offset) const
    {
        return reinterpret_cast<float *>(slab + offset) + l;
    }
    __device__ __forceinline__ double *doubles(size_t offset) const
    {
        return reinterpret_cast<double *>(slab + offset) + l;
    }
};

/* ---- host ------------------------------------------------------------------------------------- */

/* What a sweep takes on the device and in pinned memory; freed when it is over. */
struct sweep_space {
    sweep_task task;            /* pointers to what all launches share */
    sweep_channel *channel;     /* [n_channels], as on the device */
    sweep_statistic *statistic; /* [n_statistics], likewise; line and tables are device pointers */
    size_t *late;               /* [n_behind] */
    size_t lanes;               /* candidates of a batch */
    size_t row_bytes;           /* of what a launch reads: load, excess, weights */
    st_sweep_battery *start;    /* [lanes], device */
    unsigned char *rows[2];     /* device: float load, excess [SWEEP_READ], then double weights */
    unsigned char *host_rows[2];
    sweep_line *line, *host_line; /* [lines][lanes], device and pinned */
    size_t lines;                 /* frames of a launch, of all LINE statistics */
    cudaEvent_t read[2];          /* a launch has read its rows */
    void *device_arrays[16], *pinned_arrays[8];
    int n_device_arrays, n_pinned_arrays;
    st_arena tables;
};

/* Frames of a LINE that can end in one launch. */
static inline size_t sweep_frames_most(int64_t points)
{
    return SWEEP_READ / (size_t)(points / 2) + 1;
}

/* most: candidates that a batch shall have; fewer when the device has less room. */
st_status cuda_sweep_take(st_context *ctx, st_exec *exec, const st_sweep *sweep, size_t most,
                          sweep_space *space);
void cuda_sweep_free(sweep_space *space);

/* Candidates of a batch whose draws a watcher sees: it keeps something for each of them. */
enum { WATCHED_LANES = 64 };

struct sweep_run {
    st_context *ctx;
    st_exec *exec;
    const st_sweep *sweep;
    sweep_space space;
    size_t first; /* candidate at the start of the batch */
    int64_t launches;
    void **watch;            /* [WATCHED_LANES / SWEEP_LANES], opened; NULL without a watcher */
    float *draws;            /* [groups][SWEEP_BLOCK][SWEEP_LANES], what they see */
    st_sweep_battery *start; /* [lanes], at rest */
    double *lines;           /* [n_statistics][lanes], largest line so far */
    st_sweep_state *states; /* [n_statistics], of the group that is finished; arrays of their own */
    st_arena arena;
};

/* What the host keeps of a batch; space.lanes is known. */
st_status cuda_sweep_take_host(sweep_run *run);
/* After the launch of samples [from, from + n): lines of the frames that ended, draws for the
 * watchers. Both wait for the launch, where there is something to wait for. */
st_status cuda_sweep_take_lines(sweep_run *run, int64_t from, size_t n);
st_status cuda_sweep_feed(sweep_run *run, size_t n);
/* worst: [n_candidates][n_statistics] of the sweep; fills the rows of the batch. */
st_status cuda_sweep_finish(const sweep_run *run, double *worst);

#endif
