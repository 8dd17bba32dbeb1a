/* shuffle.c - byte shuffle and bit transposition.
 * Bit order after K. Masui et al., "A compression scheme for radio data in high performance
 * computing", Astronomy and Computing 12 (2015); the 8 x 8 step is Hacker's Delight, 7-3. */
#include "io/shuffle.h"

#include <stdint.h>
#include <string.h>

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

/* Four planes to 4-byte elements, in a form that compilers turn into vector code. */
static void interleave4(const unsigned char *in, size_t plane, unsigned char *out, size_t n)
{
    const unsigned char *p0 = in, *p1 = in + plane, *p2 = in + 2 * plane, *p3 = in + 3 * plane;
    for (size_t i = 0; i < n; i++) {
        out[4 * i] = p0[i];
        out[4 * i + 1] = p1[i];
        out[4 * i + 2] = p2[i];
        out[4 * i + 3] = p3[i];
    }
}

/* Planes of n bytes, `plane` bytes apart, to n elements. */
static void interleave(const unsigned char *in, size_t plane, unsigned char *out, size_t n,
                       size_t element)
{
    if (element == 4) {
        interleave4(in, plane, out, n);
        return;
    }
    for (size_t b = 0; b < element; b++) {
        for (size_t i = 0; i < n; i++) {
            out[i * element + b] = in[b * plane + i];
        }
    }
}

void st_unshuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t element)
{
    const size_t n = element > 1 ? bytes / element : 0;
    interleave(in, n, out, n, n > 0 ? element : 0);
    memcpy(out + n * element, in + n * element, bytes - n * element);
}

size_t st_bitshuffle_block(size_t element)
{
    const size_t elements = 8192 / element / 8 * 8;
    return elements < 128 ? 128 : elements;
}

/* Byte i, bit j <-> byte j, bit i. */
static uint64_t transpose8x8(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAu;
    x = x ^ t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCu;
    x = x ^ t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0u;
    return x ^ t ^ (t << 28);
}

enum { PART = 512 }; /* elements that pass through the planes at once: they stay in L1 */

/* rows: [8][row_bytes] bit rows of one byte of the elements; `groups` groups of 8 elements. */
static void rows_to_plane(const unsigned char *rows, size_t row_bytes, size_t groups,
                          unsigned char *plane)
{
    uint64_t gathered[PART / 8] = {0};
    for (size_t k = 0; k < 8; k++) {
        for (size_t g = 0; g < groups; g++) {
            gathered[g] |= (uint64_t)rows[k * row_bytes + g] << (8 * k);
        }
    }
    for (size_t g = 0; g < groups; g++) {
        gathered[g] = transpose8x8(gathered[g]);
    }
    for (size_t g = 0; g < groups; g++) {
        for (size_t j = 0; j < 8; j++) {
            plane[8 * g + j] = (unsigned char)(gathered[g] >> (8 * j));
        }
    }
}

static void plane_to_rows(const unsigned char *plane, size_t row_bytes, size_t groups,
                          unsigned char *rows)
{
    for (size_t g = 0; g < groups; g++) {
        uint64_t x = 0;
        for (size_t j = 0; j < 8; j++) {
            x |= (uint64_t)plane[8 * g + j] << (8 * j);
        }
        x = transpose8x8(x);
        for (size_t k = 0; k < 8; k++) {
            rows[k * row_bytes + g] = (unsigned char)(x >> (8 * k));
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
    unsigned char planes[ST_BITSHUFFLE_ELEMENT_MOST * PART];
    const size_t row_bytes = elements / 8;
    for (size_t first = 0; first < elements; first += PART) {
        const size_t n = elements - first < PART ? elements - first : PART;
        for (size_t b = 0; b < element; b++) {
            rows_to_plane(in + 8 * b * row_bytes + first / 8, row_bytes, n / 8, planes + b * PART);
        }
        interleave(planes, PART, out + first * element, n, element);
    }
}
