/* trace.h - recorded power of many racks on one uniform time grid (the `trace/1` format).
 * The first word of the sentence: read. */
#ifndef SURGETANK_TRACE_H
#define SURGETANK_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_trace st_trace;

/* How to read an HDF5 file that is not `trace/1`. All zero / NULL: the file describes itself. */
typedef struct st_trace_options {
    const char *dataset; /* path of the 2-D (or 1-D: one rack) power dataset; NULL = "/power" */
    int time_axis;       /* 0 or 1: which axis is time; -1 = take it from the dimension scales */
    int64_t period_ns;   /* sample period; 0 = attribute `sample_period_ns` */
    const char *unit;    /* "W", "kW", "MW"; NULL = attribute `units` */
} st_trace_options;
#define ST_TRACE_OPTIONS_DEFAULT \
    {                            \
        NULL, -1, 0, NULL        \
    }

/* What is in an opened trace. All pointers borrowed from the trace, valid until st_trace_close. */
typedef struct st_trace_info {
    size_t racks;
    int64_t samples;               /* length of the joined time grid, gaps between files included */
    int64_t period_ns;             /* > 0 */
    int64_t start_ns;              /* ns UTC since 1970 of sample 0 */
    double rate_hz;                /* 1e9 / period_ns */
    const char *const *rack_names; /* [racks] */
    const char *const *rack_groups; /* [racks] or NULL */
    const double *rack_rating_w;    /* [racks], W, or NULL */
    const double *offset_w; /* [racks], W: subtracted in float64 from what st_trace_read gives;
                                     * 0 for plain float32 in W */
    double step_w;          /* storage step of scaled integers, W; 0 when stored as float */
    size_t files;
    const char *const *paths;   /* [files] */
    const char *const *layouts; /* [files] words for a person: "float32 [time, rack], chunks
                                     * 64 x 16384, bitshuffle+LZ4" */
    uint64_t bytes;             /* bytes of all files */
} st_trace_info;

/* Opens one or several files: same racks and disjoint times are concatenated, same times and
 * disjoint racks are joined. Every file is first walked in a child process under a time limit.
 * ST_MISSING, ST_FORMAT (what, where, found, allowed), ST_MEMORY. */
ST_API st_status st_trace_open(st_context *ctx, const char *const *paths, size_t n_paths,
                               const st_trace_options *options, st_trace **trace);
ST_API const st_trace_info *st_trace_describe(const st_trace *trace);

/* Reads racks [first_rack, first_rack + racks) at samples [first, first + samples):
 * out_w[r * stride + i] = power of rack r minus offset_w[r], W, float32; NaN where invalid (NaN, Inf,
 * _FillValue, between files). stride >= samples, in floats. Safe to call from several threads. */
ST_API st_status st_trace_read(const st_trace *trace, st_context *ctx, size_t first_rack,
                               size_t racks, int64_t first, size_t samples, float *out_w,
                               size_t stride);
/* Accepts NULL. */
ST_API void st_trace_close(st_trace *trace);

/* Which format a file claims to be in, into out [size]: "trace/1", "summary/1", whatever its
 * attribute surgetank_format says, or "hdf5" without one. ST_MISSING, ST_FORMAT (not HDF5). */
ST_API st_status st_file_format(st_context *ctx, const char *path, char *out, size_t size);

/* --- writing ------------------------------------------------------------------------------- */

typedef enum st_codec {
    ST_CODEC_NONE,
    ST_CODEC_DEFLATE,
    ST_CODEC_LZ4,
    ST_CODEC_BITSHUFFLE_LZ4
} st_codec;

typedef struct st_trace_spec {
    size_t racks;
    int64_t samples;
    int64_t period_ns;
    int64_t start_ns;
    const char *const *rack_names;  /* [racks] */
    const char *const *rack_groups; /* [racks] or NULL */
    const double *rack_rating_w;    /* [racks] or NULL */
    double scale_w;                 /* 0: stored as float32 W; > 0: int32 steps of this many W */
    st_codec codec;                 /* LZ4 and bitshuffle need a plugin in other readers */
    const char *history;            /* text attribute: which command made it; NULL = none */
} st_trace_spec;

/* Events planted by a generator, written to /truth/events: struct of arrays, borrowed. */
typedef struct st_truth {
    size_t events;
    const int64_t *rack;        /* [events], -1 = all racks */
    const uint8_t *kind;        /* [events], enum st_event_kind of summary.h */
    const int64_t *start_ns;    /* [events] */
    const int64_t *end_ns;      /* [events] */
    const double *amplitude_w;  /* [events], W, per rack */
    const double *frequency_hz; /* [events], Hz, NaN unless an oscillation */
} st_truth;

typedef struct st_trace_writer st_trace_writer;
/* Creates a temporary file beside `path`; the name appears only with st_trace_writer_finish. */
ST_API st_status st_trace_writer_create(st_context *ctx, const char *path,
                                        const st_trace_spec *spec, st_trace_writer **writer);
/* Writes all racks at samples [first, first + samples): power_w[r * stride + i], W; NaN = missing.
 * `first` continues where the last call ended and is a multiple of 16,384. */
ST_API st_status st_trace_writer_put(st_trace_writer *writer, int64_t first, size_t samples,
                                     const float *power_w, size_t stride);
/* Adds /truth/events (NULL: none), syncs and renames. Frees the writer in every case. */
ST_API st_status st_trace_writer_finish(st_trace_writer *writer, const st_truth *truth);
/* Gives up: removes the temporary file. Accepts NULL. */
ST_API void st_trace_writer_abandon(st_trace_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
