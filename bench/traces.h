/* traces.h - the recording as files, in the temporary folder of the run. */
#ifndef ST_BENCH_TRACES_H
#define ST_BENCH_TRACES_H

#include "bench.h"
#include "surgetank/trace.h"

enum { BENCH_PATH = 128 };

/* A trace/1 file by the product's own writer, chunked; samples come from the formula. */
st_status bench_trace_write(bench *b, const char *path, size_t racks, size_t samples,
                            st_codec codec);
/* One contiguous float32 dataset [rack, time], as other programs write; without power_w a hollow
 * one, that has a shape and no values. */
st_status bench_trace_contiguous(bench *b, const char *path, const bench_data *data);
/* How to open either of them. */
st_trace_options bench_trace_options(void);

/* What any program pays that reads such a file with the HDF5 library: /power in bands of 16,384
 * samples of all racks, into one buffer of [racks][16,384] floats. */
st_status bench_trace_h5dread(bench *b, const char *path, size_t racks, size_t samples,
                              float *buffer);

#endif
