/* codec.h - the compressed formats themselves, each from public descriptions.
 * Pure functions on memory; decoders trust nothing and return false on damage. */
#ifndef ST_IO_CODEC_H
#define ST_IO_CODEC_H

#include <stdint.h>

#include "io/filter.h"

/* liblzf (filter 32000): fills out [bytes] exactly. */
bool st_lzf_decode(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t bytes);

/* HDF5's LZ4 filter (32004): 8 bytes total size, 4 bytes block size, then blocks of 4 bytes
 * compressed size and data, stored plain where it equals the block; all big-endian. */
bool st_lz4_decode(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t bytes);

/* Bitshuffle (32008): 8 bytes total size and 4 bytes block bytes, then blocks of 4 bytes
 * compressed size and data, big-endian, then a rest of less than 8 elements as it is; without
 * compression the transposed blocks alone. To out [bytes], or with out NULL to `wanted`, block by
 * block. decoder->block and ->piece hold st_bitshuffle_block_bytes each. */
bool st_bitshuffle_decode(st_decoder *decoder, const st_filter *filter, const unsigned char *in,
                          size_t in_bytes, unsigned char *out, size_t bytes,
                          const st_wanted *wanted);
/* Bytes of the largest block or rest. */
size_t st_bitshuffle_block_bytes(const st_filter *filter, const unsigned char *in, size_t in_bytes,
                                 size_t bytes);

/* HDF5's checksum (filter 3) over data [bytes]. */
uint32_t st_fletcher32(const unsigned char *data, size_t bytes);

/* --- encoding, for the writer ---------------------------------------------------------------- */

/* Room that the encoded form of `bytes` can need, header included. */
size_t st_codec_bound(size_t bytes);
/* Encoded bytes in out [st_codec_bound(bytes)], 0 on failure. */
size_t st_lz4_encode(const unsigned char *in, size_t bytes, unsigned char *out);
/* spare: [8192]. */
size_t st_bitshuffle_lz4_encode(const unsigned char *in, size_t bytes, size_t element,
                                unsigned char *spare, unsigned char *out);

uint32_t st_read_be32(const unsigned char *at);
uint64_t st_read_be64(const unsigned char *at);

#endif
