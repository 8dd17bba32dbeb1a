/* trace_fetch.c - stored values of one file, by tiles, by rows, or by HDF5.
 * read, second part: called by many threads; nothing is decoded under a lock. */
#include "io/trace_fetch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/library_reader.h"

/* Fetched at once where there are no tiles. */
enum { STRETCH_BYTES = ST_LIBRARY_READER_BYTES };

void st_fetch_free(st_fetch *fetch)
{
    st_decoder_free(&fetch->decoder);
    st_buffer_free(&fetch->tile);
}

st_status st_trace_file_pread(st_context *ctx, const st_trace_file *file, uint64_t address,
                              unsigned char *data, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t n = pread(file->descriptor, data, bytes, (off_t)address);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return st_fail(ctx, ST_FORMAT, "%s: %s: cannot be read at byte %llu: %s", file->path,
                           file->dataset, (unsigned long long)address,
                           n < 0 ? strerror(errno) : "the file ends there (truncated?)");
        }
        data += n;
        address += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return ST_OK;
}

/* --- tiles ----------------------------------------------------------------------------------- */

/* A stretch of one axis. */
typedef struct span {
    uint64_t first, n;
} span;

/* Of a tile along an axis, cut at the end of the dataset. */
static span tile_span(const st_chunk_grid *grid, unsigned axis, uint64_t index)
{
    const uint64_t first = index * grid->chunk[axis];
    const uint64_t left = grid->size[axis] - first;
    return (span){first, left < grid->chunk[axis] ? left : grid->chunk[axis]};
}

typedef struct fill_request {
    const st_trace_file *file;
    st_fetch *fetch;
} fill_request;

static st_status fill_piece(st_context *ctx, const st_trace_file *file, uint64_t tile,
                            unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const span rows = tile_span(&storage->grid, 0, tile);
    const size_t n = (size_t)(rows.n * storage->grid.size[1]);
    const uint64_t skip = rows.first * storage->grid.size[1] * storage->element;
    return st_trace_file_pread(ctx, file, storage->address + skip, data, n * storage->element);
}

static st_status fill_chunk(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            uint64_t tile, unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const st_chunk *chunk = st_chunk_find(&storage->index, tile);
    st_decoder *decoder = &fetch->decoder;
    if (storage->pipeline.n == 0 && chunk->bytes == storage->tile_bytes) {
        return st_trace_file_pread(ctx, file, chunk->address, data, chunk->bytes);
    }
    ST_TRY(st_buffer_need(ctx, &decoder->raw, chunk->bytes));
    ST_TRY(st_trace_file_pread(ctx, file, chunk->address, decoder->raw.data, chunk->bytes));
    const st_status status =
        st_pipeline_decode(ctx, &storage->pipeline, chunk->mask, decoder, decoder->raw.data,
                           chunk->bytes, data, storage->tile_bytes);
    return status != ST_FORMAT
               ? status
               : st_fail(ctx, ST_FORMAT, "%s: %s: chunk [%llu, %llu]: its %s data are damaged",
                         file->path, file->dataset,
                         (unsigned long long)(tile / storage->grid.count[1]),
                         (unsigned long long)(tile % storage->grid.count[1]), decoder->culprit);
}

static st_status fill_tile(st_context *ctx, void *user, uint64_t tile, unsigned char *data)
{
    const fill_request *request = user;
    return request->file->storage.chunked
               ? fill_chunk(ctx, request->file, request->fetch, tile, data)
               : fill_piece(ctx, request->file, tile, data);
}

/* Common part of two stretches. */
static span common(span a, span b)
{
    const uint64_t first = a.first > b.first ? a.first : b.first;
    const uint64_t end_a = a.first + a.n, end_b = b.first + b.n;
    return (span){first, (end_a < end_b ? end_a : end_b) - first};
}

/* The block of a tile that was asked for; `wanted` by axes of the file. */
static st_block block_of(const st_trace_file *file, const unsigned char *data, const span tile[2],
                         const span wanted[2])
{
    const int time = file->time_axis, rack = 1 - time;
    const size_t row = (size_t)file->storage.grid.chunk[1]; /* tiles are stored in full width */
    const size_t skip =
        (size_t)(wanted[0].first - tile[0].first) * row + (size_t)(wanted[1].first - tile[1].first);
    return (st_block){file,
                      data + skip * file->storage.element,
                      rack == 0 ? row : 1,
                      time == 0 ? row : 1,
                      (size_t)wanted[rack].first,
                      (size_t)wanted[rack].n,
                      (int64_t)wanted[time].first,
                      (size_t)wanted[time].n};
}

/* Without a chunk, or without a place in the file, all values are the fill value: one value is shown
 * at every place, and no memory is needed for it. */
static bool never_written(const st_trace_file *file, uint64_t tile)
{
    const st_storage *storage = &file->storage;
    return storage->chunked ? st_chunk_find(&storage->index, tile) == NULL
                            : storage->address == HADDR_UNDEF;
}

static void show_fill(const st_trace_file *file, const span wanted[2], st_block_fn fn, void *user)
{
    const int time = file->time_axis, rack = 1 - time;
    const st_block block = {file,
                            file->storage.fill,
                            0,
                            0,
                            (size_t)wanted[rack].first,
                            (size_t)wanted[rack].n,
                            (int64_t)wanted[time].first,
                            (size_t)wanted[time].n};
    fn(user, &block);
}

/* Tiles that are wanted as a whole are decoded for this call; parts of tiles go through the cache,
 * because the rest is likely to be asked for soon. */
static st_status fetch_tile(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            uint64_t row, uint64_t column, const span asked[2], st_block_fn fn,
                            void *user)
{
    const st_chunk_grid *grid = &file->storage.grid;
    const uint64_t key = row * grid->count[1] + column;
    const span tile[2] = {tile_span(grid, 0, row), tile_span(grid, 1, column)};
    const span wanted[2] = {common(tile[0], asked[0]), common(tile[1], asked[1])};
    fill_request request = {file, fetch};
    if (never_written(file, key)) {
        show_fill(file, wanted, fn, user);
        return ST_OK;
    }
    if (wanted[0].n == tile[0].n && wanted[1].n == tile[1].n) {
        ST_TRY(st_buffer_need(ctx, &fetch->tile, file->storage.tile_bytes));
        ST_TRY(fill_tile(ctx, &request, key, fetch->tile.data));
        const st_block block = block_of(file, fetch->tile.data, tile, wanted);
        fn(user, &block);
        return ST_OK;
    }
    const unsigned char *data;
    size_t place;
    ST_TRY(st_tile_cache_get(ctx, fetch->cache, (st_tile_key){fetch->file, key},
                             file->storage.tile_bytes, fill_tile, &request, &data, &place));
    const st_block block = block_of(file, data, tile, wanted);
    fn(user, &block);
    st_tile_cache_release(fetch->cache, place);
    return ST_OK;
}

static st_status fetch_tiles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                             const span asked[2], st_block_fn fn, void *user)
{
    const st_chunk_grid *grid = &file->storage.grid;
    const uint64_t last[2] = {(asked[0].first + asked[0].n - 1) / grid->chunk[0],
                              (asked[1].first + asked[1].n - 1) / grid->chunk[1]};
    for (uint64_t row = asked[0].first / grid->chunk[0]; row <= last[0]; row++) {
        for (uint64_t column = asked[1].first / grid->chunk[1]; column <= last[1]; column++) {
            ST_TRY(fetch_tile(ctx, file, fetch, row, column, asked, fn, user));
        }
    }
    return ST_OK;
}

/* --- rows and HDF5 --------------------------------------------------------------------------- */

static st_status library_rectangle(st_context *ctx, const st_trace_file *file, const span asked[2],
                                   unsigned char *data)
{
    const uint64_t first[2] = {asked[0].first, asked[1].first}, n[2] = {asked[0].n, asked[1].n};
    return st_library_reader_fetch(ctx, file->reader, first, n, data);
}

/* Rows of contiguous [rack, time] data. */
static st_status row_rectangle(st_context *ctx, const st_trace_file *file, const span asked[2],
                               unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const size_t bytes = (size_t)asked[1].n * storage->element;
    for (uint64_t r = 0; r < asked[0].n; r++) {
        const uint64_t at = (asked[0].first + r) * storage->grid.size[1] + asked[1].first;
        ST_TRY(st_trace_file_pread(ctx, file, storage->address + at * storage->element,
                                   data + r * bytes, bytes));
    }
    return ST_OK;
}

/* Rectangles of a few MiB, each into the thread's own buffer. */
static st_status fetch_rectangles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                                  const span asked[2], st_block_fn fn, void *user)
{
    const size_t element = file->storage.element;
    const uint64_t width =
        asked[1].n < STRETCH_BYTES / element ? asked[1].n : STRETCH_BYTES / element;
    const uint64_t height = STRETCH_BYTES / (width * element);
    const uint64_t end[2] = {asked[0].first + asked[0].n, asked[1].first + asked[1].n};
    for (uint64_t row = asked[0].first; row < end[0]; row += height) {
        for (uint64_t column = asked[1].first; column < end[1]; column += width) {
            const span part[2] = {{row, end[0] - row < height ? end[0] - row : height},
                                  {column, end[1] - column < width ? end[1] - column : width}};
            const int time = file->time_axis, rack = 1 - time;
            const size_t n = (size_t)part[1].n;
            ST_TRY(st_buffer_need(ctx, &fetch->tile, (size_t)part[0].n * n * element));
            ST_TRY(file->storage.layout == ST_LAYOUT_ROWS
                       ? row_rectangle(ctx, file, part, fetch->tile.data)
                       : library_rectangle(ctx, file, part, fetch->tile.data));
            const st_block block = {file,
                                    fetch->tile.data,
                                    rack == 0 ? n : 1,
                                    time == 0 ? n : 1,
                                    (size_t)part[rack].first,
                                    (size_t)part[rack].n,
                                    (int64_t)part[time].first,
                                    (size_t)part[time].n};
            fn(user, &block);
        }
    }
    return ST_OK;
}

st_status st_trace_file_fetch(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                              size_t first_rack, size_t racks, int64_t first, size_t samples,
                              st_block_fn fn, void *user)
{
    span asked[2];
    asked[file->time_axis] = (span){(uint64_t)first, samples};
    asked[1 - file->time_axis] = (span){first_rack, racks};
    if (file->storage.layout == ST_LAYOUT_ROWS && file->storage.address == HADDR_UNDEF) {
        show_fill(file, asked, fn, user);
        return ST_OK;
    }
    return file->storage.layout == ST_LAYOUT_TILES
               ? fetch_tiles(ctx, file, fetch, asked, fn, user)
               : fetch_rectangles(ctx, file, fetch, asked, fn, user);
}
