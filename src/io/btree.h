/* btree.h - version-1 B-trees of chunks, read from the file itself (HDF5 File Format
 * Specification 3.0, III.A.1, IV.A.1 and IV.A.2.i). Trusts nothing it reads. */
#ifndef ST_IO_BTREE_H
#define ST_IO_BTREE_H

#include "io/chunk_index.h"

/* Object header at `header` of a chunked dataset -> all its chunks, unsorted. *known = false: damaged
 * or not a version-1 B-tree; the caller asks HDF5 then. ST_MEMORY. */
st_status st_btree_read(st_context *ctx, int descriptor, uint64_t file_bytes, uint64_t header,
                        const st_chunk_grid *grid, st_chunk_index *index, bool *known);

#endif
