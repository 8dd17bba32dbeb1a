/* fill.c - the generator itself: rhythm, events, noise, the sensor's step, missing samples.
 * Every sample is a function of (knobs, seed, rack, index) alone. Knows no file. */
#include "synth/fill.h"

#include <math.h>

#include "synth/random.h"
#include "synth/rhythm.h"

enum {
    CHUNK = 512,        /* samples at a time: stays in the first cache */
    MISSING_CELL = 4096 /* samples that share one chance of a burst */
};

/* Adds deviation_w times noise. Two samples share a block of random words. */
static void add_noise(const st_synth *what, int64_t rack, int64_t first, size_t n,
                      double deviation_w, double *power_w)
{
    for (size_t i = 0; i < n;) {
        const int64_t sample = first + (int64_t)i;
        const st_random_block r =
            st_random(what->seed, ST_STREAM_NOISE, (uint32_t)rack, sample / 2);
        if (sample % 2 == 0) {
            power_w[i++] += deviation_w * st_normal(r.word[0], r.word[1]);
        }
        if (i < n && (first + (int64_t)i) % 2 == 1) {
            power_w[i++] += deviation_w * st_normal(r.word[2], r.word[3]);
        }
    }
}

/* Rounds to whole steps. Adding and taking away 1.5 * 2^52 is a rounding that vectorises. */
static void quantise(double step_w, size_t n, double *power_w)
{
    const double round = 6755399441055744.0;
    const double per_step = 1.0 / step_w;
    for (size_t i = 0; i < n; i++) {
        power_w[i] = ((power_w[i] * per_step + round) - round) * step_w;
    }
}

static void lose(const st_synth *what, int64_t rack, int64_t first, size_t n, double *power_w)
{
    enum { LONGEST = 8 };
    const double chance = what->missing_share * MISSING_CELL / (0.5 * (1 + LONGEST));
    const int64_t last = first + (int64_t)n - 1;
    for (int64_t cell = first / MISSING_CELL; cell <= last / MISSING_CELL; cell++) {
        const st_random_block r = st_random(what->seed, ST_STREAM_MISSING, (uint32_t)rack, cell);
        if (st_uniform(r.word[0]) >= chance) {
            continue;
        }
        const int64_t length = 1 + r.word[1] % LONGEST;
        const int64_t begin =
            cell * MISSING_CELL + (int64_t)(r.word[2] % (uint32_t)(MISSING_CELL - LONGEST));
        for (int64_t t = begin < first ? first : begin; t < begin + length && t <= last; t++) {
            power_w[t - first] = NAN;
        }
    }
}

static void fill_chunk(const st_synth *what, const st_plants *plants, int64_t rack, int64_t first,
                       size_t n, float *out_w)
{
    double power_w[CHUNK];
    st_plants_fill(what, plants, NULL, rack, first, n, power_w);
    const double scale_w = st_rack_scale_w(what, rack);
    for (size_t i = 0; i < n; i++) {
        power_w[i] *= scale_w;
    }
    if (what->noise > 0.0) {
        add_noise(what, rack, first, n, what->noise * what->rack_rating_w, power_w);
    }
    if (what->step_w > 0.0) {
        quantise(what->step_w, n, power_w);
    }
    if (what->missing_share > 0.0) {
        lose(what, rack, first, n, power_w);
    }
    for (size_t i = 0; i < n; i++) {
        out_w[i] = (float)power_w[i];
    }
}

void st_synth_fill_planned(const st_synth *what, const st_plants *plants, size_t first_rack,
                           size_t racks, int64_t first_sample, size_t samples, float *out_w,
                           size_t stride)
{
    for (size_t r = 0; r < racks; r++) {
        for (size_t at = 0; at < samples; at += CHUNK) {
            const size_t n = samples - at < CHUNK ? samples - at : CHUNK;
            fill_chunk(what, plants, (int64_t)(first_rack + r), first_sample + (int64_t)at, n,
                       out_w + r * stride + at);
        }
    }
}

void st_synth_fill(const st_synth *what, size_t first_rack, size_t racks, int64_t first_sample,
                   size_t samples, float *out_w, size_t stride)
{
    st_plants plants;
    st_plants_make(what, &plants);
    st_synth_fill_planned(what, &plants, first_rack, racks, first_sample, samples, out_w, stride);
}
