/* trace_tiles.c - stored values by tiles: chunks, or pieces of contiguous [time, rack] data.
 * read, second part: called by many threads; nothing is decoded under a lock. A tile that is wanted
 * as a whole goes through the thread's own buffers; one of which several reads want a part each is
 * kept in the cache for the others. */
#include "io/trace_fetch.h"

enum {
    READ_BYTES = 1 << 16, /* at once of what is stored as it is: converted while it is in L2 */
    PART_OF_A_TILE = 8,   /* a smaller part than 1 / 8 of a tile is worth keeping the rest for */
    AHEAD_MOST = 8        /* tiles that a waiting thread looks at */
};

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

/* Whether tiles are chunks whose rows are racks: parts of them are undone piece by piece. */
static bool has_rows(const st_trace_file *file)
{
    return file->storage.chunked && file->time_axis == 1;
}

/* A tile for several reads: of chunks with rows what leads to any of them. */
static st_status fill_tile(st_context *ctx, void *user, uint64_t tile, st_buffer *data)
{
    const fill_request *request = user;
    const st_trace_file *file = request->file;
    const st_storage *storage = &file->storage;
    st_fetch *fetch = request->fetch;
    if (has_rows(file) && storage->pipeline.n > 0) {
        const st_chunk *chunk = st_chunk_find(&storage->index, tile);
        ST_TRY(read_chunk(ctx, file, fetch, chunk));
        return damaged(ctx, file, &fetch->decoder, tile,
                       st_pipeline_keep(ctx, &storage->pipeline, chunk->mask, &fetch->decoder,
                                        chunk->bytes, storage->tile_bytes, storage->element, data));
    }
    ST_TRY(st_buffer_need(ctx, data, storage->tile_bytes));
    return storage->chunked ? fill_chunk(ctx, file, fetch, tile, data->data)
                            : fill_piece(ctx, file, fetch, tile, data->data);
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

void st_fetch_show_fill(const st_trace_file *file, const st_span wanted[2], st_block_fn fn,
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
    ST_TRY(st_buffer_need(ctx, &fetch->tile, READ_BYTES));
    for (size_t at = wanted->from; at < wanted->to; at += READ_BYTES) {
        const size_t n = wanted->to - at < READ_BYTES ? wanted->to - at : READ_BYTES;
        ST_TRY(st_fetch_read(ctx, to->file, fetch, address + at, fetch->tile.data, n));
        wanted->fn(wanted->user, at, fetch->tile.data, n);
    }
    return ST_OK;
}

/* Whole rows, as bytes of a chunk. */
static st_wanted wanted_rows(piece_target *to)
{
    const st_storage *storage = &to->file->storage;
    const size_t row_bytes = (size_t)storage->grid.chunk[1] * storage->element;
    const size_t skip = (size_t)(to->wanted[0].first - to->tile[0].first);
    return (st_wanted){storage->element, skip * row_bytes,
                       (skip + (size_t)to->wanted[0].n) * row_bytes, show_piece, to};
}

/* Decodes the rows that are wanted of a [rack, time] chunk and shows them on the way. */
static st_status stream_chunk(st_context *ctx, st_fetch *fetch, uint64_t key, piece_target *to)
{
    const st_storage *storage = &to->file->storage;
    const st_chunk *chunk = st_chunk_find(&storage->index, key);
    const st_wanted wanted = wanted_rows(to);
    if (storage->pipeline.n == 0 && chunk->bytes == storage->tile_bytes) {
        return stream_plain(ctx, fetch, chunk->address, &wanted, to);
    }
    ST_TRY(read_chunk(ctx, to->file, fetch, chunk));
    return damaged(ctx, to->file, &fetch->decoder, key,
                   st_pipeline_stream(ctx, &storage->pipeline, chunk->mask, &fetch->decoder,
                                      fetch->decoder.raw.data, chunk->bytes, storage->tile_bytes,
                                      &wanted));
}

/* The same of a chunk that is kept. */
static st_status stream_kept(st_context *ctx, st_fetch *fetch, uint64_t key,
                             const unsigned char *kept, piece_target *to)
{
    const st_storage *storage = &to->file->storage;
    const st_chunk *chunk = st_chunk_find(&storage->index, key);
    const st_wanted wanted = wanted_rows(to);
    return damaged(ctx, to->file, &fetch->decoder, key,
                   st_pipeline_stream_kept(ctx, &storage->pipeline, chunk->mask, &fetch->decoder,
                                           kept, chunk->bytes, storage->tile_bytes, &wanted));
}

/* Of tiles that are wanted as a whole nothing is kept. Parts of tiles go through the cache, because
 * the rest is likely to be asked for soon, unless the tile is stored as it is and the part large. */
static bool keeps_nothing(const st_trace_file *file, const st_span tile[2], const st_span wanted[2])
{
    const st_storage *storage = &file->storage;
    if (wanted[0].n == tile[0].n && wanted[1].n == tile[1].n) {
        return true;
    }
    return has_rows(file) && storage->pipeline.n == 0 && PART_OF_A_TILE * wanted[1].n >= tile[1].n;
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

/* A tile and what is wanted of it; spans by axes of the file. */
typedef struct fetch_place {
    st_tile_key key;
    uint64_t at[2]; /* row and column in the grid */
    st_span tile[2], wanted[2];
    const st_span *asked; /* [2], of all tiles */
} fetch_place;

/* 1 where the tile in row and column `at` is stored. */
static size_t add_ahead(const st_trace_file *file, const fetch_place *place, const uint64_t at[2],
                        st_tile_key *ahead)
{
    *ahead = (st_tile_key){place->key.file, at[0] * file->storage.grid.count[1] + at[1]};
    return never_written(file, ahead->tile) ? 0 : 1;
}

/* What a thread can decode that would have to wait: the next tile in time, and where tiles have
 * rows, those of the racks that come next at the same times. */
static size_t list_ahead(const st_trace_file *file, const fetch_place *place,
                         st_tile_key ahead[AHEAD_MOST])
{
    const st_chunk_grid *grid = &file->storage.grid;
    const int time = file->time_axis;
    size_t n = 0;
    uint64_t at[2] = {place->at[0], place->at[1]};
    if (wants_next(file, at[time], place->tile, place->wanted, place->asked)) {
        at[time]++;
        n += add_ahead(file, place, at, &ahead[n]);
    }
    const st_span *const asked = &place->asked[1];
    const uint64_t first = asked->first / grid->chunk[1];
    const uint64_t columns = (asked->first + asked->n - 1) / grid->chunk[1] + 1 - first;
    for (uint64_t i = 0; has_rows(file) && n < AHEAD_MOST && i < AHEAD_MOST; i++) {
        at[0] = place->at[0] + 1 + i / columns;
        at[1] = first + i % columns;
        n += at[0] < grid->count[0] ? add_ahead(file, place, at, &ahead[n]) : 0;
    }
    return n;
}

/* A part of a tile of which others will want the rest. */
static st_status fetch_shared(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                              const fetch_place *place, st_block_fn fn, void *user)
{
    const unsigned char *data;
    size_t index;
    st_tile_key ahead[AHEAD_MOST];
    fill_request request = {file, fetch};
    const st_tile_request asking = {place->key,
                                    place->wanted[0].n * place->wanted[1].n,
                                    place->tile[0].n * place->tile[1].n,
                                    fill_tile,
                                    &request,
                                    ahead,
                                    list_ahead(file, place, ahead),
                                    fetch->quiet};
    st_status status = st_tile_cache_get(ctx, fetch->cache, &asking, &data, &index);
    if (status != ST_OK) {
        return status;
    }
    if (has_rows(file)) {
        piece_target to = {
            file, {place->tile[0], place->tile[1]}, {place->wanted[0], place->wanted[1]}, fn, user};
        status = stream_kept(ctx, fetch, place->key.tile, data, &to);
    } else {
        const st_block block = block_of(file, data, place->tile, place->wanted);
        fn(user, &block);
    }
    st_tile_cache_release(fetch->cache, index);
    return status;
}

static st_status fetch_tile(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                            const fetch_place *place, st_block_fn fn, void *user)
{
    if (never_written(file, place->key.tile)) {
        st_fetch_show_fill(file, place->wanted, fn, user);
        return ST_OK;
    }
    if (!keeps_nothing(file, place->tile, place->wanted)) {
        return fetch_shared(ctx, file, fetch, place, fn, user);
    }
    if (has_rows(file)) {
        piece_target to = {
            file, {place->tile[0], place->tile[1]}, {place->wanted[0], place->wanted[1]}, fn, user};
        return stream_chunk(ctx, fetch, place->key.tile, &to);
    }
    fill_request request = {file, fetch};
    ST_TRY(fill_tile(ctx, &request, place->key.tile, &fetch->tile));
    const st_block block = block_of(file, fetch->tile.data, place->tile, place->wanted);
    fn(user, &block);
    return ST_OK;
}

st_status st_fetch_tiles(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                         const st_span asked[2], st_block_fn fn, void *user)
{
    const st_chunk_grid *grid = &file->storage.grid;
    const uint64_t last[2] = {(asked[0].first + asked[0].n - 1) / grid->chunk[0],
                              (asked[1].first + asked[1].n - 1) / grid->chunk[1]};
    for (uint64_t row = asked[0].first / grid->chunk[0]; row <= last[0]; row++) {
        for (uint64_t column = asked[1].first / grid->chunk[1]; column <= last[1]; column++) {
            const st_span tile[2] = {tile_span(grid, 0, row), tile_span(grid, 1, column)};
            const fetch_place place = {
                {fetch->file, row * grid->count[1] + column},
                {row, column},
                {tile[0], tile[1]},
                {st_span_common(tile[0], asked[0]), st_span_common(tile[1], asked[1])},
                asked};
            ST_TRY(fetch_tile(ctx, file, fetch, &place, fn, user));
        }
    }
    return ST_OK;
}
