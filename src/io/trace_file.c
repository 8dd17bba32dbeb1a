/* trace_file.c - opening one file of a trace: the order of the steps, and its storage. */
#include "io/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "io/library_reader.h"
#include "io/walk.h"

enum { PIECE_BYTES = 4 << 20 }; /* of contiguous [time, rack] data that are fetched at once */

/* --- storage --------------------------------------------------------------------------------- */

static uint64_t count_of(uint64_t size, uint64_t chunk)
{
    return size / chunk + (size % chunk != 0 ? 1 : 0);
}

static st_status finish_grid(st_context *ctx, st_trace_file *file)
{
    st_storage *storage = &file->storage;
    st_chunk_grid *grid = &storage->grid;
    uint64_t elements, bytes, tiles;
    grid->count[0] = count_of(grid->size[0], grid->chunk[0]);
    grid->count[1] = count_of(grid->size[1], grid->chunk[1]);
    if (__builtin_mul_overflow(grid->chunk[0], grid->chunk[1], &elements) ||
        __builtin_mul_overflow(elements, storage->element, &bytes) || bytes > ST_CHUNK_BYTES_MOST ||
        __builtin_mul_overflow(grid->count[0], grid->count[1], &tiles)) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: %s: chunks of %llu x %llu values; allowed: at most 4 GiB each",
                       file->path, file->dataset, (unsigned long long)grid->chunk[0],
                       (unsigned long long)grid->chunk[1]);
    }
    storage->tile_bytes = (size_t)bytes;
    return ST_OK;
}

static st_status check_chunks(st_context *ctx, const st_trace_file *file)
{
    const st_storage *storage = &file->storage;
    for (size_t i = 0; i < storage->index.n; i++) {
        const st_chunk *chunk = &storage->index.chunk[i];
        if (!st_pipeline_plausible(&storage->pipeline, chunk->bytes, storage->tile_bytes)) {
            return st_fail(
                ctx, ST_FORMAT,
                "%s: %s: chunk [%llu, %llu] has %u stored bytes; its %zu bytes cannot be "
                "in them (damaged?)",
                file->path, file->dataset,
                (unsigned long long)(chunk->key / storage->grid.count[1]),
                (unsigned long long)(chunk->key % storage->grid.count[1]), chunk->bytes,
                storage->tile_bytes);
        }
    }
    return ST_OK;
}

static st_status read_chunked(st_context *ctx, hid_t list, st_trace_file *file)
{
    st_storage *storage = &file->storage;
    st_chunk_grid *grid = &storage->grid;
    hsize_t chunk[2] = {1, 1};
    char filters[96];
    bool known = true;
    const int rank = H5Pget_chunk(list, 2, grid->rank == 1 ? chunk + 1 : chunk);
    if (rank != (int)grid->rank || chunk[0] == 0 || chunk[1] == 0) {
        return st_fail(ctx, ST_FORMAT, "%s: %s: HDF5 gives no size of its chunks", file->path,
                       file->dataset);
    }
    grid->chunk[0] = chunk[0];
    grid->chunk[1] = chunk[1];
    ST_TRY(finish_grid(ctx, file));
    const bool ours =
        st_pipeline_from_list(list, storage->element, &storage->pipeline, filters, sizeof filters);
    const size_t used = strlen(file->layout_words);
    snprintf(file->layout_words + used, sizeof file->layout_words - used,
             ", chunks %llu x %llu, %s", (unsigned long long)grid->chunk[0],
             (unsigned long long)grid->chunk[1], filters[0] == '\0' ? "no filter" : filters);
    if (!ours || storage->layout == ST_LAYOUT_LIBRARY) {
        storage->layout = ST_LAYOUT_LIBRARY;
        return ST_OK;
    }
    const st_status status =
        st_chunk_index_read(ctx, file->file, file->power, file->dataset, file->descriptor,
                            file->bytes, grid, &storage->index, &known);
    if (status != ST_OK) {
        st_prefix(ctx, "%s: %s", file->path, file->dataset);
    }
    storage->layout = known ? ST_LAYOUT_TILES : ST_LAYOUT_LIBRARY;
    storage->chunked = true;
    return status == ST_OK ? check_chunks(ctx, file) : status;
}

static st_status read_contiguous(st_context *ctx, st_trace_file *file)
{
    st_storage *storage = &file->storage;
    st_chunk_grid *grid = &storage->grid;
    uint64_t bytes;
    storage->address = H5Dget_offset(file->power);
    if (__builtin_mul_overflow(grid->size[0], grid->size[1], &bytes) ||
        __builtin_mul_overflow(bytes, storage->element, &bytes) ||
        (storage->address != HADDR_UNDEF &&
         (storage->address > file->bytes || bytes > file->bytes - storage->address))) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: %s: %llu x %llu values do not fit into a file of %llu bytes "
                       "(truncated?)",
                       file->path, file->dataset, (unsigned long long)grid->size[0],
                       (unsigned long long)grid->size[1], (unsigned long long)file->bytes);
    }
    grid->chunk[0] = 1;
    grid->chunk[1] = grid->size[1];
    storage->layout = ST_LAYOUT_ROWS;
    if (file->time_axis == 0) {
        const uint64_t rows = PIECE_BYTES / (grid->size[1] * storage->element);
        grid->chunk[0] = rows < 1                        ? 1
                         : rows > ST_TRACE_CHUNK_SAMPLES ? ST_TRACE_CHUNK_SAMPLES
                                                         : rows;
        storage->layout = ST_LAYOUT_TILES;
        return finish_grid(ctx, file);
    }
    return ST_OK;
}

/* Files whose addresses are not plain byte positions are left to HDF5. */
static bool plain_file(hid_t file)
{
    hsize_t user_block = 0;
    size_t address_bytes = 0, size_bytes = 0;
    hid_t list = H5Fget_create_plist(file);
    const bool plain = list >= 0 && H5Pget_userblock(list, &user_block) >= 0 && user_block == 0 &&
                       H5Pget_sizes(list, &address_bytes, &size_bytes) >= 0 && address_bytes == 8 &&
                       size_bytes == 8;
    st_close_list(&list);
    return plain;
}

static void read_fill(hid_t list, st_trace_file *file)
{
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(list, &defined) < 0 || defined == H5D_FILL_VALUE_UNDEFINED ||
        H5Pget_fill_value(list, st_stored_type(file->scaling.stored), file->storage.fill) < 0) {
        memset(file->storage.fill, 0, sizeof file->storage.fill);
    }
}

st_status st_trace_file_read_storage(st_context *ctx, st_trace_file *file)
{
    char reason[ST_REASON_BYTES];
    st_storage *storage = &file->storage;
    st_status status = ST_OK;
    hid_t list = H5Dget_create_plist(file->power);
    const H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    const bool plain = !file->converted && plain_file(file->file);
    storage->element = st_stored_bytes(file->scaling.stored);
    storage->layout = plain ? ST_LAYOUT_ROWS : ST_LAYOUT_LIBRARY;
    snprintf(file->layout_words, sizeof file->layout_words, "%s [%s]", file->type_words,
             storage->grid.rank == 1 ? "time"
             : file->time_axis == 0  ? "time, rack"
                                     : "rack, time");
    if (layout == H5D_LAYOUT_ERROR) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: HDF5 cannot tell how it is stored: %s",
                         file->path, file->dataset, st_library_reason(reason));
        goto done;
    }
    read_fill(list, file);
    if (layout == H5D_CHUNKED) {
        ST_GOTO(status, read_chunked(ctx, list, file));
    } else {
        const bool contiguous = layout == H5D_CONTIGUOUS && H5Pget_external_count(list) == 0;
        const size_t used = strlen(file->layout_words);
        snprintf(file->layout_words + used, sizeof file->layout_words - used, ", %s",
                 contiguous ? "contiguous" : "compact, external or virtual");
        if (plain && contiguous) {
            ST_GOTO(status, read_contiguous(ctx, file));
        }
        storage->layout = contiguous ? storage->layout : ST_LAYOUT_LIBRARY;
    }
done:
    st_close_list(&list);
    if (storage->layout == ST_LAYOUT_LIBRARY) {
        const size_t used = strlen(file->layout_words);
        snprintf(file->layout_words + used, sizeof file->layout_words - used, ", read by HDF5");
    }
    return status;
}

/* --- open and close -------------------------------------------------------------------------- */

/* A filter that neither we nor HDF5 have is better said now than in the middle of a run. */
static st_status check_filters(st_context *ctx, const st_trace_file *file, hid_t list)
{
    const int n = H5Pget_nfilters(list);
    for (int i = 0; i < n; i++) {
        unsigned flags, config;
        size_t values = 0;
        char name[64] = "";
        const int id =
            H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, sizeof name, name, &config);
        if (H5Zfilter_avail(id) <= 0) {
            return st_fail(ctx, ST_FORMAT,
                           "%s: %s: is compressed by filter %d (%.63s); allowed: none, deflate, "
                           "LZF, LZ4, zstd, bitshuffle, or any with an HDF5 plugin in "
                           "HDF5_PLUGIN_PATH",
                           file->path, file->dataset, id, name);
        }
    }
    return ST_OK;
}

/* Where HDF5 will fetch, the first look covers the whole index. */
static st_status walk_index(st_context *ctx, const st_trace_file *file)
{
    char reason[ST_REASON_BYTES];
    hsize_t n;
    hid_t list = H5Dget_create_plist(file->power);
    hid_t space = H5Dget_space(file->power);
    const bool chunked = list >= 0 && H5Pget_layout(list) == H5D_CHUNKED;
    st_status status = chunked ? check_filters(ctx, file, list) : ST_OK;
    if (status == ST_OK && chunked && H5Dget_num_chunks(file->power, space, &n) < 0) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: HDF5 cannot read the index of its chunks: %s",
                         file->path, file->dataset, st_library_reason(reason));
    }
    st_close_space(&space);
    st_close_list(&list);
    return status;
}

/* Gives the open file to a process that reads from it. */
static st_status start_reader(st_context *ctx, st_trace_file *file)
{
    const st_library_source source = {file->power,
                                      st_stored_type(file->scaling.stored),
                                      file->storage.grid.rank,
                                      file->storage.element,
                                      file->storage.tile_bytes,
                                      file->path,
                                      file->dataset};
    return st_library_reader_start(ctx, &source, &file->reader);
}

static st_status look_inside(st_context *ctx, const st_trace_options *options, bool only_look,
                             st_trace_file *file)
{
    ST_TRY(st_library_open(ctx, file->path, &file->file));
    ST_TRY(st_trace_file_find_power(ctx, options, file));
    ST_TRY(st_trace_file_read_shape(ctx, options, file));
    ST_TRY(st_trace_file_read_values(ctx, options, file));
    ST_TRY(st_trace_file_read_racks(ctx, file));
    ST_TRY(st_trace_file_read_storage(ctx, file));
    if (file->storage.layout == ST_LAYOUT_LIBRARY) {
        ST_TRY(only_look ? walk_index(ctx, file) : start_reader(ctx, file));
    }
    st_close_dataset(&file->power);
    st_close_file(&file->file);
    return ST_OK;
}

/* All that does not need HDF5. On failure the caller closes. */
static st_status begin_open(st_context *ctx, const char *path, const st_trace_options *options,
                            st_trace_file *file)
{
    *file = (st_trace_file){.descriptor = -1, .file = ST_NO_HANDLE, .power = ST_NO_HANDLE};
    file->foreign = options->dataset != NULL || options->time_axis >= 0 ||
                    options->period_ns != 0 || options->unit != NULL;
    ST_TRY(st_check_input(ctx, path, &file->bytes));
    ST_TRY(st_copy_text(ctx, path, &file->path));
    ST_TRY(
        st_copy_text(ctx, options->dataset != NULL ? options->dataset : "/power", &file->dataset));
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    return file->descriptor >= 0
               ? ST_OK
               : st_fail(ctx, ST_MISSING, "%s: cannot be opened: %s", path, strerror(errno));
}

static st_status open_with_library(st_context *ctx, const char *path,
                                   const st_trace_options *options, bool only_look,
                                   st_trace_file *file)
{
    st_library_scope scope;
    ST_TRY(begin_open(ctx, path, options, file));
    st_library_enter(&scope);
    const st_status status = look_inside(ctx, options, only_look, file);
    st_library_leave(&scope);
    return status;
}

/* In the child. */
static st_status look(st_context *ctx, const char *path, const void *user, st_parcel *told)
{
    st_trace_file file;
    st_status status = open_with_library(ctx, path, user, true, &file);
    if (status == ST_OK) {
        status = st_trace_file_tell(ctx, &file, told);
    }
    st_trace_file_close(&file);
    return status;
}

/* What a person should know of it. */
static st_status check_found(st_context *ctx, const st_trace_file *file)
{
    if (file->start_unknown) {
        st_notice(ctx, "%s: %s: no start_time_ns, so its times count from 1970", file->path,
                  file->dataset);
    }
    return st_trace_file_check_names(ctx, file);
}

st_status st_trace_file_open(st_context *ctx, const char *path, const st_trace_options *options,
                             st_trace_file *file)
{
    st_parcel told = {0};
    st_status status = ST_OK;
    ST_GOTO(status, begin_open(ctx, path, options, file));
    ST_GOTO(status, st_walk(ctx, path, look, options, ST_WALK_SECONDS, &told));
    ST_GOTO(status, st_trace_file_hear(ctx, &told, file));
    if (file->storage.layout == ST_LAYOUT_LIBRARY) {
        st_trace_file_close(file);
        ST_GOTO(status, open_with_library(ctx, path, options, false, file));
    }
    ST_GOTO(status, check_found(ctx, file));
done:
    st_parcel_free(&told);
    if (status != ST_OK) {
        st_trace_file_close(file);
    }
    return status;
}

void st_trace_file_close(st_trace_file *file)
{
    st_library_scope scope;
    if (file->power >= 0 || file->file >= 0) {
        st_library_enter(&scope);
        st_close_dataset(&file->power);
        st_close_file(&file->file);
        st_library_leave(&scope);
    }
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    st_library_reader_stop(file->reader);
    st_chunk_index_free(&file->storage.index);
    st_free(file->path);
    st_free(file->dataset);
    st_free(file->rack_scale);
    st_free(file->rack_names);
    st_free(file->rack_groups);
    st_free(file->rack_rating_w);
    *file = (st_trace_file){.descriptor = -1, .file = ST_NO_HANDLE, .power = ST_NO_HANDLE};
}
