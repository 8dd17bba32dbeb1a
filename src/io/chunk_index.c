/* chunk_index.c - own reading of the common index, HDF5's for small ones of other kinds. */
#include "io/chunk_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "io/btree.h"

enum { ASK_HDF5_MOST = 4096 }; /* chunks for which HDF5's own search is quick enough */

static int by_key(const void *a, const void *b)
{
    const uint64_t x = ((const st_chunk *)a)->key, y = ((const st_chunk *)b)->key;
    return (x > y) - (x < y);
}

const st_chunk *st_chunk_find(const st_chunk_index *index, uint64_t key)
{
    const st_chunk wanted = {key, 0, 0, 0};
    return index->n == 0 ? NULL
                         : bsearch(&wanted, index->chunk, index->n, sizeof(st_chunk), by_key);
}

void st_chunk_index_free(st_chunk_index *index)
{
    st_free(index->chunk);
    *index = (st_chunk_index){0, NULL};
}

/* One chunk from HDF5; a chunk that was never written has no address. */
static bool ask(hid_t dataset, const st_chunk_grid *grid, uint64_t key, st_chunk *chunk)
{
    const hsize_t at[2] = {key / grid->count[1] * grid->chunk[0],
                           key % grid->count[1] * grid->chunk[1]};
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    if (H5Dget_chunk_info_by_coord(dataset, grid->rank == 1 ? at + 1 : at, &mask, &address,
                                   &bytes) < 0 ||
        bytes > UINT32_MAX) {
        return false;
    }
    *chunk = (st_chunk){key, address, (uint32_t)bytes, mask};
    return true;
}

/* HDF5 1.10 and 1.14 name the wrong chunks of an index that can grow along the second axis (its
 * coordinates are exchanged inside, and not on the way out). */
static bool grows_sideways(hid_t dataset, const st_chunk_grid *grid)
{
    hsize_t most[2] = {0, 0};
    hid_t space = H5Dget_space(dataset);
    const bool known = space >= 0 && H5Sget_simple_extent_dims(space, NULL, most) >= 0;
    st_close_space(&space);
    return !known || (grid->rank == 2 && most[1] == H5S_UNLIMITED);
}

static st_status ask_all(st_context *ctx, hid_t dataset, const st_chunk_grid *grid,
                         st_chunk_index *index, bool *known)
{
    void *block;
    uint64_t n;
    *known = !__builtin_mul_overflow(grid->count[0], grid->count[1], &n) && n <= ASK_HDF5_MOST &&
             !grows_sideways(dataset, grid);
    if (!*known) {
        return ST_OK;
    }
    ST_TRY(st_alloc(ctx, (size_t)n, sizeof(st_chunk), "the chunk index", &block));
    index->chunk = block;
    for (uint64_t key = 0; *known && key < n; key++) {
        *known = ask(dataset, grid, key, &index->chunk[index->n]);
        index->n += *known && index->chunk[index->n].address != HADDR_UNDEF ? 1 : 0;
    }
    return ST_OK;
}

/* The own reading has to agree with HDF5 on its first and last chunk. */
static bool agrees(hid_t dataset, const st_chunk_grid *grid, const st_chunk_index *index)
{
    const size_t probes[2] = {0, index->n - 1};
    for (size_t i = 0; index->n > 0 && i < 2; i++) {
        const st_chunk *mine = &index->chunk[probes[i]];
        st_chunk other;
        if (!ask(dataset, grid, mine->key, &other) || other.address != mine->address ||
            other.bytes != mine->bytes || other.mask != mine->mask) {
            return false;
        }
    }
    return true;
}

static st_status check_addresses(st_context *ctx, const st_chunk_index *index,
                                 const st_chunk_grid *grid, uint64_t file_bytes)
{
    for (size_t i = 0; i < index->n; i++) {
        const st_chunk *chunk = &index->chunk[i];
        if (chunk->address > file_bytes || chunk->bytes > file_bytes - chunk->address) {
            return st_fail(ctx, ST_FORMAT,
                           "chunk [%llu, %llu] ends at byte %llu of a file of %llu bytes "
                           "(truncated?)",
                           (unsigned long long)(chunk->key / grid->count[1]),
                           (unsigned long long)(chunk->key % grid->count[1]),
                           (unsigned long long)chunk->address + chunk->bytes,
                           (unsigned long long)file_bytes);
        }
    }
    return ST_OK;
}

st_status st_chunk_index_read(st_context *ctx, hid_t file, hid_t dataset, const char *dataset_path,
                              int descriptor, uint64_t file_bytes, const st_chunk_grid *grid,
                              st_chunk_index *index, bool *known)
{
    /* An object reference of this kind is the address of the object's header. */
    hobj_ref_t header = 0;
    st_status status = ST_OK;
    *index = (st_chunk_index){0, NULL};
    *known = H5Rcreate(&header, file, dataset_path, H5R_OBJECT, ST_NO_HANDLE) >= 0;
    if (*known) {
        ST_GOTO(status, st_btree_read(ctx, descriptor, file_bytes, header, grid, index, known));
    }
    if (*known && index->n > 0) {
        qsort(index->chunk, index->n, sizeof(st_chunk), by_key);
        *known = agrees(dataset, grid, index);
    }
    if (!*known) {
        st_chunk_index_free(index);
        ST_GOTO(status, ask_all(ctx, dataset, grid, index, known));
    }
    if (*known) {
        ST_GOTO(status, check_addresses(ctx, index, grid, file_bytes));
    }
done:
    if (status != ST_OK || !*known) {
        st_chunk_index_free(index);
    }
    return status;
}
