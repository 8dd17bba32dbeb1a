/* series.h - series in a scratch file, made from and turned into vectors.
 * For the tests of the stages that read narrow data. */
#ifndef ST_TESTS_RESPOND_SERIES_H
#define ST_TESTS_RESPOND_SERIES_H

#include <gtest/gtest.h>

#include <vector>

#include "core/scratch.h"

class Narrow
{
  public:
    Narrow()
    {
        ctx = st_context_create();
        EXPECT_EQ(st_scratch_open(ctx, testing::TempDir().c_str(), &scratch), ST_OK)
            << st_context_message(ctx);
    }
    ~Narrow()
    {
        st_scratch_close(scratch);
        st_context_destroy(ctx);
    }
    Narrow(const Narrow &) = delete;
    Narrow &operator=(const Narrow &) = delete;

    st_series empty(size_t samples)
    {
        st_series series;
        EXPECT_EQ(st_series_reserve(ctx, scratch, (int64_t)samples, &series), ST_OK);
        return series;
    }
    st_series of(const std::vector<double> &values)
    {
        const st_series series = empty(values.size());
        EXPECT_EQ(st_series_write(ctx, &series, 0, values.size(), values.data()), ST_OK);
        return series;
    }
    std::vector<double> values(const st_series &series)
    {
        std::vector<double> out((size_t)series.samples);
        EXPECT_EQ(st_series_read(ctx, &series, 0, out.size(), out.data()), ST_OK)
            << st_context_message(ctx);
        return out;
    }

    st_context *ctx;

  private:
    st_scratch *scratch = nullptr;
};

#endif
