/* planted_test.cpp - every rule of every file in data/limits: a signal 1 % under its limit passes,
 * one 1 % over it fails, at every rate; a recording that is too slow for the rule never acquits.
 * Files, rules, numbers and limits are those that ship; only the shape of the signal is known here,
 * one for each statistic. */
#include <gtest/gtest.h>

#include <functional>

#include "assess/stream.h"
#include "assess/verdict.h"
#include "model/unit.h"
#include "surgetank/site.h"

namespace
{

/* What a signal is made for. Powers in W, times in s. */
struct Plant {
    const st_rule *rule;
    const st_statistic *s;
    double rate_hz, duration_s;
    double size;   /* what the statistic shall find, SI */
    double peak_w; /* no sample is larger, and one is as large: limits may be percent of it */
    size_t n() const { return (size_t)std::llround(duration_s * rate_hz); }
};

using Signal = std::vector<double>;

Signal made(const Plant &p, const std::function<double(double)> &at)
{
    Signal x(p.n());
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = at((double)i / p.rate_hz);
    }
    const double highest = *std::max_element(x.begin(), x.end());
    for (double &v : x) {
        v += p.peak_w - highest;
    }
    return x;
}

/* From one level to another by `size` within a time that fits the window. */
Signal slope(const Plant &p, double size_w, double within_s, bool down)
{
    const double start_s = std::floor(p.duration_s / 3);
    return made(p, [=](double t) {
        const double part = std::min(std::max((t - start_s) / within_s, 0.0), 1.0);
        return size_w * (down ? -part : part);
    });
}

/* A sine that swells up, so that no filter rings, of a whole number of half periods in the window. */
Signal sine(const Plant &p, double amplitude_w, double low_hz, double high_hz, double window_s)
{
    const double f = std::max(std::round(std::sqrt(low_hz * high_hz) * window_s), 1.0) / window_s;
    return made(p, [=](double t) {
        return std::min(1.0, t / (0.6 * p.duration_s)) * amplitude_w * std::sin(2 * M_PI * f * t);
    });
}

Signal range(const Plant &p)
{
    return p.rule->filter_high_hz > 0
               ? sine(p, p.size / 2, p.rule->filter_low_hz, p.rule->filter_high_hz, p.s->window_s)
               : slope(p, p.size, p.s->window_s, false);
}

Signal change(const Plant &p)
{
    return slope(p, p.size, p.s->lag_s, p.s->direction == ST_DOWN);
}

Signal ramp(const Plant &p)
{
    return slope(p, p.size * p.s->window_s, p.s->window_s, p.s->direction == ST_DOWN);
}

Signal slope_if(const Plant &p)
{
    return slope(p, p.size * p.s->window_s, p.s->window_s, true);
}

Signal percentile(const Plant &p)
{
    return made(p, [=](double t) { return -p.size * t; });
}

Signal band(const Plant &p)
{
    return sine(p, p.size, p.s->low_hz, p.s->high_hz, p.s->window_s);
}

/* Two sines on bins of the frame, one inside the band, one outside. Energy: a^2/(a^2 + b^2).
 * Amplitude: of magnitudes a (1/2 + 1 + 1/2)/2 each around its bin, and DC m (1 + 1/2). */
Signal share(const Plant &p)
{
    size_t frame = 256;
    while (2 * frame <= std::min<size_t>(65536, p.n() / 4)) {
        frame *= 2;
    }
    const double df = p.rate_hz / (double)frame;
    const double inside = df * std::round(std::sqrt(p.s->low_hz * p.s->high_hz) / df);
    const double outside = df * std::round((p.s->high_hz + 0.5 * p.rate_hz) / 2 / df);
    const bool energy = p.s->form == ST_FORM_ENERGY;
    const double b = energy ? 1e6 : 0.0;
    const double a = energy ? b * std::sqrt(p.size / (1 - p.size)) : 1.5 * p.size / (0.5 - p.size);
    Signal x(p.n());
    for (size_t i = 0; i < x.size(); i++) {
        const double t = (double)i / p.rate_hz;
        x[i] = energy ? p.peak_w - 2 * (a + b) : p.peak_w / (1 + a);
        x[i] += (energy ? 1 : x[i]) * a * std::sin(2 * M_PI * inside * t);
        x[i] += b * std::sin(2 * M_PI * outside * t);
    }
    return x;
}

Signal level(const Plant &p)
{
    return made(p, [=](double t) { return -p.size * (t < 1); });
}

/* A trip of so many samples, counted to the safe side of the 1 %. */
Signal trip(const Plant &p)
{
    const double asked = p.size * p.rate_hz;
    const bool over = p.size > p.rule->limits[0].value;
    const size_t first = p.n() * 2 / 3;
    const size_t length = (size_t)(over ? std::ceil(asked - 1e-6) : std::floor(asked + 1e-6));
    Signal x(p.n(), p.peak_w);
    std::fill(x.begin() + (long)first, x.begin() + (long)(first + length), 0.1 * p.peak_w);
    return x;
}

/* No file that ships asks for flicker and voltage_change: they are in flicker_test.cpp. */
Signal (*const shapes[ST_STAT_KINDS])(const Plant &) = {
    nullptr, range, change, ramp, slope_if, percentile, band,
    band,    share, level,  trip, nullptr,  nullptr,
};

struct Files {
    Files() : ctx(st_context_create())
    {
        char **names;
        size_t n;
        const char *const data = ST_TEST_SOURCE_DIR "/data";
        EXPECT_EQ(st_limits_names(ctx, data, &names, &n), ST_OK);
        for (size_t i = 0; i < n; i++) {
            st_limits *one;
            EXPECT_EQ(st_limits_load(ctx, names[i], data, &one), ST_OK) << st_context_message(ctx);
            limits.push_back(one);
        }
        st_names_free(names, n);
    }
    ~Files()
    {
        for (st_limits *one : limits) {
            st_limits_destroy(one);
        }
        st_context_destroy(ctx);
    }
    std::vector<const st_rule *> rules() const
    {
        std::vector<const st_rule *> all;
        for (const st_limits *one : limits) {
            for (size_t r = 0; r < one->n_rules; r++) {
                if (one->rules[r].statistic.kind != ST_STAT_NONE) {
                    all.push_back(&one->rules[r]);
                }
            }
        }
        return all;
    }
    st_context *ctx;
    std::vector<st_limits *> limits;
};

st_verdict judge(const st_rule &rule, const Signal &x, double rate_hz, double nominal_w)
{
    st_context *ctx = st_context_create();
    const int64_t period_ns = (int64_t)std::llround(1e9 / rate_hz);
    const st_recording recording = {period_ns, (int64_t)x.size(), 1.0};
    st_verdict verdict;
    EXPECT_EQ(st_verdict_reach(ctx, &rule, &recording, stream(rule, x, period_ns, 0), nominal_w,
                               *std::max_element(x.begin(), x.end()), &verdict),
              ST_OK)
        << rule.id << ": " << st_context_message(ctx);
    st_context_destroy(ctx);
    return verdict;
}

/* Small and large, so that each entry of a min_of binds once. */
const double nominals_w[] = {100e6, 4e9};

void expect_decided(const st_rule &rule, double rate_hz, double nominal_w)
{
    st_context *ctx = st_context_create();
    st_rule_need need;
    double limit;
    st_unit unit;
    st_rule_needs(&rule, (int64_t)std::llround(1e9 / rate_hz), &need);
    ASSERT_EQ(st_limit_resolve(ctx, &rule, nominal_w, nominal_w, &limit, &unit), ST_OK);
    st_context_destroy(ctx);
    const double limit_si = st_unit_to_si(unit, limit, nominal_w, nominal_w);
    const bool slow = rate_hz < need.rate_hz || need.edge_hz >= 0.45 * rate_hz;
    for (const double factor : {0.99, 1.01}) {
        const Plant plant = {
            &rule, &rule.statistic, rate_hz, need.duration_s + 60, factor * limit_si, nominal_w};
        const st_verdict v = judge(rule, shapes[rule.statistic.kind](plant), rate_hz, nominal_w);
        const std::string what = std::string(rule.id) + " at " + std::to_string(rate_hz) + " Hz, " +
                                 std::to_string(nominal_w / 1e6) +
                                 " MW: " + std::to_string(v.value) + " against " +
                                 std::to_string(v.limit) + " " + v.reason;
        EXPECT_EQ(v.unit, unit) << what;
        EXPECT_EQ(v.limit, limit) << what;
        if (slow && (factor < 1 || std::isnan(v.value))) {
            EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE) << what;
            EXPECT_EQ(std::string(v.reason).rfind("too slow: recorded at", 0), 0u) << what;
            continue;
        }
        EXPECT_EQ(v.status, factor < 1 ? ST_VERDICT_PASS : ST_VERDICT_FAIL) << what;
        EXPECT_STREQ(v.reason, "") << what;
        /* what was planted is what is found, but for the sampling of a trip and of a sine's peak,
         * and for a slope that is none below its threshold */
        if (rule.statistic.kind != ST_STAT_RECOVERY && v.value > 0) {
            EXPECT_NEAR(v.value, factor * limit, 0.004 * limit) << what;
        }
    }
}

class Planted : public testing::TestWithParam<double>
{
};

TEST_P(Planted, OnePercentDecidesForEveryRuleThatShips)
{
    const Files files;
    const auto rules = files.rules();
    EXPECT_GE(rules.size(), 20u);
    size_t decided = 0;
    for (const st_rule *rule : rules) {
        ASSERT_NE(shapes[rule->statistic.kind], nullptr) << rule->id << ": no signal for its kind";
        for (const double nominal_w : nominals_w) {
            expect_decided(*rule, GetParam(), nominal_w);
        }
        st_rule_need need;
        st_rule_needs(rule, (int64_t)std::llround(1e9 / GetParam()), &need);
        decided += GetParam() >= need.rate_hz;
    }
    EXPECT_EQ(decided, GetParam() >= 250 ? rules.size() : decided);
    EXPECT_GE(decided, 10u);
}

INSTANTIATE_TEST_SUITE_P(Rates, Planted, testing::Values(10.0, 100.0, 250.0, 1000.0, 5000.0));

/* A record one sample short of what the rule needs convicts and does not acquit. */
TEST(PlantedShort, OneSampleTooShortAcquitsNobody)
{
    const Files files;
    for (const st_rule *rule : files.rules()) {
        const double rate_hz = std::max(rule->needs_rate_hz, 10.0), peak_w = 100e6;
        Signal x((size_t)(rule->needs_duration_s * rate_hz) - 1, peak_w);
        const st_verdict v = judge(*rule, x, rate_hz, peak_w);
        EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE) << rule->id;
        EXPECT_NE(std::string(v.reason).find("too short: recorded"), std::string::npos)
            << rule->id << ": " << v.reason;
    }
}

} // namespace
