/* support.h - what the tests of the generator share. */
#ifndef ST_TESTS_SYNTH_SUPPORT_H
#define ST_TESTS_SYNTH_SUPPORT_H

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "surgetank/synth.h"

using Context = std::unique_ptr<st_context, decltype(&st_context_destroy)>;

inline Context make_context()
{
    return Context(st_context_create(), st_context_destroy);
}

/* racks x seconds at rate_hz, seed 7, knobs as on the command line. */
inline st_synth make_synth(size_t racks, double seconds, double rate_hz,
                           std::initializer_list<const char *> knobs = {})
{
    Context ctx = make_context();
    st_synth what;
    st_synth_default(&what, nullptr);
    what.racks = racks;
    what.duration_ns = static_cast<int64_t>(seconds * 1e9);
    what.rate_hz = rate_hz;
    what.seed = 7;
    for (const char *knob : knobs) {
        EXPECT_EQ(st_synth_set(ctx.get(), &what, knob), ST_OK) << st_context_message(ctx.get());
    }
    EXPECT_EQ(st_synth_check(ctx.get(), &what), ST_OK) << st_context_message(ctx.get());
    return what;
}

/* [racks x samples] of a slice. */
inline std::vector<float> fill(const st_synth &what, size_t first_rack, size_t racks, int64_t first,
                               size_t samples)
{
    std::vector<float> out(racks * samples, -1.0f);
    st_synth_fill(&what, first_rack, racks, first, samples, out.data(), samples);
    return out;
}

inline std::vector<float> fill_all(const st_synth &what)
{
    return fill(what, 0, what.racks, 0, static_cast<size_t>(st_synth_samples(&what)));
}

/* Bit for bit, NaN included. */
inline bool same_bits(const float *a, const float *b, size_t n)
{
    return std::memcmp(a, b, n * sizeof *a) == 0;
}

#endif
