/* encode.c - fill a chunk, order its bytes, compress it. */
#include "io/encode.h"

#include <libdeflate.h>
#include <math.h>
#include <string.h>

#include "io/codec.h"
#include "io/shuffle.h"

enum { ELEMENT = 4, DEFLATE_LEVEL = 4, BITSHUFFLE_SPARE = 8192 };

void st_encoder_free(st_encoder *encoder)
{
    st_buffer_free(&encoder->values);
    st_buffer_free(&encoder->shuffled);
    st_buffer_free(&encoder->packed);
    libdeflate_free_compressor(encoder->deflate);
    *encoder = (st_encoder){0};
}

st_status st_encoder_prepare(st_context *ctx, st_encoder *encoder, const st_encode_job *job)
{
    const size_t bytes = job->chunk_racks * job->chunk_samples * ELEMENT;
    ST_TRY(st_buffer_need(ctx, &encoder->values, bytes));
    if (job->codec != ST_CODEC_NONE) {
        ST_TRY(st_buffer_need(ctx, &encoder->packed, st_codec_bound(bytes)));
        ST_TRY(st_buffer_need(ctx, &encoder->shuffled, bytes + BITSHUFFLE_SPARE));
    }
    if (job->codec == ST_CODEC_DEFLATE && encoder->deflate == NULL) {
        encoder->deflate = libdeflate_alloc_compressor(DEFLATE_LEVEL);
        if (encoder->deflate == NULL) {
            return st_fail(ctx, ST_MEMORY, "no memory for the deflate encoder");
        }
    }
    return ST_OK;
}

static void fill_float(const st_encode_job *job, float *to)
{
    for (size_t r = 0; r < job->chunk_racks; r++, to += job->chunk_samples) {
        const float *from = job->power_w + r * job->stride;
        const size_t n = r < job->racks ? job->samples : 0;
        for (size_t i = 0; i < n; i++) {
            to[i] = isfinite(from[i]) ? from[i] : NAN;
        }
        for (size_t i = n; i < job->chunk_samples; i++) {
            to[i] = NAN;
        }
    }
}

/* Nearest step, ties to even; a value beyond int32 is kept as misfit_w. */
static void fill_steps(st_encoder *encoder, const st_encode_job *job, int32_t *to)
{
    for (size_t r = 0; r < job->chunk_racks; r++, to += job->chunk_samples) {
        const float *from = job->power_w + r * job->stride;
        const size_t n = r < job->racks ? job->samples : 0;
        for (size_t i = 0; i < n; i++) {
            const double steps = nearbyint((double)from[i] / job->scale_w);
            to[i] = ST_STEP_MISSING;
            if (fabs(steps) <= INT32_MAX) {
                to[i] = (int32_t)steps;
            } else if (isfinite(from[i])) {
                encoder->misfit_w = (double)from[i];
            }
        }
        for (size_t i = n; i < job->chunk_samples; i++) {
            to[i] = ST_STEP_MISSING;
        }
    }
}

void st_encode(st_encoder *encoder, const st_encode_job *job)
{
    const size_t bytes = job->chunk_racks * job->chunk_samples * ELEMENT;
    const unsigned char *values = encoder->values.data;
    encoder->misfit_w = NAN;
    if (job->scale_w > 0.0) {
        fill_steps(encoder, job, (int32_t *)(void *)encoder->values.data);
    } else {
        fill_float(job, (float *)(void *)encoder->values.data);
    }
    encoder->bytes = encoder->packed.data;
    switch (job->codec) {
    case ST_CODEC_NONE:
        encoder->bytes = values;
        encoder->n = bytes;
        return;
    case ST_CODEC_DEFLATE:
        st_shuffle(values, encoder->shuffled.data, bytes, ELEMENT);
        encoder->n = libdeflate_zlib_compress(encoder->deflate, encoder->shuffled.data, bytes,
                                              encoder->packed.data, encoder->packed.bytes);
        return;
    case ST_CODEC_LZ4: encoder->n = st_lz4_encode(values, bytes, encoder->packed.data); return;
    case ST_CODEC_BITSHUFFLE_LZ4:
        encoder->n = st_bitshuffle_lz4_encode(values, bytes, ELEMENT, encoder->shuffled.data,
                                              encoder->packed.data);
        return;
    }
    encoder->n = 0;
}
