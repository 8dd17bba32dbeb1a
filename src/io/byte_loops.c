/* byte_loops.c - the loops of decoding in the compilers' vector extensions, built once for each
 * instruction set (CMakeLists.txt). A register is worked on as independent lanes of 16 bytes, since
 * that is what zips are cheap in; lanes come apart again when they are stored. */
#include "io/byte_loops.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef ST_IO_ISA
#define ST_IO_ISA base
#endif
#define ISA_TEXT_OF(isa)      #isa
#define ISA_TEXT(isa)         ISA_TEXT_OF(isa)
#define ISA_PASTE(name, isa)  name##_##isa
#define ISA_EXPAND(name, isa) ISA_PASTE(name, isa)
#define ISA_TABLE             ISA_EXPAND(st_byte_loops, ST_IO_ISA)

#if defined(__AVX512BW__)
enum { VEC = 64 };
#define LANES(indices) indices(0, 4), indices(1, 4), indices(2, 4), indices(3, 4)
#elif defined(__AVX2__)
enum { VEC = 32 };
#define LANES(indices) indices(0, 2), indices(1, 2)
#else
enum { VEC = 16 };
#define LANES(indices) indices(0, 1)
#endif

typedef unsigned char vec8 __attribute__((vector_size(VEC)));
typedef uint16_t vec16 __attribute__((vector_size(VEC)));
typedef uint32_t vec32 __attribute__((vector_size(VEC)));
typedef uint64_t vec64 __attribute__((vector_size(VEC)));
typedef uint64_t lane64 __attribute__((vector_size(16)));

/* One element of each operand in turn: `at` of the first, the same of the second. */
#define PAIR(at, lanes, size)   (at), (at) + (lanes) * (16 / (size))
#define PAIRS2(at, lanes, size) PAIR(at, lanes, size), PAIR((at) + 1, lanes, size)
#define PAIRS4(at, lanes, size) PAIRS2(at, lanes, size), PAIRS2((at) + 2, lanes, size)
#define PAIRS8(at, lanes, size) PAIRS4(at, lanes, size), PAIRS4((at) + 4, lanes, size)
#define LOW8(lane, lanes)       PAIRS8(16 * (lane), lanes, 1)
#define HIGH8(lane, lanes)      PAIRS8(16 * (lane) + 8, lanes, 1)
#define LOW16(lane, lanes)      PAIRS4(8 * (lane), lanes, 2)
#define HIGH16(lane, lanes)     PAIRS4(8 * (lane) + 4, lanes, 2)
#define LOW32(lane, lanes)      PAIRS2(4 * (lane), lanes, 4)
#define HIGH32(lane, lanes)     PAIRS2(4 * (lane) + 2, lanes, 4)

/* Elements of a and b in turn, lane by lane: the lower halves to pair[0], the upper to pair[1]. */
static inline void zip8(vec8 a, vec8 b, vec8 *low, vec8 *high)
{
    *low = __builtin_shufflevector(a, b, LANES(LOW8));
    *high = __builtin_shufflevector(a, b, LANES(HIGH8));
}

static inline void zip16(vec8 a, vec8 b, vec8 *low, vec8 *high)
{
    *low = (vec8)__builtin_shufflevector((vec16)a, (vec16)b, LANES(LOW16));
    *high = (vec8)__builtin_shufflevector((vec16)a, (vec16)b, LANES(HIGH16));
}

static inline void zip32(vec8 a, vec8 b, vec8 *low, vec8 *high)
{
    *low = (vec8)__builtin_shufflevector((vec32)a, (vec32)b, LANES(LOW32));
    *high = (vec8)__builtin_shufflevector((vec32)a, (vec32)b, LANES(HIGH32));
}

static inline vec8 load(const unsigned char *from)
{
    vec8 v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store_lane(lane64 lane, unsigned char *to)
{
    memcpy(to, &lane, sizeof lane);
}

/* Lane l to out + l * stride. */
static inline void store_lanes(vec8 v, unsigned char *out, size_t stride)
{
    const vec64 x = (vec64)v;
#if defined(__AVX512BW__)
    store_lane(__builtin_shufflevector(x, x, 0, 1), out);
    store_lane(__builtin_shufflevector(x, x, 2, 3), out + stride);
    store_lane(__builtin_shufflevector(x, x, 4, 5), out + 2 * stride);
    store_lane(__builtin_shufflevector(x, x, 6, 7), out + 3 * stride);
#elif defined(__AVX2__)
    store_lane(__builtin_shufflevector(x, x, 0, 1), out);
    store_lane(__builtin_shufflevector(x, x, 2, 3), out + stride);
#else
    (void)stride; /* there is one lane */
    store_lane(x, out);
#endif
}

/* VEC elements of 2, 4 and 8 bytes out of their planes. */
static inline void join2(const vec8 v[2], unsigned char *out)
{
    vec8 p[2];
    zip8(v[0], v[1], &p[0], &p[1]);
    for (size_t c = 0; c < 2; c++) {
        store_lanes(p[c], out + 16 * c, 32);
    }
}

static inline void join4(const vec8 v[4], unsigned char *out)
{
    vec8 p[4], q[4];
    zip8(v[0], v[1], &p[0], &p[1]);
    zip8(v[2], v[3], &p[2], &p[3]);
    zip16(p[0], p[2], &q[0], &q[1]);
    zip16(p[1], p[3], &q[2], &q[3]);
    for (size_t c = 0; c < 4; c++) {
        store_lanes(q[c], out + 16 * c, 64);
    }
}

static inline void join8(const vec8 v[8], unsigned char *out)
{
    vec8 p[8], q[8], w[8];
    for (size_t i = 0; i < 4; i++) {
        zip8(v[2 * i], v[2 * i + 1], &p[2 * i], &p[2 * i + 1]);
    }
    for (size_t i = 0; i < 2; i++) { /* bytes 0 to 3, then 4 to 7 */
        zip16(p[4 * i], p[4 * i + 2], &q[4 * i], &q[4 * i + 1]);
        zip16(p[4 * i + 1], p[4 * i + 3], &q[4 * i + 2], &q[4 * i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        zip32(q[i], q[4 + i], &w[2 * i], &w[2 * i + 1]);
    }
    for (size_t c = 0; c < 8; c++) {
        store_lanes(w[c], out + 16 * c, 128);
    }
}

/* Exchanges the bits of a that `mask`, shifted by n, selects with those of b under `mask`. */
static inline void exchange(vec8 *a, vec8 *b, int n, uint16_t mask)
{
    const vec16 x = (vec16)*a, y = (vec16)*b;
    const vec16 t = ((x >> n) ^ y) & mask;
    *a = (vec8)(x ^ (t << n));
    *b = (vec8)(y ^ t);
}

static void make_plane(const unsigned char *rows, size_t row_bytes, size_t groups,
                       unsigned char *plane)
{
    size_t g = 0;
    for (; g + VEC <= groups; g += VEC) {
        vec8 v[8];
        for (size_t k = 0; k < 8; k++) {
            v[k] = load(rows + k * row_bytes + g);
        }
        for (size_t k = 0; k < 4; k++) {
            exchange(&v[k], &v[k + 4], 4, 0x0f0f);
        }
        for (size_t k = 0; k < 8; k += 4) {
            exchange(&v[k], &v[k + 2], 2, 0x3333);
            exchange(&v[k + 1], &v[k + 3], 2, 0x3333);
        }
        for (size_t k = 0; k < 8; k += 2) {
            exchange(&v[k], &v[k + 1], 1, 0x5555);
        }
        join8(v, plane + 8 * g);
    }
    st_byte_loops_plain.plane(rows + g, row_bytes, groups - g, plane + 8 * g);
}

static void interleave(const unsigned char *in, size_t plane, unsigned char *out, size_t n,
                       size_t element)
{
    size_t i = 0;
    const bool known = element == 2 || element == 4 || element == 8;
    for (; known && i + VEC <= n; i += VEC) {
        vec8 v[8];
        for (size_t b = 0; b < element; b++) {
            v[b] = load(in + b * plane + i);
        }
        unsigned char *const to = out + i * element;
        if (element == 4) {
            join4(v, to);
        } else if (element == 2) {
            join2(v, to);
        } else {
            join8(v, to);
        }
    }
    st_byte_loops_plain.interleave(in + i, plane, out + i * element, n - i, element);
}

typedef float vecf __attribute__((vector_size(VEC)));
typedef int32_t veci __attribute__((vector_size(VEC)));

/* x - x is 0 for finite x and NaN for all others. */
static void watts(const float *stored, size_t n, float fill, float *out_w)
{
    enum { FLOATS = VEC / sizeof(float) };
    const vecf nan = (vecf){0.0f} + NAN;
    size_t i = 0;
    for (; i + FLOATS <= n; i += FLOATS) {
        vecf x;
        memcpy(&x, stored + i, sizeof x);
        /* x - x is 0 of every finite x */
        const veci invalid = (x == fill) | (x - x != 0.0f); // NOLINT(misc-redundant-expression)
        x = (vecf)(((veci)x & ~invalid) | ((veci)nan & invalid));
        memcpy(out_w + i, &x, sizeof x);
    }
    st_byte_loops_plain.watts(stored + i, n - i, fill, out_w + i);
}

const st_byte_loops ISA_TABLE = {ISA_TEXT(ST_IO_ISA), make_plane, interleave, watts};
