/* trace_ahead.c - bytes of a file: read, and announced to the kernel where the storage is slow.
 * read, second part; knows where values lie, not how they are stored. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/trace_fetch.h"

enum { COLD_READS = 4 }; /* after a read that had to wait, so many requests announce the next one */

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

/* Reads what the page cache has; where it has not all, others will not be there either. */
st_status st_fetch_read(st_context *ctx, const st_trace_file *file, st_fetch *fetch,
                        uint64_t address, unsigned char *data, size_t bytes)
{
    size_t there = 0;
#ifdef RWF_NOWAIT
    const struct iovec into = {data, bytes};
    const ssize_t n = preadv2(file->descriptor, &into, 1, (off_t)address, RWF_NOWAIT);
    there = n > 0 ? (size_t)n : 0;
    fetch->cold = there < bytes ? COLD_READS : fetch->cold;
#endif
    return st_trace_file_pread(ctx, file, address + there, data + there, bytes - there);
}

/* Asks the kernel for bytes that will be read soon. */
static void announce(const st_trace_file *file, uint64_t address, uint64_t bytes)
{
    posix_fadvise(file->descriptor, (off_t)address, (off_t)bytes, POSIX_FADV_WILLNEED);
}

/* The same racks for as long again: where the storage is slow, it works while we compute. */
void st_fetch_announce(const st_trace_file *file, const st_span asked[2])
{
    const st_storage *storage = &file->storage;
    const st_chunk_grid *grid = &storage->grid;
    const int time = file->time_axis;
    const uint64_t begin = asked[time].first + asked[time].n;
    st_span next[2] = {asked[0], asked[1]};
    if (begin >= grid->size[time]) {
        return;
    }
    next[time] = st_span_common((st_span){begin, asked[time].n}, (st_span){0, grid->size[time]});
    if (storage->layout == ST_LAYOUT_ROWS) {
        for (uint64_t r = 0; r < next[0].n; r++) {
            const uint64_t at = (next[0].first + r) * grid->size[1] + next[1].first;
            announce(file, storage->address + at * storage->element, next[1].n * storage->element);
        }
        return;
    }
    const uint64_t last[2] = {(next[0].first + next[0].n - 1) / grid->chunk[0],
                              (next[1].first + next[1].n - 1) / grid->chunk[1]};
    for (uint64_t row = next[0].first / grid->chunk[0]; row <= last[0]; row++) {
        for (uint64_t column = next[1].first / grid->chunk[1]; column <= last[1]; column++) {
            const uint64_t key = row * grid->count[1] + column;
            const st_chunk *chunk = storage->chunked ? st_chunk_find(&storage->index, key) : NULL;
            if (chunk != NULL) {
                announce(file, chunk->address, chunk->bytes);
            } else if (!storage->chunked) {
                announce(file, storage->address + key * storage->tile_bytes, storage->tile_bytes);
            }
        }
    }
}
