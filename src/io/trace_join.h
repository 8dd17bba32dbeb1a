/* trace_join.h - where each of several files lies on one common grid of racks and times.
 * read, first part: a dry check on what the files say, before any value is fetched. */
#ifndef ST_IO_TRACE_JOIN_H
#define ST_IO_TRACE_JOIN_H

#include "io/trace_file.h"

/* A file and its place. */
typedef struct st_trace_part {
    st_trace_file file;
    size_t first_rack;
    int64_t first; /* sample of the common grid */
} st_trace_part;

/* What the parts are together. */
typedef struct st_trace_grid {
    size_t racks;
    int64_t samples, period_ns, start_ns;
} st_trace_grid;

/* Places n opened files: the same racks at disjoint times one after the other (the array is sorted
 * by time), or disjoint racks at the same times one below the other. ST_FORMAT names two files and
 * what conflicts. */
st_status st_trace_join(st_context *ctx, st_trace_part *parts, size_t n, st_trace_grid *grid);

#endif
