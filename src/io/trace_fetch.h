/* trace_fetch.h - what one thread needs to fetch values of a trace.
 * read, second part; owned by the trace, lent to a call. */
#ifndef ST_IO_TRACE_FETCH_H
#define ST_IO_TRACE_FETCH_H

#include "io/tile_cache.h"
#include "io/trace_file.h"

typedef struct st_fetch {
    st_tile_cache *cache; /* shared by all threads */
    uint32_t file;        /* number of the file in the cache's keys */
    st_decoder decoder;
    st_buffer tile;        /* values as stored */
    st_context *quiet;     /* for what fails and may */
    int cold;              /* requests for which the storage is expected to be slow */
    struct st_fetch *next; /* in the list of idle ones */
} st_fetch;

/* A stretch of one axis. */
typedef struct st_span {
    uint64_t first, n;
} st_span;

/* Common part of two stretches. */
static inline st_span st_span_common(st_span a, st_span b)
{
    const uint64_t first = a.first > b.first ? a.first : b.first;
    const uint64_t end_a = a.first + a.n, end_b = b.first + b.n;
    return (st_span){first, (end_a < end_b ? end_a : end_b) - first};
}

void st_fetch_free(st_fetch *fetch);

/* pread until `bytes` are there. ST_FORMAT names the file that ended too early. */
st_status st_trace_file_pread(st_context *ctx, const st_trace_file *file, uint64_t address,
                              unsigned char *data, size_t bytes);
/* The same; notes where the page cache did not have all of it. */
st_status st_fetch_read(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                        uint64_t address, unsigned char *data, size_t bytes);

/* Parts of the fetching, called by st_trace_file_fetch; `asked` and `wanted` by axes of the file. */
st_status st_fetch_tiles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                         const st_span asked[2], st_block_fn fn, void *user);
/* One value at every place, without memory for them. */
void st_fetch_show_fill(const st_trace_file *file, const st_span wanted[2], st_block_fn fn,
                        void *user);

/* Lets the kernel read what follows `asked` in time (axes of the file), for as long again. */
void st_fetch_announce(const st_trace_file *file, const st_span asked[2]);

#endif
