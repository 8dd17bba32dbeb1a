/* trace_layout.h - the structure of a trace/1 file while it is written: everything but values.
 * Beside trace_write.c; all calls inside the HDF5 scope. */
#ifndef ST_IO_TRACE_LAYOUT_H
#define ST_IO_TRACE_LAYOUT_H

#include "io/staged_file.h"
#include "io/trace_file.h"
#include "surgetank/trace.h"

typedef struct st_trace_layout {
    hid_t file, power;
    size_t chunk_racks, chunk_samples;
} st_trace_layout;
#define ST_TRACE_LAYOUT_NONE ((st_trace_layout){ST_NO_HANDLE, ST_NO_HANDLE, 0, 0})

/* Attributes, scales, rack columns, and /power without values. */
st_status st_trace_layout_create(st_context *ctx, st_staged *staged, const char *path,
                                 const st_trace_spec *spec, st_trace_layout *layout);
/* Adds /truth/events (NULL: none) and closes the file. */
st_status st_trace_layout_finish(st_context *ctx, st_trace_layout *layout, const st_truth *truth);
void st_trace_layout_close(st_trace_layout *layout);

#endif
