/* byte_plain.c - the loops of decoding as they are meant, and the choice of a faster set.
 * The 8 x 8 step is Hacker's Delight, 7-3. */
#include <math.h>
#include <stdint.h>

#include "io/byte_loops.h"

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

static void make_plane(const unsigned char *rows, size_t row_bytes, size_t groups,
                       unsigned char *plane)
{
    for (size_t g = 0; g < groups; g++) {
        uint64_t x = 0;
        for (size_t k = 0; k < 8; k++) {
            x |= (uint64_t)rows[k * row_bytes + g] << (8 * k);
        }
        x = transpose8x8(x);
        for (size_t j = 0; j < 8; j++) {
            plane[8 * g + j] = (unsigned char)(x >> (8 * j));
        }
    }
}

static void interleave(const unsigned char *in, size_t plane, unsigned char *out, size_t n,
                       size_t element)
{
    for (size_t b = 0; b < element; b++) {
        for (size_t i = 0; i < n; i++) {
            out[i * element + b] = in[b * plane + i];
        }
    }
}

static void watts(const float *stored, size_t n, float fill, float *out_w)
{
    for (size_t i = 0; i < n; i++) {
        out_w[i] = stored[i] == fill || !isfinite(stored[i]) ? NAN : stored[i];
    }
}

const st_byte_loops st_byte_loops_plain = {"plain", make_plane, interleave, watts};

/* ST_IO_X86 is set by the build when it compiled the loops for these sets, too. */
const st_byte_loops *st_byte_loops_choose(void)
{
#ifdef ST_IO_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd")) {
        return &st_byte_loops_v4;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return &st_byte_loops_v3;
    }
#endif
    return &st_byte_loops_base;
}
