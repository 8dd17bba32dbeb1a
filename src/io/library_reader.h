/* library_reader.h - HDF5 fetching values in a process of its own.
 * For the files that only HDF5 can decode: stock HDF5 crashes on some damage, and a first look
 * cannot read all values, so it stays behind a wall. read, second part. */
#ifndef ST_IO_LIBRARY_READER_H
#define ST_IO_LIBRARY_READER_H

#include "io/library.h"

typedef struct st_library_reader st_library_reader;

enum { ST_LIBRARY_READER_BYTES = 4 << 20 }; /* most bytes of one rectangle */

/* What the process reads from: opened before it is made, closed in this one afterwards. */
typedef struct st_library_source {
    hid_t dataset, memory_type;
    unsigned rank;           /* 1 or 2; a 1-D rectangle is [1, n] */
    size_t element;          /* bytes of a value in memory */
    size_t chunk_bytes;      /* 0 = contiguous; the process may hold a few chunks */
    const char *path, *name; /* for errors; borrowed until close */
} st_library_source;

/* Forks the process. Inside the HDF5 scope. ST_INTERNAL, ST_MEMORY. */
st_status st_library_reader_start(st_context *ctx, const st_library_source *source,
                                  st_library_reader **reader);
/* Values [first, first + n) of both axes, row-major, into data. ST_FORMAT when HDF5 cannot read
 * them, dies of it, or takes more than a minute. Safe from several threads, one at a time. */
st_status st_library_reader_fetch(st_context *ctx, st_library_reader *reader,
                                  const uint64_t first[2], const uint64_t n[2], void *data);
/* Accepts NULL. */
void st_library_reader_stop(st_library_reader *reader);

#endif
