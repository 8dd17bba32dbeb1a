/* unit_test.cpp - units of limits, and which of several limits binds. */
#include "model/model_support.h"

#include <cmath>

#include "model/statistic.h"

namespace
{

struct Conversion {
    const char *unit;
    double si, value; /* at 200 MW nominal, 50 MW peak */
    st_family family;
};
const Conversion conversions[] = {
    {"MW", 3.5e6, 3.5, ST_FAMILY_POWER},
    {"MW/min", 1e6, 60, ST_FAMILY_RAMP},
    {"MW/s", 5e5, 0.5, ST_FAMILY_RAMP},
    {"percent_nominal", 5e6, 2.5, ST_FAMILY_POWER},
    {"percent_peak", 5e6, 10, ST_FAMILY_POWER},
    {"percent_nominal/min", 1e5, 3, ST_FAMILY_RAMP},
    {"percent_peak/min", 1e5, 12, ST_FAMILY_RAMP},
    {"percent", 0.2, 20, ST_FAMILY_SHARE},
    {"ratio", 0.2, 0.2, ST_FAMILY_SHARE},
    {"pst", 0.9, 0.9, ST_FAMILY_FLICKER},
    {"s", 2, 2, ST_FAMILY_TIME},
};

TEST(Unit, ConvertsBothWays)
{
    EXPECT_EQ(sizeof conversions / sizeof conversions[0], static_cast<size_t>(ST_UNITS));
    for (const Conversion &c : conversions) {
        SCOPED_TRACE(c.unit);
        st_unit unit;
        ASSERT_TRUE(st_unit_parse(c.unit, &unit));
        EXPECT_STREQ(st_unit_name(unit), c.unit);
        EXPECT_EQ(st_unit_family(unit), c.family);
        EXPECT_EQ(st_unit_from_si(unit, c.si, 200e6, 50e6), c.value);
        EXPECT_DOUBLE_EQ(st_unit_to_si(unit, c.value, 200e6, 50e6), c.si);
        EXPECT_EQ(st_unit_from_si(unit, 0, 0, 0), 0.0);
        EXPECT_EQ(st_unit_needs_nominal(unit),
                  std::string(c.unit).find("nominal") != std::string::npos);
        EXPECT_EQ(st_unit_needs_peak(unit), std::string(c.unit).find("peak") != std::string::npos);
    }
    st_unit unit;
    EXPECT_FALSE(st_unit_parse("kW", &unit));
    EXPECT_FALSE(st_unit_parse("", &unit));
}

/* A limit reached exactly passes, so round numbers must survive the conversion. */
TEST(Unit, RoundNumbersStayRound)
{
    for (int mw = 1; mw <= 1000; mw++) {
        const double ramp = mw * 1e6 / 60;
        EXPECT_EQ(st_unit_from_si(ST_UNIT_MW_PER_MIN, ramp, NAN, NAN), mw);
        EXPECT_EQ(st_unit_from_si(ST_UNIT_MW, mw * 1e6, NAN, NAN), mw);
        EXPECT_EQ(st_unit_from_si(ST_UNIT_PERCENT_PEAK, mw * 1e4, NAN, 1e6), mw);
    }
}

TEST(Limit, TheSmallestOfSeveralBinds)
{
    model::Context ctx;
    char id[] = "R";
    st_rule rule = {};
    double limit;
    st_unit unit;
    rule.id = id;
    rule.n_limits = 2;
    rule.limits[0] = {2.5, ST_UNIT_MW};
    rule.limits[1] = {0.25, ST_UNIT_PERCENT_NOMINAL};
    ASSERT_EQ(st_limit_resolve(ctx, &rule, 200e6, 0, &limit, &unit), ST_OK);
    EXPECT_EQ(limit, 0.25);
    EXPECT_EQ(unit, ST_UNIT_PERCENT_NOMINAL);
    ASSERT_EQ(st_limit_resolve(ctx, &rule, 1100e6, 0, &limit, &unit), ST_OK);
    EXPECT_EQ(limit, 2.5);
    EXPECT_EQ(unit, ST_UNIT_MW);
    ASSERT_EQ(st_limit_resolve(ctx, &rule, 1000e6, 0, &limit, &unit), ST_OK);
    EXPECT_EQ(unit, ST_UNIT_MW) << "the first of equals";
    EXPECT_EQ(st_limit_resolve(ctx, &rule, NAN, 0, &limit, &unit), ST_ARGUMENT);
    EXPECT_EQ(ctx.message(), "rule R: its limit is in percent_nominal, which needs a site with its "
                             "nominal power");
    rule.limits[0] = {5, ST_UNIT_PERCENT_PEAK_PER_MIN};
    rule.limits[1] = {20, ST_UNIT_MW_PER_MIN};
    ASSERT_EQ(st_limit_resolve(ctx, &rule, NAN, 100e6, &limit, &unit), ST_OK);
    EXPECT_EQ(unit, ST_UNIT_PERCENT_PEAK_PER_MIN);
    ASSERT_EQ(st_limit_resolve(ctx, &rule, NAN, 500e6, &limit, &unit), ST_OK);
    EXPECT_EQ(limit, 20);
    rule.n_limits = 0;
    EXPECT_EQ(st_limit_resolve(ctx, &rule, NAN, 1, &limit, &unit), ST_ARGUMENT);
}

TEST(Statistic, NamesAndKindsAgree)
{
    for (int kind = 0; kind < ST_STAT_KINDS; kind++) {
        const st_statistic_row *row = st_statistic_row_of((st_statistic_kind)kind);
        ASSERT_NE(row->name, nullptr) << kind;
        EXPECT_EQ(row->kind, kind);
        EXPECT_STREQ(st_statistic_name(row->kind), row->name);
        EXPECT_EQ(row->required & row->optional, 0u);
    }
    EXPECT_STREQ(st_statistic_name(ST_STAT_ENERGY_SHARE), "energy_share");
    EXPECT_STREQ(st_statistic_name(ST_STAT_KINDS), "unknown");
}

} // namespace
