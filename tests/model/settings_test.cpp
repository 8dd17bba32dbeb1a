/* settings_test.cpp - knobs, bands and durations: defaults, errors, and text that reads back. */
#include "model/model_support.h"

#include <cmath>
#include <cstring>
#include <random>

#include "model/number.h"
#include "surgetank/settings.h"

namespace
{

using model::Context;

std::string set_error(const std::string &assignment)
{
    Context ctx;
    st_settings settings, before;
    st_settings_default(&settings);
    before = settings;
    const st_status status = st_settings_set(ctx, &settings, assignment.c_str());
    EXPECT_TRUE(status == ST_OK || status == ST_ARGUMENT);
    if (status != ST_OK) {
        EXPECT_EQ(std::memcmp(&settings, &before, sizeof settings), 0)
            << "a refused value was kept";
    }
    return ctx.message();
}

std::string yaml_of(const st_settings &settings)
{
    Context ctx;
    char *text = nullptr;
    EXPECT_EQ(st_settings_yaml(ctx, &settings, &text), ST_OK);
    const std::string copy = text;
    st_settings_yaml_free(text);
    return copy;
}

/* Sets every "knob: value" line of the text. */
void set_all(st_settings *settings, const std::string &yaml)
{
    Context ctx;
    std::istringstream lines(yaml);
    for (std::string line; std::getline(lines, line);) {
        const size_t colon = line.find(": ");
        std::string value = line.substr(colon + 2);
        if (value.front() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        EXPECT_EQ(st_settings_set(ctx, settings, (line.substr(0, colon) + "=" + value).c_str()),
                  ST_OK)
            << ctx.message();
    }
}

TEST(Settings, DefaultsAreThoseOfTheDesign)
{
    st_settings s;
    st_settings_default(&s);
    EXPECT_EQ(s.frame, 1024);
    EXPECT_EQ(s.threads, 0);
    EXPECT_EQ(s.storage_model, ST_MODEL_CONSTRAINED);
    EXPECT_EQ(s.gap_min_s, 0.05);
    EXPECT_EQ(s.event_quantile, 0.95);
    EXPECT_EQ(s.event_decades, 0.6);
    EXPECT_EQ(s.event_z, 6.0);
    EXPECT_EQ(s.event_rhythm_z, 3.0);
    EXPECT_EQ(s.event_rhythm_share, 0.1);
    EXPECT_EQ(s.event_level_share, 0.25);
    EXPECT_EQ(s.temperature_k, 298.15);
    ASSERT_EQ(s.n_bands, 6u);
    const struct {
        const char *name;
        double low, high;
    } bands[] = {{"agc", 0.01, 0.15}, {"inter_area", 0.15, 1}, {"local", 1, 5},
                 {"control", 5, 14},  {"torsional", 14, 55},   {"fast", 55, INFINITY}};
    for (size_t i = 0; i < 6; i++) {
        EXPECT_STREQ(s.bands[i].name, bands[i].name);
        EXPECT_EQ(s.bands[i].low_hz, bands[i].low);
        EXPECT_EQ(s.bands[i].high_hz, bands[i].high);
    }
}

TEST(Settings, MistakesNameKnobValueAndWhatIsAllowed)
{
    EXPECT_EQ(set_error("frame=1000"),
              "knob frame: found \"1000\", allowed: a power of two, 256 to 8192 samples");
    EXPECT_EQ(set_error("frame=16384"),
              "knob frame: found \"16384\", allowed: a power of two, 256 to 8192 samples");
    EXPECT_EQ(set_error("threads=-1"),
              "knob threads: found \"-1\", allowed: a whole number, 0 to 4096");
    EXPECT_EQ(set_error("event_z=nan"), "knob event_z: found \"nan\", allowed: 1 to 1000");
    EXPECT_EQ(set_error("event_z=1e308"), "knob event_z: found \"1e308\", allowed: 1 to 1000");
    EXPECT_EQ(set_error("event_z="), "knob event_z: found \"\", allowed: 1 to 1000");
    EXPECT_EQ(set_error("gap_min_s=5 parsec"), "knob gap_min_s: found \"5 parsec\", allowed: 0 to "
                                               "86400 s, also written like 50ms or 2min");
    EXPECT_EQ(set_error("storage_model=magic"),
              "knob storage_model: found \"magic\", allowed: constrained, linear");
    EXPECT_EQ(set_error("frame"), "setting \"frame\" has no value, allowed: knob=value");
    EXPECT_EQ(
        set_error("fram=1"),
        "unknown knob \"fram\", known: frame, tile_samples, threads, storage_model, gap_min_s, "
        "event_quantile, event_decades, event_z, event_rhythm_z, event_rhythm_share, "
        "event_level_share, max_events, temperature_k, bands");
    EXPECT_EQ(set_error("=1").substr(0, 16), "unknown knob \"\",");
    EXPECT_EQ(set_error("frame=" + std::string(100000, 'x')).substr(0, 30),
              "knob frame: found \"xxxxxxxxxxx");
    EXPECT_EQ(set_error(std::string(100000, 'x') + "=1").substr(0, 20), "unknown knob \"xxxxxx");
}

TEST(Settings, BandsAreChecked)
{
    for (const char *good : {"a:0-1", "a:0.1-55,b:55-nyquist", "a:1e-3-2e-1", "A_1:0-nyquist"}) {
        EXPECT_EQ(set_error(std::string("bands=") + good), "") << good;
    }
    for (const char *bad : {"",
                            "a",
                            "a:",
                            "a:1",
                            "a:1-",
                            "a:-1-2",
                            "a:2-1",
                            "a:1-1",
                            ":1-2",
                            "a:1-2,",
                            "a:1-2;b:2-3",
                            "a:1-2,a:2-3",
                            "a b:1-2",
                            "a:1-nyquists",
                            "a:nyquist-1",
                            "a:1-nan",
                            "a:nan-1",
                            "a:1-inf",
                            "a:1-1e7",
                            "a:0x1-2",
                            "a: 1-2",
                            "abcdefghijklmnopqrstuvwxyzabcdef:1-2"}) {
        EXPECT_NE(set_error(std::string("bands=") + bad), "") << bad;
    }
    std::string seventeen = "bands=";
    for (int i = 0; i < 17; i++) {
        seventeen += (i > 0 ? ",b" : "b") + std::to_string(i) + ":1-2";
    }
    EXPECT_NE(set_error(seventeen), "");
    EXPECT_EQ(set_error(seventeen.substr(0, seventeen.rfind(','))), "");
}

TEST(Settings, SecondsTakeSuffixes)
{
    Context ctx;
    st_settings s;
    st_settings_default(&s);
    const struct {
        const char *text;
        double seconds;
    } table[] = {{"50ms", 0.05}, {"2s", 2},    {"1.5min", 90},
                 {"0.25", 0.25}, {"1h", 3600}, {"3us", 3e-6}};
    for (const auto &row : table) {
        ASSERT_EQ(st_settings_set(ctx, &s, (std::string("gap_min_s=") + row.text).c_str()), ST_OK);
        EXPECT_EQ(s.gap_min_s, row.seconds) << row.text;
    }
}

TEST(Settings, RandomValuesReadBack)
{
    std::mt19937_64 random(7);
    const auto real = [&](double low, double high) {
        return low + (high - low) * std::generate_canonical<double, 53>(random);
    };
    for (int round = 0; round < 300; round++) {
        st_settings s, back;
        st_settings_default(&s);
        s.frame = int64_t{1} << (8 + random() % 6);
        s.tile_samples = 1024 + static_cast<int64_t>(random() % 1000000);
        s.threads = static_cast<int64_t>(random() % 4097);
        s.storage_model = random() % 2 == 0 ? ST_MODEL_LINEAR : ST_MODEL_CONSTRAINED;
        s.gap_min_s = real(0, 10);
        s.event_quantile = real(0.5, 0.9999);
        s.event_decades = real(0.01, 10);
        s.event_z = real(1, 1000);
        s.event_rhythm_z = real(0.5, 1000);
        s.event_rhythm_share = real(0, 1);
        s.event_level_share = real(0.01, 10);
        s.max_events = 1 + static_cast<int64_t>(random() % 100000000);
        s.temperature_k = real(240, 350);
        s.n_bands = 1 + random() % ST_MAX_BANDS;
        std::memset(s.bands, 0, sizeof s.bands);
        for (size_t i = 0; i < s.n_bands; i++) {
            const std::string name = "band_of_a_rather_long_name_" + std::to_string(i);
            name.copy(s.bands[i].name, sizeof s.bands[i].name - 1);
            s.bands[i].low_hz = real(0, 1e-3);
            s.bands[i].high_hz = random() % 4 == 0 ? INFINITY : real(1, 1e6);
        }
        st_settings_default(&back);
        std::memset(back.bands, 0, sizeof back.bands);
        set_all(&back, yaml_of(s));
        ASSERT_EQ(std::memcmp(&s, &back, sizeof s), 0) << yaml_of(s);
    }
}

TEST(Settings, DescribeThemselves)
{
    st_settings s;
    st_settings_default(&s);
    const std::string yaml = yaml_of(s);
    for (size_t i = 0; i < st_settings_count(); i++) {
        st_knob_info info;
        st_settings_describe(&s, i, &info);
        EXPECT_GT(std::strlen(info.text), 10u);
        EXPECT_GT(std::strlen(info.range), 3u);
        EXPECT_NE(yaml.find(std::string(info.name) + ": "), std::string::npos);
        EXPECT_NE(yaml.find(info.value), std::string::npos);
    }
}

TEST(SettingsMemory, AFailedAllocationIsReported)
{
    Context ctx;
    st_settings s;
    char *text = nullptr;
    st_settings_default(&s);
    st_alloc_fail_after(1);
    EXPECT_EQ(st_settings_yaml(ctx, &s, &text), ST_MEMORY);
    st_alloc_fail_after(0);
    EXPECT_EQ(text, nullptr);
}

TEST(Duration, IsExactOrRefused)
{
    const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"1ms", 1000000},
                {"0s", 0},
                {"1.5s", 1500000000},
                {"0.1ms", 100000},
                {"2.5min", 150000000000},
                {"0.000000001s", 1},
                {"1h", 3600000000000},
                {"20us", 20000},
                {"7ns", 7},
                {"0.5000000000ns0", 0},
                {"00010.50ms", 10500000},
                {".5s", 500000000},
                {"9223372036854775807ns", INT64_MAX},
                {"1.000000000s", 1000000000}};
    for (const auto &row : good) {
        int64_t ns = -1;
        if (std::strstr(row.text, "ns0") != nullptr) {
            EXPECT_EQ(st_parse_duration_ns(row.text, &ns), ST_ARGUMENT);
            continue;
        }
        EXPECT_EQ(st_parse_duration_ns(row.text, &ns), ST_OK) << row.text;
        EXPECT_EQ(ns, row.ns) << row.text;
    }
    for (const char *bad :
         {"", "1", "s", "-1s", "+1s", "1 s", "1.5ns", "1e3s", "1.2.3s", "1sec", "1ms ", " 1ms",
          "9223372036854775808ns", "9223372037s", "0.0000000001s", "nans", "1ms,2ms", "1S", "."}) {
        int64_t ns = -1;
        EXPECT_EQ(st_parse_duration_ns(bad, &ns), ST_ARGUMENT) << bad;
        EXPECT_EQ(ns, -1);
    }
}

TEST(Duration, ListsOfThem)
{
    int64_t ns[3];
    size_t n = 0;
    ASSERT_EQ(st_parse_durations_ns("2ms,5ms,1s", ns, 3, &n), ST_OK);
    EXPECT_EQ(n, 3u);
    EXPECT_EQ(ns[1], 5000000);
    EXPECT_EQ(ns[2], 1000000000);
    ASSERT_EQ(st_parse_durations_ns("2ms", ns, 3, &n), ST_OK);
    EXPECT_EQ(n, 1u);
    EXPECT_EQ(st_parse_durations_ns("2ms,5ms,1s,2s", ns, 3, &n), ST_CAPACITY);
    for (const char *bad : {"", ",", "2ms,", ",2ms", "2ms,,3ms", "2ms;3ms", "2ms, 3ms"}) {
        EXPECT_EQ(st_parse_durations_ns(bad, ns, 3, &n), ST_ARGUMENT) << bad;
    }
}

TEST(Number, TheShortestTextReadsBack)
{
    std::mt19937_64 random(3);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = random();
        double value, back;
        char text[ST_REAL_TEXT];
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) {
            continue;
        }
        st_real_print(value, text);
        ASSERT_TRUE(st_real_parse(text, &back)) << text;
        ASSERT_EQ(value, back) << text;
    }
    char text[ST_REAL_TEXT];
    st_real_print(0.1, text);
    EXPECT_STREQ(text, "0.1");
}

TEST(Number, WordsAndQuotesNeverOverflow)
{
    st_words words = {};
    for (int i = 0; i < 1000; i++) {
        st_words_add(&words, "word");
    }
    EXPECT_LT(std::strlen(words.text), sizeof words.text);
    EXPECT_STREQ(words.text + std::strlen(words.text) - 5, ", ...");
    char quoted[ST_QUOTE_TEXT];
    EXPECT_STREQ(st_quote("abc", quoted), "\"abc\"");
    const std::string euros =
        "a\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    EXPECT_EQ(st_quote(euros.c_str(), quoted), "\"" + euros.substr(0, 40) + "...\"");
    EXPECT_EQ(std::string(st_quote((euros.substr(1) + "b").c_str(), quoted)),
              "\"" + euros.substr(1, 39) + "...\"");
}

} // namespace
