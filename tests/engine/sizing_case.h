/* sizing_case.h - one thing to size, in memory: load, battery, rules; sized by the public call, and
 * by brute force: every candidate through respond and assess in float64.
 * For the tests of sizing. */
#ifndef ST_TESTS_ENGINE_SIZING_CASE_H
#define ST_TESTS_ENGINE_SIZING_CASE_H

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "assess/assess.h"
#include "respond/series.h"
#include "respond/stage.h"
#include "surgetank/sizing.h"
#include "surgetank/summary.h"

struct SizingRow {
    int64_t units;
    double power_w, energy_j, response_s, tau_s, ramp_w_per_s, margin, cost_usd;
    int pass;
    std::string worst_rule;
    double ramp_up_w_per_s = NAN, ramp_down_w_per_s = NAN;
};

struct SizingMap {
    std::vector<SizingRow> rows;
    std::vector<int64_t> best_units, best_candidate;
    std::vector<std::string> why;
    std::vector<double> best_response_s;
};

class SizingCase
{
  public:
    SizingCase()
    {
        ctx = st_context_create();
        st_context_on_notice(
            ctx,
            [](void *user, const char *text) {
                *static_cast<std::string *>(user) += std::string(text) + "\n";
            },
            &notices);
        folder = (std::filesystem::temp_directory_path() / "surgetank-size-XXXXXX").string();
        EXPECT_NE(mkdtemp(folder.data()), nullptr);
        st_settings_default(&settings);
        settings.threads = 2;
        stage.name = name;
        stage.unit = unit;
        stage.place = ST_PLACE_SITE;
        stage.units = 10;
        stage.power_w = 10e6;
        stage.energy_j = 3.6e10;
        stage.efficiency_charge = stage.efficiency_discharge = 0.95;
        stage.soc_max = 0.9;
        stage.soc_min = 0.1;
        stage.soc_start = 0.5;
        stage.tau_s = 2.0;
        stage.response_s = 0.02;
        stage.delay_s = 0.005;
        stage.ramp_up_w_per_s = stage.ramp_down_w_per_s = INFINITY;
        stage.price_usd = 1e6;
        site.name = name;
        site.title = name;
        site.source = name;
        site.path = name;
        site.yaml = name;
        site.nominal_w = 1e8;
        site.gpus = site.racks = 1;
        site.n_stages = 1;
        limits.name = name;
        limits.yaml = name;
    }
    ~SizingCase()
    {
        std::filesystem::remove_all(folder);
        st_context_destroy(ctx);
    }
    SizingCase(const SizingCase &) = delete;
    SizingCase &operator=(const SizingCase &) = delete;

    st_rule &add_rule(st_statistic_kind kind, double limit, st_unit unit_of_limit)
    {
        ids.push_back("RULE-" + std::to_string(rules.size()));
        st_rule rule = {};
        rule.point = ST_POINT_DRAW;
        rule.filter_order = 4;
        rule.statistic.kind = kind;
        rule.n_limits = 1;
        rule.limits[0] = {limit, unit_of_limit};
        rule.needs_coverage = 0.5;
        rules.push_back(rule);
        return rules.back();
    }

    st_status size(const char *backend = "cpu")
    {
        st_trace *trace = nullptr;
        write_trace();
        const std::string path = folder + "/trace.h5";
        const char *paths[] = {path.c_str()};
        const st_trace_options options = ST_TRACE_OPTIONS_DEFAULT;
        notices.clear();
        st_status status = st_trace_open(ctx, paths, 1, &options, &trace);
        if (status == ST_OK) {
            std::vector<st_stage> stages(behind);
            stages.insert(stages.begin(), site.n_stages, stage);
            stages.insert(stages.begin(), racks.begin(), racks.end());
            site.stages = stages.data();
            site.n_stages = stages.size();
            point_at_rules();
            output = folder + "/summary.h5";
            st_sizing sizing = {};
            sizing.trace = trace;
            sizing.site = &site;
            sizing.limits = &limits;
            sizing.settings = &settings;
            sizing.backend = backend;
            sizing.output = output.c_str();
            sizing.unit = unit_type;
            sizing.data_dir = ST_TEST_SOURCE_DIR "/data";
            sizing.units_first = first;
            sizing.units_last = last;
            sizing.units_step = step;
            sizing.response_s = response_s.data();
            sizing.n_responses = response_s.size();
            sizing.tau_s = tau_s.data();
            sizing.n_taus = tau_s.size();
            sizing.ramp_w_per_s = ramp_w_per_s.data();
            sizing.n_ramps = ramp_w_per_s.size();
            status = st_size(ctx, &sizing);
            site.n_stages -= behind.size() + racks.size();
        }
        st_trace_close(trace);
        return status;
    }

    SizingMap read()
    {
        SizingMap map;
        st_summary *summary = nullptr;
        EXPECT_EQ(st_summary_open(ctx, output.c_str(), &summary), ST_OK) << st_context_message(ctx);
        const int64_t *units, *pass, *best, *candidate;
        const double *power_w, *energy, *response, *tau, *ramp, *up, *down, *margin, *cost, *at;
        const char *const *worst, *const *why;
        size_t n = 0, n_best = 0;
        EXPECT_EQ(st_summary_integers(summary, "sizing/units", &units, &n), ST_OK);
        EXPECT_EQ(st_summary_integers(summary, "sizing/pass", &pass, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/power_w", &power_w, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/energy_j", &energy, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/response_s", &response, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/tau_s", &tau, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/ramp_w_per_s", &ramp, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/ramp_up_w_per_s", &up, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/ramp_down_w_per_s", &down, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/margin", &margin, &n), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/cost_usd", &cost, &n), ST_OK);
        EXPECT_EQ(st_summary_strings(summary, "sizing/worst_rule", &worst, &n), ST_OK);
        EXPECT_EQ(st_summary_integers(summary, "sizing/best_units", &best, &n_best), ST_OK);
        EXPECT_EQ(st_summary_integers(summary, "sizing/best_candidate", &candidate, &n_best),
                  ST_OK);
        EXPECT_EQ(st_summary_strings(summary, "sizing/why", &why, &n_best), ST_OK);
        EXPECT_EQ(st_summary_reals(summary, "sizing/best_response_s", &at, &n_best), ST_OK);
        for (size_t i = 0; i < n; i++) {
            map.rows.push_back({units[i], power_w[i], energy[i], response[i], tau[i], ramp[i],
                                margin[i], cost[i], (int)pass[i], worst[i], up[i], down[i]});
        }
        map.best_units.assign(best, best + n_best);
        map.best_candidate.assign(candidate, candidate + n_best);
        map.why.assign(why, why + n_best);
        map.best_response_s.assign(at, at + n_best);
        st_summary_close(summary);
        return map;
    }

    /* pass, margin and worst rule of one row, the slow way. */
    SizingRow brute(const SizingRow &row)
    {
        Narrow narrow;
        std::vector<double> load(power.begin(), power.end());
        double valid = 0, peak = -INFINITY;
        for (double &w : load) {
            valid += std::isfinite(w);
            peak = std::isfinite(w) ? std::fmax(peak, w) : peak;
        }
        const st_series in = narrow.of(load);
        const st_series out = narrow.empty(load.size()), *seen = &in;
        st_stage one = stage;
        one.units = row.units;
        one.power_w = row.power_w;
        one.energy_j = row.energy_j;
        one.response_s = row.response_s;
        one.tau_s = row.tau_s;
        one.control = !ramp_w_per_s.empty() ? ST_CONTROL_RAMP
                      : !tau_s.empty()      ? ST_CONTROL_SMOOTH
                                            : stage.control;
        if (!ramp_w_per_s.empty()) {
            one.ramp_up_w_per_s = one.ramp_down_w_per_s = row.ramp_w_per_s;
        }
        std::vector<st_stage> stages(behind);
        stages.insert(stages.begin(), row.units > 0 ? 1 : 0, one);
        stages.insert(stages.begin(), racks.begin(), racks.end());
        for (const st_stage &next : stages) {
            const st_stage_task task = {&next, ST_MODEL_CONSTRAINED, period_ns, next.tau_s, 298.15};
            st_stage_record record;
            EXPECT_EQ(st_respond_stage(narrow.ctx, &task, seen, &out, &record), ST_OK)
                << st_context_message(narrow.ctx);
            seen = &out;
        }
        return judge(narrow, in, *seen, valid / (double)load.size(), peak);
    }

    st_context *ctx;
    st_settings settings;
    st_site site = {};
    st_stage stage = {};
    std::vector<st_stage> racks, behind; /* stages before it, at the one rack, and after it */
    std::vector<float> power;            /* W, of the one rack, which is the load */
    int64_t period_ns = 1000000;
    std::vector<st_rule> rules;
    st_limits limits = {};
    const char *unit_type = nullptr;
    int64_t first = 0, last = 20, step = 1;
    std::vector<double> response_s = {0.002, 0.05, 0.5}, tau_s, ramp_w_per_s;
    std::string notices, folder, output;

  private:
    SizingRow judge(Narrow &narrow, const st_series &in, const st_series &out, double coverage,
                    double peak)
    {
        const st_limits *sets[] = {&limits};
        point_at_rules();
        const size_t n = st_assess_rows(sets, 1);
        std::vector<const char *> id(n), unit_name(n), reason(n);
        std::vector<uint8_t> point(n), judged(n), status(n);
        std::vector<double> value(n), limit(n), margin(n);
        std::vector<int64_t> start(n);
        st_verdict_columns to = {id.data(),    point.data(), judged.data(), status.data(),
                                 value.data(), limit.data(), margin.data(), unit_name.data(),
                                 start.data(), reason.data()};
        st_arena texts = {};
        const st_assess_input input = {&in, &out, period_ns, 0, coverage, site.nominal_w, peak, 1};
        EXPECT_EQ(st_arena_open(narrow.ctx, st_assess_text_bytes(n), "texts", &texts), ST_OK);
        EXPECT_EQ(st_assess(narrow.ctx, sets, 1, &input, &texts, &to), ST_OK)
            << st_context_message(narrow.ctx);
        SizingRow found = {};
        found.pass = 1;
        found.margin = NAN;
        for (size_t i = 0; i < n; i++) {
            if (!judged[i]) {
                continue;
            }
            found.pass = status[i] == ST_VERDICT_FAIL                               ? 0
                         : status[i] == ST_VERDICT_INDETERMINATE && found.pass != 0 ? -1
                                                                                    : found.pass;
            if (std::isnan(found.margin) || margin[i] < found.margin) {
                found.margin = margin[i];
                found.worst_rule = id[i];
            }
        }
        st_arena_close(&texts);
        return found;
    }

    void point_at_rules()
    {
        for (size_t i = 0; i < rules.size(); i++) {
            rules[i].id = ids[i].data();
        }
        limits.n_rules = rules.size();
        limits.rules = rules.data();
    }

    void write_trace()
    {
        const char *names[] = {"rack"};
        const std::string path = folder + "/trace.h5";
        st_trace_spec spec = {};
        spec.racks = 1;
        spec.samples = (int64_t)power.size();
        spec.period_ns = period_ns;
        spec.rack_names = names;
        st_trace_writer *writer = nullptr;
        ASSERT_EQ(st_trace_writer_create(ctx, path.c_str(), &spec, &writer), ST_OK)
            << st_context_message(ctx);
        ASSERT_EQ(st_trace_writer_put(writer, 0, power.size(), power.data(), power.size()), ST_OK);
        ASSERT_EQ(st_trace_writer_finish(writer, nullptr), ST_OK) << st_context_message(ctx);
    }

    char name[8] = "field", unit[8] = "unit";
    std::vector<std::string> ids;
};

#endif
