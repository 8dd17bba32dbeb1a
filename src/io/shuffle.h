/* shuffle.h - the byte and bit orders that make power data compress: HDF5's shuffle filter and
 * bitshuffle's transposition. Pure functions on memory; know nothing of files. */
#ifndef ST_IO_SHUFFLE_H
#define ST_IO_SHUFFLE_H

#include <stdbool.h>
#include <stddef.h>

enum { ST_BITSHUFFLE_ELEMENT_MOST = 8 }; /* bytes of an element that these functions take */

/* HDF5 filter 2: byte b of all elements, then byte b + 1; a rest of bytes / element stays at the
 * end. in, out: [bytes], not overlapping. */
void st_shuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t element);
void st_unshuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t element);

/* Elements [first, first + n) of shuffled data alone, to out [n * element]; element > 1. */
void st_unshuffle_part(const unsigned char *in, unsigned char *out, size_t bytes, size_t element,
                       size_t first, size_t n);

/* Bitshuffle of one block: bit k of byte b of all elements is row 8 b + k of the block.
 * in, out: [elements * element], not overlapping; elements is a multiple of 8, element at most
 * ST_BITSHUFFLE_ELEMENT_MOST. */
void st_bitshuffle(const unsigned char *in, unsigned char *out, size_t elements, size_t element);
void st_unbitshuffle(const unsigned char *in, unsigned char *out, size_t elements, size_t element);

/* Elements of a block where a file does not say: 8 KiB, a multiple of 8, at least 128. */
size_t st_bitshuffle_block(size_t element);

#endif
