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
    struct st_fetch *next; /* in the list of idle ones */
} st_fetch;

void st_fetch_free(st_fetch *fetch);

/* pread until `bytes` are there. ST_FORMAT names the file that ended too early. */
st_status st_trace_file_pread(st_context *ctx, const st_trace_file *file, uint64_t address,
                              unsigned char *data, size_t bytes);

#endif
