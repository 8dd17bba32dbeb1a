/* trace.h - inside of an opened trace.
 * read: shared by trace.c (open) and trace_read.c (values); nobody else looks in. */
#ifndef ST_IO_TRACE_H
#define ST_IO_TRACE_H

#include <pthread.h>

#include "io/trace_fetch.h"
#include "io/trace_join.h"

struct st_trace {
    st_trace_info info;
    size_t n;
    st_trace_part *parts; /* [n], by time or by rack */
    const char **names;   /* [racks], borrowed from the parts */
    const char **groups;  /* [racks] or NULL */
    double *ratings;      /* [racks], W, or NULL */
    double *offsets;      /* [racks], W */
    const char **paths;   /* [n] */
    const char **layouts; /* [n] */
    st_tile_cache *cache;
    pthread_mutex_t lock; /* of the list of idle fetchers */
    st_fetch *idle;       /* one for each thread that has ever read at the same time */
};

/* A block and its place in the trace. */
typedef struct st_placed_block {
    st_block block;
    size_t first_rack;
    int64_t first;
} st_placed_block;
typedef void (*st_placed_fn)(void *user, const st_placed_block *placed);

/* Calls fn with all stored blocks of a rectangle of the trace, every rack's in the order of time.
 * Between files there are none. */
st_status st_trace_visit(st_trace *trace, st_context *ctx, size_t first_rack, size_t racks,
                         int64_t first, size_t samples, st_placed_fn fn, void *user);

#endif
