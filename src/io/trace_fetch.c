/* trace_fetch.c - stored values of one file, by tiles, by rows, or by HDF5.
 * read, second part: called by many threads; nothing is decoded under a lock. */
#include "io/trace_fetch.h"

#include "io/library_reader.h"

enum {
    STRETCH_BYTES = ST_LIBRARY_READER_BYTES, /* asked of HDF5 at once */
    ROW_BYTES = 1 << 16, /* read at once of contiguous rows: converted while they are in L2 */
    PART_OF_A_TILE = 8   /* a smaller part than 1 / 8 of a tile is worth keeping the rest for */
};

void st_fetch_free(st_fetch *fetch)
{
    st_decoder_free(&fetch->decoder);
    st_buffer_free(&fetch->tile);
    st_context_destroy(fetch->quiet);
}

/* --- tiles ----------------------------------------------------------------------------------- */

/* Of a tile along an axis, cut at the end of the dataset. */
static st_span tile_span(const st_chunk_grid *grid, unsigned axis, uint64_t index)
{
    const uint64_t first = index * grid->chunk[axis];
    const uint64_t left = grid->size[axis] - first;
    return (st_span){first, left < grid->chunk[axis] ? left : grid->chunk[axis]};
}

typedef struct fill_request {
    const st_trace_file *file;
    st_fetch *fetch;
} fill_request;

static st_status fill_piece(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            uint64_t tile, unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const st_span rows = tile_span(&storage->grid, 0, tile);
    const size_t n = (size_t)(rows.n * storage->grid.size[1]);
    const uint64_t skip = rows.first * storage->grid.size[1] * storage->element;
    return st_fetch_read(ctx, file, fetch, storage->address + skip, data, n * storage->element);
}

/* A chunk as it is stored, into the thread's buffer. */
static st_status read_chunk(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            const st_chunk *chunk)
{
    st_buffer *const raw = &fetch->decoder.raw;
    if (chunk->bytes > raw->bytes) { /* the next ones will be a little larger */
        ST_TRY(st_buffer_need(ctx, raw, (size_t)chunk->bytes + chunk->bytes / 8));
    }
    return st_fetch_read(ctx, file, fetch, chunk->address, raw->data, chunk->bytes);
}

static st_status damaged(st_context *ctx, const st_trace_file *file, const st_decoder *decoder,
                         uint64_t tile, st_status status)
{
    return status != ST_FORMAT
               ? status
               : st_fail(ctx, ST_FORMAT, "%s: %s: chunk [%llu, %llu]: its %s data are damaged",
                         file->path, file->dataset,
                         (unsigned long long)(tile / file->storage.grid.count[1]),
                         (unsigned long long)(tile % file->storage.grid.count[1]),
                         decoder->culprit);
}

static st_status fill_chunk(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            uint64_t tile, unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const st_chunk *chunk = st_chunk_find(&storage->index, tile);
    st_decoder *decoder = &fetch->decoder;
    if (storage->pipeline.n == 0 && chunk->bytes == storage->tile_bytes) {
        return st_fetch_read(ctx, file, fetch, chunk->address, data, chunk->bytes);
    }
    ST_TRY(read_chunk(ctx, file, fetch, chunk));
    return damaged(ctx, file, decoder, tile,
                   st_pipeline_decode(ctx, &storage->pipeline, chunk->mask, decoder,
                                      decoder->raw.data, chunk->bytes, data, storage->tile_bytes));
}

static st_status fill_tile(st_context *ctx, void *user, uint64_t tile, unsigned char *data)
{
    const fill_request *request = user;
    return request->file->storage.chunked
               ? fill_chunk(ctx, request->file, request->fetch, tile, data)
               : fill_piece(ctx, request->file, request->fetch, tile, data);
}

static bool meet(st_span a, st_span b)
{
    return a.first < b.first + b.n && b.first < a.first + a.n;
}

/* The block of a tile that was asked for; `wanted` by axes of the file. */
static st_block block_of(const st_trace_file *file, const unsigned char *data,
                         const st_span tile[2], const st_span wanted[2])
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

static void show_fill(const st_trace_file *file, const st_span wanted[2], st_block_fn fn,
                      void *user)
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

/* Where the pieces of a [rack, time] chunk go. */
typedef struct piece_target {
    const st_trace_file *file;
    st_span tile[2], wanted[2];
    st_block_fn fn;
    void *user;
} piece_target;

/* A piece is a stretch of the chunk's rows one after the other: cut into rows, and whole rows
 * together. */
static void show_piece(void *user, size_t first, const unsigned char *data, size_t bytes)
{
    const piece_target *to = user;
    const size_t element = to->file->storage.element;
    const uint64_t width = to->file->storage.grid.chunk[1];
    uint64_t at = first / element, n;
    for (const uint64_t end = at + bytes / element; at < end; at += n) {
        const uint64_t column = at % width, left = end - at;
        const bool whole = column == 0 && left >= width;
        n = whole ? left / width * width : left < width - column ? left : width - column;
        const st_span piece[2] = {
            {to->tile[0].first + at / width, whole ? n / width : 1},
            {to->tile[1].first + column, whole ? width : n},
        };
        if (meet(piece[0], to->wanted[0]) && meet(piece[1], to->wanted[1])) {
            const st_span shown[2] = {st_span_common(piece[0], to->wanted[0]),
                                      st_span_common(piece[1], to->wanted[1])};
            const size_t skip = (size_t)((shown[0].first - piece[0].first) * width +
                                         (shown[1].first - piece[1].first));
            const st_block block = {to->file,
                                    data + (size_t)(at * element - first) + skip * element,
                                    (size_t)width,
                                    1,
                                    (size_t)shown[0].first,
                                    (size_t)shown[0].n,
                                    (int64_t)shown[1].first,
                                    (size_t)shown[1].n};
            to->fn(to->user, &block);
        }
    }
}

/* The wanted bytes of a chunk that is stored as it is. */
static st_status stream_plain(st_context *ctx, st_fetch *fetch, uint64_t address,
                              const st_wanted *wanted, const piece_target *to)
{
    ST_TRY(st_buffer_need(ctx, &fetch->tile, ROW_BYTES));
    for (size_t at = wanted->from; at < wanted->to; at += ROW_BYTES) {
        const size_t n = wanted->to - at < ROW_BYTES ? wanted->to - at : ROW_BYTES;
        ST_TRY(st_fetch_read(ctx, to->file, fetch, address + at, fetch->tile.data, n));
        wanted->fn(wanted->user, at, fetch->tile.data, n);
    }
    return ST_OK;
}

/* Decodes the rows that are wanted of a [rack, time] chunk and shows them on the way. */
static st_status stream_chunk(st_context *ctx, st_fetch *fetch, uint64_t key, piece_target *to)
{
    const st_storage *storage = &to->file->storage;
    const st_chunk *chunk = st_chunk_find(&storage->index, key);
    const size_t row_bytes = (size_t)storage->grid.chunk[1] * storage->element;
    const size_t skip = (size_t)(to->wanted[0].first - to->tile[0].first);
    const st_wanted wanted = {storage->element, skip * row_bytes,
                              (skip + (size_t)to->wanted[0].n) * row_bytes, show_piece, to};
    if (storage->pipeline.n == 0 && chunk->bytes == storage->tile_bytes) {
        return stream_plain(ctx, fetch, chunk->address, &wanted, to);
    }
    ST_TRY(read_chunk(ctx, to->file, fetch, chunk));
    return damaged(ctx, to->file, &fetch->decoder, key,
                   st_pipeline_stream(ctx, &storage->pipeline, chunk->mask, &fetch->decoder,
                                      fetch->decoder.raw.data, chunk->bytes, storage->tile_bytes,
                                      &wanted));
}

/* Of tiles that are wanted as a whole nothing is kept. Parts of tiles go through the cache, because
 * the rest is likely to be asked for soon, unless the part is cheap to have alone: stored as it is,
 * or a large one that can be decoded without the rest. */
static bool keeps_nothing(const st_trace_file *file, const st_span tile[2], const st_span wanted[2])
{
    const st_storage *storage = &file->storage;
    if (wanted[0].n == tile[0].n && wanted[1].n == tile[1].n) {
        return true;
    }
    if (!storage->chunked || file->time_axis != 1) {
        return false;
    }
    return storage->pipeline.n == 0
               ? PART_OF_A_TILE * wanted[1].n >= tile[1].n
               : st_pipeline_parts(&storage->pipeline) && wanted[1].n == tile[1].n &&
                     PART_OF_A_TILE * wanted[0].n >= tile[0].n;
}

/* Whether the tile after this one in time will be asked for before this one is given up: nobody
 * comes back for what follows a tile that was wanted to its end. */
static bool wants_next(const st_trace_file *file, uint64_t index, const st_span tile[2],
                       const st_span wanted[2], const st_span asked[2])
{
    const int time = file->time_axis;
    const st_chunk_grid *grid = &file->storage.grid;
    const uint64_t last = (asked[time].first + asked[time].n - 1) / grid->chunk[time];
    return index + 1 < grid->count[time] && (index < last || wanted[time].n < tile[time].n);
}

static st_status fetch_tile(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            uint64_t row, uint64_t column, const st_span asked[2], st_block_fn fn,
                            void *user)
{
    const st_storage *storage = &file->storage;
    const st_chunk_grid *grid = &storage->grid;
    const uint64_t key = row * grid->count[1] + column;
    const st_span tile[2] = {tile_span(grid, 0, row), tile_span(grid, 1, column)};
    const st_span wanted[2] = {st_span_common(tile[0], asked[0]),
                               st_span_common(tile[1], asked[1])};
    const bool keep = !keeps_nothing(file, tile, wanted);
    fill_request request = {file, fetch};
    if (never_written(file, key)) {
        show_fill(file, wanted, fn, user);
        return ST_OK;
    }
    if (!keep && storage->chunked && file->time_axis == 1) {
        piece_target to = {file, {tile[0], tile[1]}, {wanted[0], wanted[1]}, fn, user};
        return stream_chunk(ctx, fetch, key, &to);
    }
    if (!keep) {
        ST_TRY(st_buffer_need(ctx, &fetch->tile, storage->tile_bytes));
        ST_TRY(fill_tile(ctx, &request, key, fetch->tile.data));
        const st_block block = block_of(file, fetch->tile.data, tile, wanted);
        fn(user, &block);
        return ST_OK;
    }
    const unsigned char *data;
    size_t place;
    const st_tile_key ahead = {fetch->file, key + (file->time_axis == 1 ? 1 : grid->count[1])};
    const bool more = wants_next(file, file->time_axis == 1 ? column : row, tile, wanted, asked);
    const st_tile_request asking = {{fetch->file, key},
                                    storage->tile_bytes,
                                    fill_tile,
                                    &request,
                                    more && !never_written(file, ahead.tile) ? &ahead : NULL,
                                    fetch->quiet};
    ST_TRY(st_tile_cache_get(ctx, fetch->cache, &asking, &data, &place));
    const st_block block = block_of(file, data, tile, wanted);
    fn(user, &block);
    st_tile_cache_release(fetch->cache, place);
    return ST_OK;
}

static st_status fetch_tiles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                             const st_span asked[2], st_block_fn fn, void *user)
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

static st_status library_rectangle(st_context *ctx, const st_trace_file *file,
                                   const st_span asked[2], unsigned char *data)
{
    const uint64_t first[2] = {asked[0].first, asked[1].first}, n[2] = {asked[0].n, asked[1].n};
    return st_library_reader_fetch(ctx, file->reader, first, n, data);
}

/* Rows of contiguous [rack, time] data. */
static st_status row_rectangle(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                               const st_span asked[2], unsigned char *data)
{
    const st_storage *storage = &file->storage;
    const size_t bytes = (size_t)asked[1].n * storage->element;
    for (uint64_t r = 0; r < asked[0].n; r++) {
        const uint64_t at = (asked[0].first + r) * storage->grid.size[1] + asked[1].first;
        ST_TRY(st_fetch_read(ctx, file, fetch, storage->address + at * storage->element,
                             data + r * bytes, bytes));
    }
    return ST_OK;
}

/* Rectangles, each into the thread's own buffer. */
static st_status fetch_rectangles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                                  const st_span asked[2], st_block_fn fn, void *user)
{
    const size_t element = file->storage.element;
    const size_t most = file->storage.layout == ST_LAYOUT_ROWS ? ROW_BYTES : STRETCH_BYTES;
    const uint64_t width = asked[1].n < most / element ? asked[1].n : most / element;
    const uint64_t height = most / (width * element);
    const uint64_t end[2] = {asked[0].first + asked[0].n, asked[1].first + asked[1].n};
    for (uint64_t row = asked[0].first; row < end[0]; row += height) {
        for (uint64_t column = asked[1].first; column < end[1]; column += width) {
            const st_span part[2] = {{row, end[0] - row < height ? end[0] - row : height},
                                     {column, end[1] - column < width ? end[1] - column : width}};
            const int time = file->time_axis, rack = 1 - time;
            const size_t n = (size_t)part[1].n;
            ST_TRY(st_buffer_need(ctx, &fetch->tile, (size_t)part[0].n * n * element));
            ST_TRY(file->storage.layout == ST_LAYOUT_ROWS
                       ? row_rectangle(ctx, file, fetch, part, fetch->tile.data)
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

static st_status fetch_any(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                           const st_span asked[2], st_block_fn fn, void *user)
{
    return file->storage.layout == ST_LAYOUT_TILES
               ? fetch_tiles(ctx, file, fetch, asked, fn, user)
               : fetch_rectangles(ctx, file, fetch, asked, fn, user);
}

st_status st_trace_file_fetch(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                              size_t first_rack, size_t racks, int64_t first, size_t samples,
                              st_block_fn fn, void *user)
{
    st_span asked[2];
    asked[file->time_axis] = (st_span){(uint64_t)first, samples};
    asked[1 - file->time_axis] = (st_span){first_rack, racks};
    if (file->storage.layout == ST_LAYOUT_ROWS && file->storage.address == HADDR_UNDEF) {
        show_fill(file, asked, fn, user);
        return ST_OK;
    }
    if (fetch->cold > 0 && file->storage.layout != ST_LAYOUT_LIBRARY) {
        fetch->cold--;
        st_fetch_announce(file, asked);
    }
    return fetch_any(ctx, file, fetch, asked, fn, user);
}
