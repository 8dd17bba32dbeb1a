/* hostile_test.cpp - damaged and malicious texts end in a sentence, never in a crash; whatever loads
 * is finite and in range. */
#include "model/model_support.h"

#include <cmath>
#include <filesystem>
#include <random>

namespace
{

void expect_sane(const st_site *site)
{
    EXPECT_TRUE(std::isfinite(site->nominal_w) && site->nominal_w > 0);
    EXPECT_GT(site->racks, 0);
    for (size_t i = 0; i < site->n_stages; i++) {
        const st_stage &s = site->stages[i];
        EXPECT_TRUE(std::isfinite(s.power_w) && s.power_w > 0);
        EXPECT_TRUE(std::isfinite(s.energy_j) && s.energy_j > 0);
        EXPECT_TRUE(s.efficiency_charge > 0 && s.efficiency_charge <= 1);
        EXPECT_TRUE(0 <= s.soc_min && s.soc_min <= s.soc_start && s.soc_start <= s.soc_max &&
                    s.soc_max <= 1);
        EXPECT_TRUE(s.tau_s > 0 && s.ramp_up_w_per_s > 0 && s.ramp_down_w_per_s > 0);
        EXPECT_TRUE(s.control == ST_CONTROL_SMOOTH || s.control == ST_CONTROL_RAMP);
    }
}

/* Parses as a site and as limits; a failure has exactly one line of text. */
void survive(const std::string &text)
{
    model::Context ctx;
    st_site *site = nullptr;
    st_limits *limits = nullptr;
    const std::string dir = model::data_dir();
    st_status status =
        st_site_parse(ctx, "hostile.yaml", text.data(), text.size(), dir.c_str(), &site);
    if (status == ST_OK) {
        expect_sane(site);
    } else {
        EXPECT_EQ(status, ST_CONFIG);
        EXPECT_EQ(ctx.message().compare(0, 13, "hostile.yaml:"), 0) << ctx.message();
    }
    st_site_destroy(site);
    st_context_clear(ctx);
    status = st_limits_parse(ctx, "hostile.yaml", text.data(), text.size(), &limits);
    EXPECT_TRUE(status == ST_OK || status == ST_CONFIG);
    EXPECT_EQ(ctx.message().find('\n'), std::string::npos);
    EXPECT_EQ(ctx.message().empty(), status == ST_OK);
    st_limits_destroy(limits);
}

std::vector<std::string> seeds()
{
    std::vector<std::string> texts;
    for (const char *name : {"sites/colossus-1.yaml", "limits/ieso.yaml"}) {
        texts.push_back(model::read_file(model::data_dir() + "/" + name));
    }
    return texts;
}

TEST(Hostile, EveryPrefix)
{
    for (const std::string &text : seeds()) {
        for (size_t n = 0; n < text.size(); n += 7) {
            survive(text.substr(0, n));
        }
    }
}

TEST(Hostile, RandomDamage)
{
    std::mt19937_64 random(11);
    const char *const grains[] = {
        "[",    "{",     "*a", "&a ",  "- ",           ": ",          "\"",     "none",
        "null", "1e308", "-",  "\xff", "\xef\xbb\xbf", "\n",          "---\n",  "!!",
        "~",    "|",     ">",  "\t",   "\r\n",         "%YAML 9.9\n", "min_of", "9999999999"};
    for (const std::string &seed : seeds()) {
        for (int round = 0; round < 1500; round++) {
            std::string text = seed;
            for (uint64_t k = 1 + random() % 4; k > 0; k--) {
                const size_t at = random() % text.size();
                const std::string grain =
                    random() % 3 == 0 ? std::string(1, static_cast<char>(random()))
                                      : grains[random() % (sizeof grains / sizeof grains[0])];
                text.replace(at, random() % 6, grain);
            }
            survive(text);
        }
    }
}

TEST(Hostile, RandomBytes)
{
    std::mt19937_64 random(13);
    for (int round = 0; round < 500; round++) {
        std::string text(random() % 300, '\0');
        for (char &c : text) {
            c = static_cast<char>(random());
        }
        survive(text);
    }
}

/* `none` stands anywhere a character takes more bytes than one, and survives line ends of any kind. */
TEST(Hostile, NoneIsFoundBehindWideCharacters)
{
    const std::string before =
        "\xef\xbb\xbf# \xe2\x89\xa4 \xf0\x9f\x98\x80\r\nname: \xc3\xa9\r\nrules:\r\n";
    const std::string rule =
        "  - id: R\r\n    source: \xe2\x82\xac\r\n    status: draft\r\n"
        "    text: \"\xf0\x9f\x98\x80 none\"\r\n    filter:   none # \xc3\xa9\r\n"
        "    statistic: {kind: none}\r\n";
    EXPECT_EQ(model::limits_error(before + rule), "");
    EXPECT_EQ(model::limits_error(before + model::replaced(rule, "   none", "   \"none\"")),
              "bad.yaml:8: rules[0].filter: found \"none\", allowed: none, bandpass_hz, order");
}

TEST(Hostile, TheCorpusOfTheFuzzers)
{
    size_t files = 0;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(ST_TEST_SOURCE_DIR "/tests/fuzz/corpus")) {
        if (entry.is_regular_file() && entry.path().extension() == ".yaml") {
            SCOPED_TRACE(entry.path());
            survive(model::read_file(entry.path()));
            files++;
        }
    }
    EXPECT_GE(files, 10u);
}

TEST(Hostile, ManyRulesStayQuick)
{
    std::string text = "name: a\nrules:\n";
    for (int i = 0; i < 256; i++) {
        text += "  - {id: R" + std::to_string(i) +
                ", source: s, status: draft, text: t, filter: none, statistic: {kind: none}}\n";
    }
    EXPECT_EQ(model::limits_error(text), "");
    text += "  - {id: R, source: s, status: draft, text: t, statistic: {kind: none}}\n";
    EXPECT_EQ(model::limits_error(text),
              "bad.yaml:259: rules: found more than 256 entries, allowed: 1 to 256");
}

} // namespace
