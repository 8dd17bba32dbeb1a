/* trace_file.h - one HDF5 file of a trace: what it says of itself and how to fetch its values.
 * read, before files are joined; knows nothing of the other files. */
#ifndef ST_IO_TRACE_FILE_H
#define ST_IO_TRACE_FILE_H

#include "io/chunk_index.h"
#include "io/convert.h"
#include "io/filter.h"
#include "io/parcel.h"
#include "surgetank/trace.h"

enum {
    ST_RACKS_MOST = 10 * 1000 * 1000,
    ST_TRACE_CHUNK_RACKS = 64, /* of the files that we write */
    ST_TRACE_CHUNK_SAMPLES = 16384
};
#define ST_SAMPLES_MOST     ((int64_t)1 << 48)
#define ST_CHUNK_BYTES_MOST ((uint64_t)1 << 32)

/* Who fetches the values. */
typedef enum st_layout {
    ST_LAYOUT_ROWS,   /* contiguous [rack, time]: a rack's samples are one stretch of the file */
    ST_LAYOUT_TILES,  /* chunks, or contiguous [time, rack] cut into pieces: fetched whole */
    ST_LAYOUT_LIBRARY /* anything unusual: HDF5, under its lock */
} st_layout;

/* Axes: 0 and 1 as in the file; a 1-D dataset is [1, n]. */
typedef struct st_storage {
    st_layout layout;
    bool chunked;
    st_chunk_grid grid;    /* tiles; of contiguous data as cut by us */
    size_t element;        /* bytes of a value as fetched */
    size_t tile_bytes;     /* of a full tile */
    uint64_t address;      /* contiguous: of the first value; HADDR_UNDEF: never written */
    st_pipeline pipeline;  /* chunked */
    st_chunk_index index;  /* chunked */
    unsigned char fill[8]; /* a value that was never written */
} st_storage;

/* What HDF5 converts to when it fetches. Inside the scope. */
hid_t st_stored_type(st_stored stored);

typedef struct st_trace_file {
    char *path, *dataset;
    bool foreign;                     /* not `trace/1`: read with options */
    char *rack_scale;                 /* path of the scale of the rack axis, NULL = none */
    int descriptor;                   /* for our own reading; -1 = closed */
    hid_t file, power;                /* open while the file is looked at */
    struct st_library_reader *reader; /* where HDF5 fetches */
    uint64_t bytes;
    int time_axis;
    size_t racks;
    int64_t samples, period_ns, start_ns;
    bool start_unknown; /* and taken as 0 */
    st_scaling scaling;
    double step_w;
    bool converted;      /* stored as a type that only HDF5 can read */
    char type_words[32]; /* "float32" */
    st_storage storage;
    char **rack_names;      /* [racks], one block */
    char **rack_groups;     /* [racks], one block, or NULL */
    double *rack_rating_w;  /* [racks] or NULL */
    char layout_words[192]; /* for a person */
} st_trace_file;

/* Opens one file: attributes, scales, names, chunk index; no power values. HDF5 sees it in a process
 * of its own that tells what it found, and here only where HDF5 will fetch the values. ST_MISSING,
 * ST_FORMAT (what, where, found, allowed), ST_MEMORY. On failure the file is closed again. */
st_status st_trace_file_open(st_context *ctx, const char *path, const st_trace_options *options,
                             st_trace_file *file);
void st_trace_file_close(st_trace_file *file);

/* What one process found out of a file, for another that has its path, dataset, size and descriptor
 * in *file already. Taken only where it makes sense: ST_FORMAT. */
st_status st_trace_file_tell(st_context *ctx, const st_trace_file *file, st_parcel *told);
st_status st_trace_file_hear(st_context *ctx, st_parcel *told, st_trace_file *file);

/* Parts of the opening, in this order. Inside the HDF5 scope, with file->file, then ->power open. */
st_status st_trace_file_find_power(st_context *ctx, const st_trace_options *options,
                                   st_trace_file *file);
st_status st_trace_file_read_shape(st_context *ctx, const st_trace_options *options,
                                   st_trace_file *file);
st_status st_trace_file_read_values(st_context *ctx, const st_trace_options *options,
                                    st_trace_file *file);
st_status st_trace_file_read_racks(st_context *ctx, st_trace_file *file);
st_status st_trace_file_read_storage(st_context *ctx, st_trace_file *file);

/* Two racks of one name: refused, or noticed in files from elsewhere. */
st_status st_trace_file_check_names(st_context *ctx, const st_trace_file *file);

/* The filters of a creation list as words, and as a pipeline; false: only HDF5 can undo them. */
bool st_pipeline_from_list(hid_t list, size_t element, st_pipeline *pipeline, char *words,
                           size_t size);

/* --- fetching: from several threads at once ------------------------------------------------- */

/* Values as stored, `racks` x `samples` of them, at the file's own coordinates. */
typedef struct st_block {
    const st_trace_file *file;
    const unsigned char *data;
    size_t rack_step, time_step; /* in elements */
    size_t first_rack, racks;
    int64_t first;
    size_t samples;
} st_block;
typedef void (*st_block_fn)(void *user, const st_block *block);

struct st_fetch; /* what one thread needs, trace_fetch.h */
/* Calls fn with blocks that together are racks [first_rack, +racks) at samples [first, +samples). */
st_status st_trace_file_fetch(st_context *ctx, const st_trace_file *file, struct st_fetch *fetch,
                              size_t first_rack, size_t racks, int64_t first, size_t samples,
                              st_block_fn fn, void *user);

#endif
