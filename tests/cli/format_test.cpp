// format_test.cpp - numbers as engineers write them, where a prefix or a digit changes.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

extern "C" {
#include "cli/format.h"
}

namespace
{

using Form = char *(*)(char *, double);

std::string text(Form form, double value)
{
    char out[CLI_NUMBER];
    return form(out, value);
}

TEST(Format, Power)
{
    const struct {
        double power_w;
        const char *words;
    } rows[] = {{12.34e6, "12.3 MW"},
                {-5.214e3, "-5.21 kW"},
                {999.94, "1.00 kW"},
                {999.4, "999 W"},
                {999.96e3, "1.00 MW"},
                {1.1e9, "1.1 GW"},
                {0, "0 W"},
                {20e6, "20 MW"},
                {NAN, "-"},
                {1234.5e9, "1,234 GW"},
                {0.25, "0.25 W"},
                {-1e-9, "-1e-09 W"}};
    for (const auto &row : rows)
        EXPECT_EQ(text(cli_power, row.power_w), row.words);
}

TEST(Format, NumbersKeepThreeDigits)
{
    EXPECT_EQ(text(cli_number, 9.996), "10.0");
    EXPECT_EQ(text(cli_number, 9.994), "9.99");
    EXPECT_EQ(text(cli_number, 99.96), "100");
    EXPECT_EQ(text(cli_number, 0.35142), "0.351");
    EXPECT_EQ(text(cli_number, 1234567), "1,234,567");
    EXPECT_EQ(text(cli_number, -1234.4), "-1,234");
    EXPECT_EQ(text(cli_number, 3e-7), "3e-07");
    EXPECT_EQ(text(cli_number, INFINITY), "inf");
    EXPECT_EQ(text(cli_number, -0.0), "0");
    EXPECT_EQ(text(cli_number, 1e300), "1e+300");
}

TEST(Format, EnergyFrequencyBytes)
{
    EXPECT_EQ(text(cli_energy, 2.3e9 * 3600), "2.3 GWh");
    EXPECT_EQ(text(cli_energy, 4680), "1.3 Wh");
    EXPECT_EQ(text(cli_frequency, 0.15), "0.15 Hz");
    EXPECT_EQ(text(cli_frequency, 1000), "1 kHz");
    EXPECT_EQ(text(cli_bytes, 1.234e9), "1.23 GB");
}

TEST(Format, Seconds)
{
    EXPECT_EQ(text(cli_seconds, 0.34), "340 ms");
    EXPECT_EQ(text(cli_seconds, 2.5e-4), "250 us");
    EXPECT_EQ(text(cli_seconds, 12.54), "12.5 s");
    EXPECT_EQ(text(cli_seconds, 60), "60 s");
    EXPECT_EQ(text(cli_seconds, 120), "2 min");
    EXPECT_EQ(text(cli_seconds, 200.4), "3 min 20 s");
    EXPECT_EQ(text(cli_seconds, 119.7), "2 min");
    EXPECT_EQ(text(cli_seconds, 7500), "2 h 5 min");
    EXPECT_EQ(text(cli_seconds, 86400), "1 d");
    EXPECT_EQ(text(cli_seconds, 90000 * 3), "3 d 3 h");
    EXPECT_EQ(text(cli_seconds, -200), "-3 min 20 s");
    EXPECT_EQ(text(cli_seconds, NAN), "-");
    EXPECT_EQ(text(cli_seconds, 0), "0 ms");
}

TEST(Format, Shares)
{
    EXPECT_EQ(text(cli_percent, 1), "100 %");
    EXPECT_EQ(text(cli_percent, 0.9998), "99.98 %");
    EXPECT_EQ(text(cli_percent, 0.99), "99 %");
    EXPECT_EQ(text(cli_percent, 0.9999999), "> 99.99 %");
    EXPECT_EQ(text(cli_percent, 0), "0 %");
    EXPECT_EQ(text(cli_signed_percent, -0.35), "-35 %");
    EXPECT_EQ(text(cli_signed_percent, 0.004), "+0.4 %");
    EXPECT_EQ(text(cli_signed_percent, NAN), "-");
}

TEST(Format, Counts)
{
    char out[CLI_NUMBER];
    EXPECT_STREQ(cli_count(out, 0), "0");
    EXPECT_STREQ(cli_count(out, 999), "999");
    EXPECT_STREQ(cli_count(out, 177209344), "177,209,344");
    EXPECT_STREQ(cli_count(out, -1000), "-1,000");
    EXPECT_STREQ(cli_count(out, std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Format, Times)
{
    char out[CLI_NUMBER];
    const int64_t start = 1767225600000000000;
    EXPECT_STREQ(cli_clock(out, start + 12340000000, start), "00:00:12.340");
    EXPECT_STREQ(cli_clock(out, start + 100 * 3600 * int64_t{1000000000}, start), "100:00:00.000");
    EXPECT_STREQ(cli_clock(out, start - 1000000, start), "-00:00:00.001");
    EXPECT_STREQ(cli_clock(out, INT64_MIN, start), "-");
    EXPECT_STREQ(cli_clock(out, INT64_MAX, INT64_MIN + 1), "5124095:34:33.709");
    EXPECT_STREQ(cli_date(out, start), "2026-01-01T00:00:00.000Z");
    EXPECT_STREQ(cli_date(out, -1), "1969-12-31T23:59:59.999Z");
    EXPECT_STREQ(cli_date(out, INT64_MAX), "2262-04-11T23:47:16.854Z");
}

} // namespace
