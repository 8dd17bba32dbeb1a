/* byte_loops.h - the innermost loops of decoding, compiled once for each instruction set.
 * read: pure functions on memory under shuffle.c and convert.c; know no format and no file. All
 * sets give the same bytes. */
#ifndef ST_IO_BYTE_LOOPS_H
#define ST_IO_BYTE_LOOPS_H

#include <stddef.h>

typedef struct st_byte_loops {
    const char *name;
    /* rows: [8] bit rows, row_bytes apart, of `groups` bytes each; bit i of byte g of row k becomes
     * bit k of plane[8 g + i]. plane: [8 * groups]. */
    void (*plane)(const unsigned char *rows, size_t row_bytes, size_t groups, unsigned char *plane);
    /* Planes of n bytes, `plane` bytes apart, to n elements. out: [n * element]. */
    void (*interleave)(const unsigned char *in, size_t plane, unsigned char *out, size_t n,
                       size_t element);
    /* out_w[i] = stored[i]; NaN where that is `fill` (NaN: nothing is) or not finite. out_w may be
     * stored. */
    void (*watts)(const float *stored, size_t n, float fill, float *out_w);
} st_byte_loops;

/* Plain C, and what the others fall back to at the ends of an array. */
extern const st_byte_loops st_byte_loops_plain;
extern const st_byte_loops st_byte_loops_base, st_byte_loops_v3, st_byte_loops_v4;

/* Those for this machine. */
const st_byte_loops *st_byte_loops_choose(void);

#endif
