/* filter.h - the filter pipeline of a chunked dataset: from stored bytes back to elements.
 * Called by threads outside of any lock; knows HDF5's numbers, not its library. */
#ifndef ST_IO_FILTER_H
#define ST_IO_FILTER_H

#include <stdint.h>

#include "core/context.h"

/* Filter numbers of the HDF5 registry. */
typedef enum st_filter_id {
    ST_FILTER_DEFLATE = 1,
    ST_FILTER_SHUFFLE = 2,
    ST_FILTER_FLETCHER32 = 3,
    ST_FILTER_LZF = 32000,
    ST_FILTER_LZ4 = 32004,
    ST_FILTER_BITSHUFFLE = 32008,
    ST_FILTER_ZSTD = 32015
} st_filter_id;

/* Compression inside bitshuffle, as in its filter values. */
typedef enum st_bitshuffle_codec {
    ST_BITSHUFFLE_PLAIN = 0,
    ST_BITSHUFFLE_LZ4 = 2,
    ST_BITSHUFFLE_ZSTD = 3
} st_bitshuffle_codec;

typedef struct st_filter {
    st_filter_id id;
    size_t element;            /* bytes: shuffle and bitshuffle */
    size_t block;              /* elements: bitshuffle; 0 = its default */
    st_bitshuffle_codec codec; /* bitshuffle */
} st_filter;

enum { ST_FILTERS_MOST = 8 };

/* In the order in which a writer applies them. */
typedef struct st_pipeline {
    size_t n;
    st_filter filter[ST_FILTERS_MOST];
} st_pipeline;

/* Memory that grows to what was needed and then stays. */
typedef struct st_buffer {
    unsigned char *data;
    size_t bytes;
} st_buffer;
st_status st_buffer_need(st_context *ctx, st_buffer *buffer, size_t bytes);
void st_buffer_free(st_buffer *buffer);

/* What one thread needs to decode chunks. Zero before the first use. */
typedef struct st_decoder {
    st_buffer raw;       /* the stored bytes */
    st_buffer spare[2];  /* between two filters */
    st_buffer block;     /* one bitshuffle block, transposed */
    st_buffer piece;     /* of a chunk, on its way out */
    void *deflate;       /* struct libdeflate_decompressor */
    void *zstd;          /* ZSTD_DCtx */
    const char *culprit; /* the filter that found damage last, or "stored" */
} st_decoder;
void st_decoder_free(st_decoder *decoder);

/* Whether these functions can undo the pipeline: one compressor at most, elements of at most
 * 8 bytes. */
bool st_pipeline_known(const st_pipeline *pipeline);

/* Whether so few stored bytes can hold so many: deflate reaches 1032 : 1, LZ4 255 : 1, LZF less;
 * zstd has no bound. Asked before memory is: a few damaged bytes can claim a chunk of gigabytes. */
bool st_pipeline_plausible(const st_pipeline *pipeline, size_t stored_bytes, size_t bytes);

/* Bytes [first, first + n) of a chunk, in whole elements; gone after the call. */
typedef void (*st_piece_fn)(void *user, size_t first, const unsigned char *data, size_t n);

/* What is wanted of a chunk: bytes [from, to), as pieces in order that fit a core's cache where the
 * last filter to undo allows it. They may begin before `from` and end after `to`. */
typedef struct st_wanted {
    size_t element; /* bytes; pieces are whole elements */
    size_t from, to;
    st_piece_fn fn;
    void *user;
} st_wanted;

/* Undoes the filters whose bit in `mask` is clear. stored: [stored_bytes], may be decoder->raw;
 * out: [bytes], one whole chunk, elsewhere. ST_FORMAT leaves a word in decoder->culprit
 * and the sentence to the caller, who knows the place; ST_MEMORY. */
st_status st_pipeline_decode(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                             st_decoder *decoder, const unsigned char *stored, size_t stored_bytes,
                             unsigned char *out, size_t bytes);

/* The same, but the chunk is nowhere as a whole: after ST_FORMAT some pieces may have been seen. */
st_status st_pipeline_stream(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                             st_decoder *decoder, const unsigned char *stored, size_t stored_bytes,
                             size_t bytes, const st_wanted *wanted);

/* A chunk of which several reads want a part each is kept with all filters undone but the one that
 * was applied first, where that one can be undone part by part. `element`: bytes of a value. */

/* Undoes the others of decoder->raw [stored_bytes], to *kept. */
st_status st_pipeline_keep(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                           st_decoder *decoder, size_t stored_bytes, size_t bytes, size_t element,
                           st_buffer *kept);
/* Pieces of such a chunk, with the first filter undone. */
st_status st_pipeline_stream_kept(st_context *ctx, const st_pipeline *pipeline, uint32_t mask,
                                  st_decoder *decoder, const unsigned char *kept,
                                  size_t stored_bytes, size_t bytes, const st_wanted *wanted);

#endif
