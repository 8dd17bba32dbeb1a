/* chunk_index.h - where the chunks of a 2-D dataset lie in its file.
 * HDF5 answers that question in time proportional to the square of their number (1.10: it walks
 * the whole index for each), so the common index is read here; knows nothing of what is in them. */
#ifndef ST_IO_CHUNK_INDEX_H
#define ST_IO_CHUNK_INDEX_H

#include <stdint.h>

#include "io/library.h"

/* One allocated chunk. */
typedef struct st_chunk {
    uint64_t key;     /* row of chunks * chunks per row + column of chunks */
    uint64_t address; /* in the file */
    uint32_t bytes;   /* stored */
    uint32_t mask;    /* filters that were skipped */
} st_chunk;

/* Sorted by key; chunks that are not in it hold the fill value. */
typedef struct st_chunk_index {
    size_t n;
    st_chunk *chunk;
} st_chunk_index;

/* Shape of the grid of chunks. */
typedef struct st_chunk_grid {
    uint64_t size[2];  /* of the dataset; a 1-D one is [1, n] */
    uint64_t chunk[2]; /* of one chunk */
    uint64_t count[2]; /* chunks along each axis */
    unsigned rank;     /* of the dataset in the file: 1 or 2 */
} st_chunk_grid;

/* Fills the index. *known = false (and ST_OK) where only HDF5 itself can find the chunks: an index
 * of the newer kinds with very many of them. `descriptor` reads the file, `file_bytes` long.
 * ST_FORMAT when a chunk lies outside of the file. Inside the HDF5 scope. */
st_status st_chunk_index_read(st_context *ctx, hid_t file, hid_t dataset, const char *dataset_path,
                              int descriptor, uint64_t file_bytes, const st_chunk_grid *grid,
                              st_chunk_index *index, bool *known);
void st_chunk_index_free(st_chunk_index *index);

/* NULL where the chunk was never written. */
const st_chunk *st_chunk_find(const st_chunk_index *index, uint64_t key);

#endif
