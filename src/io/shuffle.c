/* shuffle.c - byte shuffle and bit transposition.
 * Bit order after K. Masui et al., "A compression scheme for radio data in high performance
 * computing", Astronomy and Computing 12 (2015). */
#include "io/shuffle.h"

#include <string.h>

#include "io/byte_loops.h"

void st_shuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t element)
{
    const size_t n = element > 1 ? bytes / element : 0;
    for (size_t b = 0; n > 0 && b < element; b++) {
        for (size_t i = 0; i < n; i++) {
            out[b * n + i] = in[i * element + b];
        }
    }
    memcpy(out + n * element, in + n * element, bytes - n * element);
}

void st_unshuffle_part(const unsigned char *in, unsigned char *out, size_t bytes, size_t element,
                       size_t first, size_t n)
{
    st_byte_loops_choose()->interleave(in + first, bytes / element, out, n, element);
}

void st_unshuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t element)
{
    const size_t n = element > 1 ? bytes / element : 0;
    if (n > 0) {
        st_unshuffle_part(in, out, bytes, element, 0, n);
    }
    memcpy(out + n * element, in + n * element, bytes - n * element);
}

size_t st_bitshuffle_block(size_t element)
{
    const size_t elements = 8192 / element / 8 * 8;
    return elements < 128 ? 128 : elements;
}

enum { PART = 512 }; /* elements that pass through the planes at once: they stay in L1 */

/* The rows of a plane are those of a plane of bits, so the loop that undoes it does it, too: eight
 * rows of one bit of eight elements. */
static void plane_to_rows(const unsigned char *plane, size_t row_bytes, size_t groups,
                          unsigned char *rows)
{
    for (size_t g = 0; g < groups; g++) {
        unsigned char turned[8];
        st_byte_loops_plain.plane(plane + 8 * g, 1, 1, turned);
        for (size_t k = 0; k < 8; k++) {
            rows[k * row_bytes + g] = turned[k];
        }
    }
}

void st_bitshuffle(const unsigned char *in, unsigned char *out, size_t elements, size_t element)
{
    unsigned char plane[PART];
    const size_t row_bytes = elements / 8;
    for (size_t first = 0; first < elements; first += PART) {
        const size_t n = elements - first < PART ? elements - first : PART;
        for (size_t b = 0; b < element; b++) {
            for (size_t i = 0; i < n; i++) {
                plane[i] = in[(first + i) * element + b];
            }
            plane_to_rows(plane, row_bytes, n / 8, out + 8 * b * row_bytes + first / 8);
        }
    }
}

void st_unbitshuffle(const unsigned char *in, unsigned char *out, size_t elements, size_t element)
{
    const st_byte_loops *loops = st_byte_loops_choose();
    unsigned char planes[ST_BITSHUFFLE_ELEMENT_MOST * PART];
    const size_t row_bytes = elements / 8;
    for (size_t first = 0; first < elements; first += PART) {
        const size_t n = elements - first < PART ? elements - first : PART;
        for (size_t b = 0; b < element; b++) {
            loops->plane(in + 8 * b * row_bytes + first / 8, row_bytes, n / 8, planes + b * PART);
        }
        loops->interleave(planes, PART, out + first * element, n, element);
    }
}
