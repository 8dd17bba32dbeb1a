/* battery_test.cpp - stages in series, and the columns they fill. */
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "respond/battery.h"
#include "respond/series.h"

namespace
{

struct Site {
    Site()
    {
        static char names[2][8] = {"fast", "slow"};
        for (int s = 0; s < 2; s++) {
            stage[s] = {};
            stage[s].name = names[s];
            stage[s].place = ST_PLACE_SITE;
            stage[s].power_w = s == 0 ? 5e6 : 2e7;
            stage[s].energy_j = 1e9;
            stage[s].efficiency_charge = stage[s].efficiency_discharge = 0.95;
            stage[s].soc_max = 1.0;
            stage[s].soc_start = 0.5;
            stage[s].tau_s = s == 0 ? 1.0 : 30.0;
            stage[s].response_s = s == 0 ? 0.002 : 0.1;
        }
        st_settings_default_here();
        for (int i = 0; i < 30000; i++) {
            load.push_back(i % 977 == 3 ? std::nan("")
                                        : 1e8 + 1e7 * std::sin(0.02 * i) + (i > 9000 ? 2e7 : 0));
        }
    }
    void st_settings_default_here()
    {
        settings = {};
        settings.storage_model = ST_MODEL_CONSTRAINED;
        settings.temperature_k = 298.15;
    }
    st_stage stage[2];
    st_settings settings;
    std::vector<double> load;
};

void remember(void *user, const char *text)
{
    *static_cast<std::string *>(user) += std::string(text) + "\n";
}

TEST(Battery, StagesFollowEachOther)
{
    Site site;
    Narrow narrow;
    const st_series load = narrow.of(site.load), draw = narrow.empty(site.load.size());
    double prime[2] = {}, clip[2] = {}, count[2 * ST_DEPTH_BINS] = {}, fade[2] = {};
    st_battery_columns columns = {};
    columns.prime_w = prime;
    columns.clip_power_s = clip;
    columns.rainflow_count = count;
    columns.fade_per_year = fade;
    ASSERT_EQ(st_respond_battery(narrow.ctx, site.stage, 2, &site.settings, 1000000, &load, &draw,
                                 &columns),
              ST_OK)
        << st_context_message(narrow.ctx);

    const st_series between = narrow.empty(site.load.size()), end = narrow.empty(site.load.size());
    st_stage_record record[2];
    for (int s = 0; s < 2; s++) {
        const st_stage_task task = {&site.stage[s], ST_MODEL_CONSTRAINED, 1000000,
                                    site.stage[s].tau_s, 298.15};
        ASSERT_EQ(st_respond_stage(narrow.ctx, &task, s == 0 ? &load : &between,
                                   s == 0 ? &between : &end, &record[s]),
                  ST_OK);
        EXPECT_EQ(prime[s], record[s].prime_w);
        EXPECT_EQ(clip[s], record[s].clip_power_s);
        EXPECT_EQ(fade[s], record[s].fade_per_year);
        for (int bin = 0; bin < ST_DEPTH_BINS; bin++) {
            EXPECT_EQ(count[s * ST_DEPTH_BINS + bin], record[s].rainflow_count[bin]);
        }
    }
    EXPECT_NE(prime[0], prime[1]);
    EXPECT_GT(clip[0], 0.0);
    const auto found = narrow.values(draw), wanted = narrow.values(end);
    for (size_t i = 0; i < found.size(); i++) {
        ASSERT_TRUE(found[i] == wanted[i] || (std::isnan(found[i]) && std::isnan(wanted[i]))) << i;
    }
}

TEST(Battery, WithoutAStageTheDrawIsTheLoad)
{
    Site site;
    Narrow narrow;
    const st_series load = narrow.of(site.load), draw = narrow.empty(site.load.size());
    ASSERT_EQ(
        st_respond_battery(narrow.ctx, nullptr, 0, &site.settings, 1000000, &load, &draw, nullptr),
        ST_OK);
    const auto found = narrow.values(draw);
    for (size_t i = 0; i < found.size(); i++) {
        ASSERT_TRUE(found[i] == site.load[i] || std::isnan(site.load[i])) << i;
    }
}

TEST(Battery, SaysWhatItCannotDo)
{
    Site site;
    Narrow narrow;
    std::string said;
    st_context_on_notice(narrow.ctx, remember, &said);
    site.settings.storage_model = ST_MODEL_LINEAR;
    site.stage[0].control = ST_CONTROL_RAMP;
    const st_series load = narrow.of(site.load), draw = narrow.empty(site.load.size());
    ASSERT_EQ(st_respond_battery(narrow.ctx, site.stage, 1, &site.settings, 1000000, &load, &draw,
                                 nullptr),
              ST_OK);
    EXPECT_NE(said.find("storage 'fast': the linear model has no ramp limit"), std::string::npos);
    EXPECT_NE(said.find("extrapolation"), std::string::npos);
}

} // namespace
