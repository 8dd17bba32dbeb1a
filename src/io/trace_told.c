/* trace_told.c - what a process found out of a trace file, on its way to the one that reads it.
 * read, first part. A damaged file may have led HDF5 and its process astray without killing it, so
 * nothing is believed that reading would trip over. */
#include <string.h>

#include "core/memory.h"
#include "io/trace_file.h"

/* All characters one after the other, each text with its end; before them their number, 0: there
 * are none. */
static st_status tell_texts(st_context *ctx, char *const *texts, size_t n, st_parcel *told)
{
    uint64_t bytes = 0;
    for (size_t i = 0; texts != NULL && i < n; i++) {
        bytes += strlen(texts[i]) + 1;
    }
    ST_TRY(st_parcel_put(ctx, told, &bytes, sizeof bytes));
    for (size_t i = 0; texts != NULL && i < n; i++) {
        ST_TRY(st_parcel_put(ctx, told, texts[i], strlen(texts[i]) + 1));
    }
    return ST_OK;
}

static st_status tell_block(st_context *ctx, const void *block, size_t n, size_t size,
                            st_parcel *told)
{
    const uint64_t count = block == NULL ? 0 : n;
    ST_TRY(st_parcel_put(ctx, told, &count, sizeof count));
    return st_parcel_put(ctx, told, block, (size_t)count * size);
}

st_status st_trace_file_tell(st_context *ctx, const st_trace_file *file, st_parcel *told)
{
    const st_chunk_index *const index = &file->storage.index;
    ST_TRY(st_parcel_put(ctx, told, file, sizeof *file));
    ST_TRY(tell_block(ctx, index->chunk, index->n, sizeof(st_chunk), told));
    ST_TRY(tell_block(ctx, file->rack_rating_w, file->racks, sizeof(double), told));
    ST_TRY(tell_texts(ctx, file->rack_names, file->racks, told));
    return tell_texts(ctx, file->rack_groups, file->racks, told);
}

/* --- the other side -------------------------------------------------------------------------- */

static st_status no_sense(st_context *ctx, const st_trace_file *file)
{
    return st_fail(ctx, ST_FORMAT, "%s: the HDF5 library goes astray in this file (damaged?)",
                   file->path);
}

static st_status hear_texts(st_context *ctx, const st_trace_file *file, st_parcel *told,
                            char ***texts)
{
    uint64_t bytes;
    const char *from = NULL;
    void *block;
    const bool whole = st_parcel_take(told, &bytes, sizeof bytes) &&
                       (from = st_parcel_next(told, (size_t)bytes)) != NULL;
    *texts = NULL;
    if (!whole || bytes == 0) {
        return whole ? ST_OK : no_sense(ctx, file);
    }
    ST_TRY(st_alloc(ctx, 1, file->racks * sizeof(char *) + (size_t)bytes, "rack names", &block));
    *texts = block;
    char *at = (char *)(*texts + file->racks), *const end = at + bytes;
    memcpy(at, from, (size_t)bytes);
    for (size_t i = 0; i < file->racks; i++) {
        char *const stop = at == end ? NULL : memchr(at, '\0', (size_t)(end - at));
        if (stop == NULL) {
            return no_sense(ctx, file);
        }
        (*texts)[i] = at;
        at = stop + 1;
    }
    return ST_OK;
}

/* *block stays NULL where there is none; `n` as it has to be, or NULL: as many as there are. */
static st_status hear_block(st_context *ctx, const st_trace_file *file, st_parcel *told,
                            size_t size, size_t *n, void **block)
{
    uint64_t count;
    const void *from = NULL;
    *block = NULL;
    const bool whole = st_parcel_take(told, &count, sizeof count) &&
                       count <= (told->bytes - told->taken) / size &&
                       (from = st_parcel_next(told, (size_t)count * size)) != NULL;
    if (!whole || (*n != 0 && count != 0 && count != *n)) {
        return no_sense(ctx, file);
    }
    *n = (size_t)count;
    if (count > 0) {
        ST_TRY(st_alloc(ctx, (size_t)count, size, "what is known of a file", block));
        memcpy(*block, from, (size_t)count * size);
    }
    return ST_OK;
}

static bool sound_grid(const st_trace_file *file)
{
    const st_storage *storage = &file->storage;
    const st_chunk_grid *grid = &storage->grid;
    uint64_t bytes = storage->element;
    bool sound = grid->rank >= 1 && grid->rank <= 2;
    for (int axis = 0; sound && axis < 2; axis++) {
        sound = grid->size[axis] > 0 && grid->chunk[axis] > 0;
    }
    if (!sound || storage->layout != ST_LAYOUT_TILES) {
        return sound;
    }
    for (int axis = 0; axis < 2; axis++) {
        sound = sound && grid->count[axis] == (grid->size[axis] - 1) / grid->chunk[axis] + 1 &&
                !__builtin_mul_overflow(bytes, grid->chunk[axis], &bytes);
    }
    return sound && bytes == storage->tile_bytes && bytes <= ST_CHUNK_BYTES_MOST;
}

static bool sound_index(const st_trace_file *file)
{
    const st_storage *storage = &file->storage;
    const st_chunk_index *index = &storage->index;
    const uint64_t tiles = storage->grid.count[0] * storage->grid.count[1];
    bool sound = true;
    for (size_t i = 0; sound && i < index->n; i++) {
        const st_chunk *chunk = &index->chunk[i];
        sound = chunk->key < tiles && (i == 0 || chunk->key > index->chunk[i - 1].key) &&
                chunk->address <= file->bytes && chunk->bytes <= file->bytes - chunk->address &&
                st_pipeline_plausible(&storage->pipeline, chunk->bytes, storage->tile_bytes);
    }
    return sound;
}

/* Values that are not chunked lie in the file as one stretch. */
static bool sound_stretch(const st_trace_file *file)
{
    const st_storage *storage = &file->storage;
    uint64_t bytes;
    return !__builtin_mul_overflow(storage->grid.size[0], storage->grid.size[1], &bytes) &&
           !__builtin_mul_overflow(bytes, storage->element, &bytes) &&
           (storage->address == HADDR_UNDEF ||
            (storage->address <= file->bytes && bytes <= file->bytes - storage->address));
}

static bool sound(const st_trace_file *file)
{
    const st_storage *storage = &file->storage;
    const uint64_t *size = storage->grid.size;
    return (file->time_axis == 0 || file->time_axis == 1) && file->racks >= 1 &&
           file->racks <= ST_RACKS_MOST && file->racks == size[1 - file->time_axis] &&
           file->samples >= 1 && file->samples <= ST_SAMPLES_MOST &&
           (uint64_t)file->samples == size[file->time_axis] && file->period_ns > 0 &&
           (unsigned)file->scaling.stored < ST_STORED_TYPES &&
           (unsigned)storage->layout <= ST_LAYOUT_LIBRARY &&
           storage->element == st_stored_bytes(file->scaling.stored) &&
           storage->pipeline.n <= ST_FILTERS_MOST;
}

/* The parts of *file that are not pointers, and not its own to know. */
static bool take_plain(st_parcel *told, st_trace_file *file)
{
    st_trace_file said;
    if (!st_parcel_take(told, &said, sizeof said) || !sound(&said)) {
        return false;
    }
    said.path = file->path;
    said.dataset = file->dataset;
    said.descriptor = file->descriptor;
    said.bytes = file->bytes;
    said.file = said.power = ST_NO_HANDLE;
    said.rack_scale = NULL;
    said.reader = NULL;
    said.storage.index = (st_chunk_index){0, NULL};
    said.rack_names = said.rack_groups = NULL;
    said.rack_rating_w = NULL;
    said.type_words[sizeof said.type_words - 1] = '\0';
    said.layout_words[sizeof said.layout_words - 1] = '\0';
    *file = said;
    return true;
}

st_status st_trace_file_hear(st_context *ctx, st_parcel *told, st_trace_file *file)
{
    void *block;
    size_t chunks = 0, racks;
    if (!take_plain(told, file)) {
        return no_sense(ctx, file);
    }
    ST_TRY(hear_block(ctx, file, told, sizeof(st_chunk), &chunks, &block));
    file->storage.index = (st_chunk_index){chunks, block};
    racks = file->racks;
    ST_TRY(hear_block(ctx, file, told, sizeof(double), &racks, &block));
    file->rack_rating_w = block;
    ST_TRY(hear_texts(ctx, file, told, &file->rack_names));
    ST_TRY(hear_texts(ctx, file, told, &file->rack_groups));
    const bool whole =
        file->rack_names != NULL &&
        (file->storage.layout == ST_LAYOUT_LIBRARY ||
         (sound_grid(file) &&
          (file->storage.chunked ? st_pipeline_known(&file->storage.pipeline) && sound_index(file)
                                 : sound_stretch(file))));
    return whole ? ST_OK : no_sense(ctx, file);
}
