/* encode.h - power values to the bytes of one stored chunk.
 * Called by threads of the trace writer; knows no file. */
#ifndef ST_IO_ENCODE_H
#define ST_IO_ENCODE_H

#include "io/filter.h"
#include "surgetank/trace.h"

/* The rectangle of one chunk; a rest of it that no values fall on is padded as missing. */
typedef struct st_encode_job {
    const float *power_w; /* [racks, samples], rows `stride` apart, W; NaN = missing */
    size_t stride, racks, samples;
    size_t chunk_racks, chunk_samples;
    double scale_w; /* 0: float32; > 0: int32 steps */
    st_codec codec;
} st_encode_job;

/* What one thread encodes with; zero before the first use. */
typedef struct st_encoder {
    st_buffer values, shuffled, packed;
    void *deflate;              /* struct libdeflate_compressor */
    const unsigned char *bytes; /* the result */
    size_t n;
    double misfit_w; /* a value that int32 steps cannot hold; NaN = none */
} st_encoder;
void st_encoder_free(st_encoder *encoder);

/* The value of int32 chunks where a sample is missing. */
#define ST_STEP_MISSING INT32_MIN

/* Memory for jobs of this shape, so that st_encode cannot fail for want of it. */
st_status st_encoder_prepare(st_context *ctx, st_encoder *encoder, const st_encode_job *job);
/* encoder->bytes [encoder->n]; n = 0: the compressor failed. */
void st_encode(st_encoder *encoder, const st_encode_job *job);

#endif
