/* filter.c - undoing a pipeline, last filter first. */
#include "io/filter.h"

#include <libdeflate.h>
#include <string.h>
#include <zstd.h>

#include "core/memory.h"
#include "io/codec.h"
#include "io/shuffle.h"

st_status st_buffer_need(st_context *ctx, st_buffer *buffer, size_t bytes)
{
    void *data;
    if (bytes <= buffer->bytes) {
        return ST_OK;
    }
    ST_TRY(st_alloc(ctx, bytes, 1, "a buffer for one chunk", &data));
    st_free(buffer->data);
    *buffer = (st_buffer){data, bytes};
    return ST_OK;
}

void st_buffer_free(st_buffer *buffer)
{
    st_free(buffer->data);
    *buffer = (st_buffer){NULL, 0};
}

void st_decoder_free(st_decoder *decoder)
{
    st_buffer_free(&decoder->raw);
    st_buffer_free(&decoder->spare[0]);
    st_buffer_free(&decoder->spare[1]);
    st_buffer_free(&decoder->block);
    st_buffer_free(&decoder->piece);
    libdeflate_free_decompressor(decoder->deflate);
    ZSTD_freeDCtx(decoder->zstd);
    *decoder = (st_decoder){0};
}

static bool compresses(const st_filter *filter)
{
    return filter->id != ST_FILTER_SHUFFLE && filter->id != ST_FILTER_FLETCHER32 &&
           !(filter->id == ST_FILTER_BITSHUFFLE && filter->codec == ST_BITSHUFFLE_PLAIN);
}

bool st_pipeline_known(const st_pipeline *pipeline)
{
    size_t compressors = 0;
    for (size_t i = 0; i < pipeline->n; i++) {
        const st_filter *filter = &pipeline->filter[i];
        compressors += compresses(filter) ? 1 : 0;
        if (filter->id == ST_FILTER_BITSHUFFLE &&
            (filter->element == 0 || filter->element > ST_BITSHUFFLE_ELEMENT_MOST)) {
            return false;
        }
    }
    return compressors <= 1;
}

bool st_pipeline_plausible(const st_pipeline *pipeline, size_t stored_bytes, size_t bytes)
{
    bool unbounded = false;
    for (size_t i = 0; i < pipeline->n; i++) {
        const st_filter *filter = &pipeline->filter[i];
        unbounded = unbounded || filter->id == ST_FILTER_ZSTD ||
                    (filter->id == ST_FILTER_BITSHUFFLE && filter->codec == ST_BITSHUFFLE_ZSTD);
    }
    return unbounded || bytes / 1100 <= stored_bytes;
}

/* Tools of a filter, made at its first use. */
static st_status prepare(st_context *ctx, const st_filter *filter, st_decoder *decoder,
                         const unsigned char *in, size_t in_bytes, size_t bytes)
{
    if (filter->id == ST_FILTER_DEFLATE && decoder->deflate == NULL) {
        decoder->deflate = libdeflate_alloc_decompressor();
        if (decoder->deflate == NULL) {
            return st_fail(ctx, ST_MEMORY, "no memory for the deflate decoder");
        }
    }
    const bool zstd = filter->id == ST_FILTER_ZSTD ||
                      (filter->id == ST_FILTER_BITSHUFFLE && filter->codec == ST_BITSHUFFLE_ZSTD);
    if (zstd && decoder->zstd == NULL) {
        decoder->zstd = ZSTD_createDCtx();
        if (decoder->zstd == NULL) {
            return st_fail(ctx, ST_MEMORY, "no memory for the zstd decoder");
        }
    }
    if (filter->id == ST_FILTER_BITSHUFFLE) {
        const size_t block = st_bitshuffle_block_bytes(filter, in, in_bytes, bytes);
        ST_TRY(st_buffer_need(ctx, &decoder->block, block));
        return st_buffer_need(ctx, &decoder->piece, block);
    }
    return ST_OK;
}

/* The last four of in [bytes + 4] are the sum of the others. */
static bool fletcher32_agrees(const unsigned char *in, size_t bytes)
{
    const unsigned char *stored = in + bytes;
    const uint32_t found = (uint32_t)stored[3] << 24 | (uint32_t)stored[2] << 16 |
                           (uint32_t)stored[1] << 8 | stored[0];
    const uint32_t sum = st_fletcher32(in, bytes);
    /* Before 1.6.3 HDF5 stored the bytes of each half exchanged on little-endian machines. */
    const uint32_t swapped = (sum & 0x00ff00ffu) << 8 | (sum & 0xff00ff00u) >> 8;
    return found == sum || found == swapped;
}

/* in [in_bytes] -> out [bytes]; false on damage. */
static bool undo(const st_filter *filter, st_decoder *decoder, const unsigned char *in,
                 size_t in_bytes, unsigned char *out, size_t bytes)
{
    size_t made = 0;
    switch (filter->id) {
    case ST_FILTER_DEFLATE:
        return libdeflate_zlib_decompress(decoder->deflate, in, in_bytes, out, bytes, &made) ==
                   LIBDEFLATE_SUCCESS &&
               made == bytes;
    case ST_FILTER_SHUFFLE:
        if (in_bytes == bytes) {
            st_unshuffle(in, out, bytes, filter->element);
        }
        return in_bytes == bytes;
    case ST_FILTER_FLETCHER32:
        if (in_bytes == bytes + 4) {
            memcpy(out, in, bytes);
        }
        return in_bytes == bytes + 4 && fletcher32_agrees(in, bytes);
    case ST_FILTER_LZF: return st_lzf_decode(in, in_bytes, out, bytes);
    case ST_FILTER_LZ4: return st_lz4_decode(in, in_bytes, out, bytes);
    case ST_FILTER_BITSHUFFLE:
        return st_bitshuffle_decode(decoder, filter, in, in_bytes, out, bytes, NULL);
    case ST_FILTER_ZSTD:
        return ZSTD_decompressDCtx(decoder->zstd, out, bytes, in, in_bytes) == bytes;
    }
    return false;
}

static const char *filter_word(const st_filter *filter)
{
    switch (filter->id) {
    case ST_FILTER_DEFLATE: return "deflate";
    case ST_FILTER_SHUFFLE: return "shuffle";
    case ST_FILTER_FLETCHER32: return "fletcher32";
    case ST_FILTER_LZF: return "LZF";
    case ST_FILTER_LZ4: return "LZ4";
    case ST_FILTER_BITSHUFFLE: return "bitshuffle";
    case ST_FILTER_ZSTD: return "zstd";
    }
    return "unknown";
}

/* Filters to undo, in the order of writing, and what each has to give back. */
typedef struct steps {
    size_t n;
    const st_filter *filter[ST_FILTERS_MOST];
    size_t bytes[ST_FILTERS_MOST];
} steps;

/* Sizes are known from the chunk up to the compressor, and from the stored bytes down to it. */
static bool plan_steps(const st_pipeline *pipeline, uint32_t mask, size_t stored_bytes,
                       size_t bytes, steps *plan)
{
    size_t compressor = 0;
    plan->n = 0;
    for (size_t i = 0; i < pipeline->n; i++) {
        if ((mask >> i & 1u) == 0) {
            plan->filter[plan->n] = &pipeline->filter[i];
            plan->bytes[plan->n++] = bytes;
            bytes += pipeline->filter[i].id == ST_FILTER_FLETCHER32 ? 4 : 0;
            compressor = compresses(&pipeline->filter[i]) ? plan->n : compressor;
        }
    }
    for (size_t i = plan->n; compressor > 0 && i-- > compressor;) {
        const size_t sum = plan->filter[i]->id == ST_FILTER_FLETCHER32 ? 4 : 0;
        if (stored_bytes < sum) {
            return false;
        }
        stored_bytes -= sum;
        plan->bytes[i] = stored_bytes;
    }
    return true;
}

/* All filters but the one that was applied first. *in, *in_bytes: what is stored, then what that
 * filter has to undo. */
static st_status undo_later(st_context *ctx, const steps *plan, st_decoder *decoder,
                            const unsigned char **in, size_t *in_bytes)
{
    for (size_t i = plan->n; i-- > 1;) {
        st_buffer *const to = &decoder->spare[i % 2];
        ST_TRY(prepare(ctx, plan->filter[i], decoder, *in, *in_bytes, plan->bytes[i]));
        ST_TRY(st_buffer_need(ctx, to, plan->bytes[i]));
        if (!undo(plan->filter[i], decoder, *in, *in_bytes, to->data, plan->bytes[i])) {
            decoder->culprit = filter_word(plan->filter[i]);
            return ST_FORMAT;
        }
        *in = to->data;
        *in_bytes = plan->bytes[i];
    }
    return ST_OK;
}

enum { PIECE_BYTES = 8192 }; /* a piece, and what it is made from, stay in L1 */

/* Whether a filter over `bytes` of whole values can be undone part by part. */
static bool in_parts(const st_filter *filter, size_t element, size_t bytes)
{
    return filter->element == element &&
           (filter->id == ST_FILTER_BITSHUFFLE ||
            (filter->id == ST_FILTER_SHUFFLE && element > 1 && bytes % element == 0));
}

/* The filter that was applied first, piece by piece where it can be. */
static st_status stream_first(st_context *ctx, const st_filter *filter, st_decoder *decoder,
                              const unsigned char *in, size_t in_bytes, size_t bytes,
                              const st_wanted *wanted)
{
    const size_t element = filter->element;
    bool good = false;
    const bool parts = in_parts(filter, wanted->element, bytes);
    if (parts && filter->id == ST_FILTER_BITSHUFFLE) {
        good = st_bitshuffle_decode(decoder, filter, in, in_bytes, NULL, bytes, wanted);
    } else if (parts) {
        const size_t step = PIECE_BYTES / element * element, end = wanted->to;
        ST_TRY(st_buffer_need(ctx, &decoder->piece, step));
        good = in_bytes == bytes;
        for (size_t at = wanted->from / element * element; good && at < end; at += step) {
            const size_t n = end - at < step ? end - at : step;
            st_unshuffle_part(in, decoder->piece.data, bytes, element, at / element, n / element);
            wanted->fn(wanted->user, at, decoder->piece.data, n);
        }
    } else {
        ST_TRY(st_buffer_need(ctx, &decoder->spare[0], bytes));
        good = undo(filter, decoder, in, in_bytes, decoder->spare[0].data, bytes);
        if (good) {
            wanted->fn(wanted->user, 0, decoder->spare[0].data, bytes);
        }
    }
    decoder->culprit = filter_word(filter);
    return good ? ST_OK : ST_FORMAT;
}

/* Exactly one of out and wanted is NULL. */
static st_status run(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                     st_decoder *decoder, const unsigned char *stored, size_t stored_bytes,
                     unsigned char *out, size_t bytes, const st_wanted *wanted)
{
    steps plan;
    decoder->culprit = "stored";
    if (!plan_steps(pipeline, mask, stored_bytes, bytes, &plan) ||
        (plan.n == 0 && stored_bytes != bytes)) {
        return ST_FORMAT;
    }
    ST_TRY(undo_later(ctx, &plan, decoder, &stored, &stored_bytes));
    if (plan.n > 0) {
        ST_TRY(prepare(ctx, plan.filter[0], decoder, stored, stored_bytes, bytes));
    }
    if (wanted != NULL && plan.n > 0) {
        return stream_first(ctx, plan.filter[0], decoder, stored, stored_bytes, bytes, wanted);
    }
    if (plan.n > 0) {
        decoder->culprit = filter_word(plan.filter[0]);
        return undo(plan.filter[0], decoder, stored, stored_bytes, out, bytes) ? ST_OK : ST_FORMAT;
    }
    if (wanted != NULL) {
        wanted->fn(wanted->user, 0, stored, bytes);
    } else if (out != NULL) {
        memcpy(out, stored, bytes);
    }
    return ST_OK;
}

st_status st_pipeline_decode(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                             st_decoder *decoder, const unsigned char *stored, size_t stored_bytes,
                             unsigned char *out, size_t bytes)
{
    return run(ctx, pipeline, mask, decoder, stored, stored_bytes, out, bytes, NULL);
}

st_status st_pipeline_stream(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                             st_decoder *decoder, const unsigned char *stored, size_t stored_bytes,
                             size_t bytes, const st_wanted *wanted)
{
    return run(ctx, pipeline, mask, decoder, stored, stored_bytes, NULL, bytes, wanted);
}

st_status st_pipeline_keep(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                           st_decoder *decoder, size_t stored_bytes, size_t bytes, size_t element,
                           st_buffer *kept)
{
    steps plan;
    const unsigned char *in = decoder->raw.data;
    decoder->culprit = "stored";
    if (!plan_steps(pipeline, mask, stored_bytes, bytes, &plan)) {
        return ST_FORMAT;
    }
    if (plan.n == 0 || !in_parts(plan.filter[0], element, bytes)) {
        ST_TRY(st_buffer_need(ctx, kept, bytes));
        return run(ctx, pipeline, mask, decoder, in, stored_bytes, kept->data, bytes, NULL);
    }
    ST_TRY(undo_later(ctx, &plan, decoder, &in, &stored_bytes));
    st_buffer *const last = in == decoder->raw.data ? &decoder->raw : &decoder->spare[1];
    const st_buffer other = *kept; /* an exchange instead of a copy */
    *kept = *last;
    *last = other;
    return ST_OK;
}

st_status st_pipeline_stream_kept(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                                  st_decoder *decoder, const unsigned char *kept,
                                  size_t stored_bytes, size_t bytes, const st_wanted *wanted)
{
    steps plan;
    if (!plan_steps(pipeline, mask, stored_bytes, bytes, &plan) || plan.n == 0 ||
        !in_parts(plan.filter[0], wanted->element, bytes)) {
        wanted->fn(wanted->user, 0, kept, bytes);
        return ST_OK;
    }
    const size_t kept_bytes = plan.n == 1 ? stored_bytes : plan.bytes[1];
    ST_TRY(prepare(ctx, plan.filter[0], decoder, kept, kept_bytes, bytes));
    return stream_first(ctx, plan.filter[0], decoder, kept, kept_bytes, bytes, wanted);
}
