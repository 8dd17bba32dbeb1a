/* trace_fetch.c - stored values of one file: by tiles (trace_tiles.c), by rows, or by HDF5.
 * read, second part: called by many threads; nothing is decoded under a lock. */
#include "io/trace_fetch.h"

#include "io/library_reader.h"

enum {
    STRETCH_BYTES = ST_LIBRARY_READER_BYTES, /* asked of HDF5 at once */
    ROW_BYTES = 1 << 16 /* read at once of contiguous rows: converted while they are in L2 */
};

void st_fetch_free(st_fetch *fetch)
{
    st_decoder_free(&fetch->decoder);
    st_buffer_free(&fetch->tile);
    st_context_destroy(fetch->quiet);
}

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
               ? st_fetch_tiles(ctx, file, fetch, asked, fn, user)
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
        st_fetch_show_fill(file, asked, fn, user);
        return ST_OK;
    }
    if (fetch->cold > 0 && file->storage.layout != ST_LAYOUT_LIBRARY) {
        fetch->cold--;
        st_fetch_announce(file, asked);
    }
    return fetch_any(ctx, file, fetch, asked, fn, user);
}
