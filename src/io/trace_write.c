/* trace_write.c - writing trace/1 in step with the data: encode a few chunks, hand them on.
 * The writer's public face; the structure of the file is in trace_layout.c. */
#include <math.h>

#include "core/memory.h"
#include "io/encode.h"
#include "io/trace_layout.h"

enum { ENCODERS = 8 }; /* chunks that are encoded side by side; bounds the writer's memory */

struct st_trace_writer {
    st_context *ctx;
    st_staged *staged;
    st_trace_layout layout;
    size_t racks;
    int64_t samples, next;
    double scale_w;
    st_codec codec;
    st_status status; /* of the first failure: nothing is written after it */
    st_encoder encoder[ENCODERS];
};

static st_status check_spec(st_context *ctx, const char *path, const st_trace_spec *spec)
{
    if (spec->racks < 1 || spec->racks > ST_RACKS_MOST || spec->samples < 1 ||
        spec->samples > ST_SAMPLES_MOST || spec->period_ns < 1 || spec->rack_names == NULL) {
        return st_fail(
            ctx, ST_ARGUMENT,
            "%s: %zu racks x %lld samples of %lld ns; allowed: 1 to %d racks with names, "
            "1 to 2^48 samples, a period of more than 0",
            path, spec->racks, (long long)spec->samples, (long long)spec->period_ns, ST_RACKS_MOST);
    }
    if (!(spec->scale_w >= 0.0) || isinf(spec->scale_w)) {
        return st_fail(ctx, ST_ARGUMENT, "%s: steps of %g W; allowed: 0 (float32) or more", path,
                       spec->scale_w);
    }
    return (unsigned)spec->codec <= ST_CODEC_BITSHUFFLE_LZ4
               ? ST_OK
               : st_fail(ctx, ST_ARGUMENT, "%s: unknown codec %d", path, (int)spec->codec);
}

/* Accepts a writer that was never finished opening. */
static void destroy(st_trace_writer *writer)
{
    st_library_scope scope;
    st_library_enter(&scope);
    st_trace_layout_close(&writer->layout);
    st_library_leave(&scope);
    st_staged_abandon(writer->staged);
    for (size_t i = 0; i < ENCODERS; i++) {
        st_encoder_free(&writer->encoder[i]);
    }
    st_free(writer);
}

st_status st_trace_writer_create(st_context *ctx, const char *path, const st_trace_spec *spec,
                                 st_trace_writer **writer)
{
    st_library_scope scope;
    st_status status = ST_OK;
    void *block;
    *writer = NULL;
    ST_TRY(check_spec(ctx, path, spec));
    ST_TRY(st_alloc(ctx, 1, sizeof **writer, "a trace writer", &block));
    st_trace_writer *made = block;
    made->ctx = ctx;
    made->layout = ST_TRACE_LAYOUT_NONE;
    made->racks = spec->racks;
    made->samples = spec->samples;
    made->scale_w = spec->scale_w;
    made->codec = spec->codec;
    ST_GOTO(status, st_staged_create(ctx, path, &made->staged));
    st_library_enter(&scope);
    status = st_trace_layout_create(ctx, made->staged, path, spec, &made->layout);
    st_library_leave(&scope);
done:
    if (status != ST_OK) {
        destroy(made);
    } else {
        *writer = made;
    }
    return status;
}

/* --- values ---------------------------------------------------------------------------------- */

/* The chunks of one put, numbered by time, then by rack. */
typedef struct batch {
    const float *power_w;
    size_t stride, samples;
    int64_t first;
    size_t rack_chunks;
} batch;

static st_encode_job job_of(const st_trace_writer *writer, const batch *put, size_t chunk)
{
    const size_t racks = writer->layout.chunk_racks, samples = writer->layout.chunk_samples;
    const size_t rack = chunk % put->rack_chunks * racks;
    const size_t sample = chunk / put->rack_chunks * samples;
    const size_t racks_left = writer->racks - rack, samples_left = put->samples - sample;
    return (st_encode_job){put->power_w + rack * put->stride + sample,
                           put->stride,
                           racks_left < racks ? racks_left : racks,
                           samples_left < samples ? samples_left : samples,
                           racks,
                           samples,
                           writer->scale_w,
                           writer->codec};
}

/* Hands one encoded chunk to the file. Inside the HDF5 scope. */
static st_status hand_on(st_trace_writer *writer, const batch *put, size_t chunk,
                         const st_encoder *encoder)
{
    char reason[ST_REASON_BYTES];
    const hsize_t at[2] = {chunk % put->rack_chunks * writer->layout.chunk_racks,
                           (hsize_t)put->first +
                               chunk / put->rack_chunks * writer->layout.chunk_samples};
    if (encoder->n == 0) {
        return st_fail(writer->ctx, ST_INTERNAL, "a chunk could not be compressed");
    }
    if (!isnan(encoder->misfit_w)) {
        return st_fail(writer->ctx, ST_ARGUMENT,
                       "a power of %g W does not fit into int32 steps of %g W", encoder->misfit_w,
                       writer->scale_w);
    }
    if (H5Dwrite_chunk(writer->layout.power, H5P_DEFAULT, 0, at, encoder->n, encoder->bytes) < 0) {
        return st_fail(writer->ctx, ST_INTERNAL, "HDF5 does not take a chunk: %s",
                       st_library_reason(reason));
    }
    return st_staged_check(writer->ctx, writer->staged);
}

static st_status put_chunks(st_trace_writer *writer, const batch *put, size_t first, size_t n)
{
    st_library_scope scope;
    st_status status = ST_OK;
    for (size_t i = 0; i < n; i++) {
        const st_encode_job job = job_of(writer, put, first + i);
        ST_TRY(st_encoder_prepare(writer->ctx, &writer->encoder[i], &job));
    }
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
        const st_encode_job job = job_of(writer, put, first + i);
        st_encode(&writer->encoder[i], &job);
    }
    st_library_enter(&scope);
    for (size_t i = 0; i < n && status == ST_OK; i++) {
        status = hand_on(writer, put, first + i, &writer->encoder[i]);
    }
    st_library_leave(&scope);
    return status;
}

st_status st_trace_writer_put(st_trace_writer *writer, int64_t first, size_t samples,
                              const float *power_w, size_t stride)
{
    if (writer->status != ST_OK) {
        return writer->status;
    }
    if (first != writer->next || first % ST_TRACE_CHUNK_SAMPLES != 0 || samples < 1 ||
        samples > (uint64_t)(writer->samples - first) || stride < samples) {
        return st_fail(writer->ctx, ST_ARGUMENT,
                       "samples %lld + %zu, stride %zu; allowed: on from sample %lld, which is a "
                       "multiple of %d, at most to %lld",
                       (long long)first, samples, stride, (long long)writer->next,
                       ST_TRACE_CHUNK_SAMPLES, (long long)writer->samples);
    }
    const size_t rack_chunks = (writer->racks - 1) / writer->layout.chunk_racks + 1;
    const size_t chunks = ((samples - 1) / writer->layout.chunk_samples + 1) * rack_chunks;
    const batch put = {power_w, stride, samples, first, rack_chunks};
    for (size_t chunk = 0; chunk < chunks && writer->status == ST_OK; chunk += ENCODERS) {
        const size_t left = chunks - chunk;
        writer->status = put_chunks(writer, &put, chunk, left < ENCODERS ? left : ENCODERS);
    }
    writer->next = first + (int64_t)samples;
    return writer->status;
}

/* --- the end --------------------------------------------------------------------------------- */

st_status st_trace_writer_finish(st_trace_writer *writer, const st_truth *truth)
{
    st_library_scope scope;
    st_context *ctx = writer->ctx;
    st_status status = writer->status;
    if (status == ST_OK && writer->next != writer->samples) {
        status = st_fail(ctx, ST_ARGUMENT, "%lld of %lld samples were written",
                         (long long)writer->next, (long long)writer->samples);
    }
    if (status == ST_OK) {
        st_library_enter(&scope);
        status = st_trace_layout_finish(ctx, &writer->layout, truth);
        st_library_leave(&scope);
    }
    if (status == ST_OK) {
        status = st_staged_commit(ctx, writer->staged);
        writer->staged = NULL;
    }
    destroy(writer);
    return status;
}

void st_trace_writer_abandon(st_trace_writer *writer)
{
    if (writer != NULL) {
        destroy(writer);
    }
}
