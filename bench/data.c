/* data.c - the recording that is worked on, made from a formula of whole numbers, and memory. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

enum { LARGE_PAGE = 1 << 21 };

/* A 32-bit mixer (C. Wellons, "lowbias32"). */
static uint32_t mix(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15)) * 0x846ca68bU;
    return x ^ (x >> 16);
}

float bench_power_w(size_t rack, size_t sample)
{
    const uint32_t noise = mix((uint32_t)rack * 0x9e3779b1U + (uint32_t)sample) & 63U;
    const bool busy = (sample + BENCH_STAGGER * rack) % BENCH_PERIOD < BENCH_BUSY;
    return (busy ? 110000.0f : 60000.0f) + 8.0f * ((float)noise - 32.0f);
}

size_t bench_samples(const bench *b)
{
    return b->quick ? 1u << 16 : 1u << 18;
}

st_status bench_alloc(bench *b, size_t bytes, void **block)
{
    const size_t whole = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    *block = aligned_alloc(LARGE_PAGE, whole);
    if (*block == NULL) {
        return st_fail(b->ctx, ST_MEMORY, "the benchmark needs %zu bytes", whole);
    }
    madvise(*block, whole, MADV_HUGEPAGE);
    memset(*block, 0, whole);
    return ST_OK;
}

void bench_free(void *block)
{
    free(block);
}

st_status bench_data_make(bench *b, size_t racks, size_t samples, bench_data *data)
{
    void *block;
    *data = (bench_data){.racks = racks, .samples = samples};
    ST_TRY(bench_alloc(b, racks * samples * sizeof(float), &block));
    float *const power_w = block;
#pragma omp parallel for num_threads(b->threads)
    for (size_t r = 0; r < racks; r++) {
        for (size_t i = 0; i < samples; i++) {
            power_w[r * samples + i] = bench_power_w(r, i);
        }
    }
    data->power_w = power_w;
    return ST_OK;
}
