/* random.h - random numbers by counter: any number of any stream without those before it.
 * Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011. Knows nothing of power; integers throughout, so every machine gives the same bits. */
#ifndef ST_SYNTH_RANDOM_H
#define ST_SYNTH_RANDOM_H

#include <stdint.h>

typedef struct st_random_block {
    uint32_t word[4];
} st_random_block;

/* What a number is for; each use has its own stream. */
typedef enum st_stream {
    ST_STREAM_NOISE,
    ST_STREAM_MISSING,
    ST_STREAM_ITERATION, /* shared by all racks */
    ST_STREAM_RACK_ITERATION,
    ST_STREAM_RIPPLE,
    ST_STREAM_CHECKPOINT,
    ST_STREAM_RACK,
    ST_STREAM_EVENT
} st_stream;

/* counter: 4 words, key: 2 words. */
static inline st_random_block st_philox(st_random_block counter, uint32_t key0, uint32_t key1)
{
    uint32_t *c = counter.word;
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * c[0];
        const uint64_t p1 = (uint64_t)UINT32_C(0xCD9E8D57) * c[2];
        const uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
        c[3] = (uint32_t)p0;
        key0 += UINT32_C(0x9E3779B9);
        key1 += UINT32_C(0xBB67AE85);
    }
    return counter;
}

/* Block `index` of a stream; `rack` separates racks (or events). */
static inline st_random_block st_random(uint64_t seed, st_stream stream, uint32_t rack,
                                        int64_t index)
{
    const st_random_block counter = {
        {(uint32_t)index, (uint32_t)((uint64_t)index >> 32), rack, (uint32_t)stream}};
    return st_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

/* Uniform in [0, 1). */
static inline double st_uniform(uint32_t word)
{
    return (double)word * (1.0 / 4294967296.0);
}

/* Nearly normal, mean 0, deviation 1, never beyond 3.47: the sum of four uniform 16-bit numbers
 * (Irwin-Hall). Bounded, so that no noise ever looks like an event. */
static inline double st_normal(uint32_t a, uint32_t b)
{
    const int32_t sum = (int32_t)((a & 0xffff) + (a >> 16) + (b & 0xffff) + (b >> 16));
    return (double)(sum - 131070) * (1.0 / 37837.22); /* 65536 / sqrt(3) */
}

#endif
