/* respond.h - how a convolution is cut, and its buffers; between respond.cu, which does the work, and
 * respond_space.cu, which makes the room. */
#ifndef ST_KERNELS_RESPOND_H
#define ST_KERNELS_RESPOND_H

#include "exec.h"
#include "formula/convolve.h"

/* How a convolution is cut. */
struct convolve_cut {
    st_convolve_cut of;
    int64_t blocks;   /* of a row */
    int64_t run;      /* blocks of a chunk */
    size_t pairs;     /* of a chunk */
    size_t x_columns; /* samples that a chunk needs of a row */
};

convolve_cut cuda_convolve_cut(const st_convolution *task);
/* Buffers for such chunks: they grow and stay. */
st_status cuda_convolve_take(st_context *ctx, st_exec *exec, const convolve_cut *cut);
/* Spectra of the partitions, on the device, unless they are there from the last call. */
st_status cuda_convolve_upload(st_context *ctx, st_exec *exec, const st_convolution *task,
                               const convolve_cut *cut);

#endif
