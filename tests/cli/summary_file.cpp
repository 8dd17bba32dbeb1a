// summary_file.cpp - the groups of a small summary/1 file.
#include "cli/summary_file.h"

void add_levels(SummaryFile &file)
{
    const size_t buckets = 1200; // of 100 ms
    std::vector<double> time, low, mean, high, draw_low, draw_high;
    for (size_t i = 0; i < buckets; i++) {
        const bool dip = i >= 500 && i < 510;
        time.push_back(0.1 * static_cast<double>(i) + 0.05);
        mean.push_back(dip ? 40e6 : 100e6);
        low.push_back(dip ? 30e6 : 90e6);
        high.push_back(dip ? 50e6 : 120e6);
        draw_low.push_back(95e6);
        draw_high.push_back(105e6);
    }
    file.attribute("complete", int64_t{1});
    file.attribute("samples", int64_t{120000});
    file.attribute("sample_period_ns", int64_t{1000000});
    file.attribute("start_time_ns", start_ns);
    file.attribute("coverage", 0.9998);
    file.column("/racks/name", std::vector<std::string>{"rack-a", "rack-b", "rack-c", "rack-d"});
    for (const char *point : {"/load", "/draw"}) {
        const bool load = std::string(point) == "/load";
        const std::string at(point);
        file.column(at + "/envelope_min_w", load ? low : draw_low);
        file.column(at + "/envelope_mean_w", mean);
        file.column(at + "/envelope_max_w", load ? high : draw_high);
        file.column(at + "/envelope_time_s", time);
        file.column(at + "/dominant_frequency_hz", std::vector<double>{0.5});
        file.column(at + "/dominant_amplitude_w", std::vector<double>{load ? 12e6 : 1.2e6});
        file.column(at + "/iteration_period_s", std::vector<double>{2.0});
    }
}

void add_bands(SummaryFile &file)
{
    file.column("/racks/band", std::vector<std::string>{"agc", "local", "fast"});
    file.column("/racks/band_low_hz", std::vector<double>{0.01, 1, 55});
    file.column("/racks/band_high_hz", std::vector<double>{0.15, 5, INFINITY});
    file.column("/load/band_rms_w", std::vector<double>{NAN, 4e6, 2e5});
    file.column("/draw/band_rms_w", std::vector<double>{NAN, 1e6, 1e5});
}

void add_events(SummaryFile &file)
{
    const int64_t s = 1000000000;
    // A dip of all racks at 50 s (one moment), a spike, a step, a gap without a score.
    file.column("/events/rack", std::vector<int64_t>{0, 1, 2, -1, 2, 3});
    file.column("/events/kind", std::vector<uint8_t>{1, 1, 1, 0, 2, 5});
    std::vector<int64_t> start = {50 * s, 50 * s, 50 * s, 60 * s, 70 * s, 80 * s};
    std::vector<int64_t> end = {51 * s, 51 * s, 51 * s, 60 * s + 40000000, 71 * s, 80 * s + s / 2};
    for (int64_t &t : start)
        t += start_ns;
    for (int64_t &t : end)
        t += start_ns;
    file.column("/events/start_ns", start);
    file.column("/events/end_ns", end);
    file.column("/events/peak_ns", start);
    file.column("/events/amplitude_w", std::vector<double>{-60e3, -61e3, -62e3, 15e6, 20e3, NAN});
    file.column("/events/frequency_hz", std::vector<double>(6, NAN));
    file.column("/events/score", std::vector<double>{9, 9.5, 9.2, 30, 7, NAN});
    file.column("/events/racks_in_step", std::vector<int64_t>{3, 3, 3, 1, 1, 1});
}

void add_battery(SummaryFile &file)
{
    file.column("/battery/stage", std::vector<std::string>{"field"});
    const struct {
        const char *name;
        double value;
    } columns[] = {{"soc_min", 0.42},       {"soc_mean", 0.5},
                   {"soc_max", 0.55},       {"power_w_min", -8e6},
                   {"power_w_mean", 1e4},   {"power_w_max", 19e6},
                   {"prime_w", 1e8},        {"clip_power_s", 3.5},
                   {"clip_energy_s", 0},    {"equivalent_full_cycles", 0.02},
                   {"throughput_j", 1e9},   {"loss_j", 3.6e8},
                   {"fade_per_year", 0.031}};
    for (const auto &column : columns)
        file.column(std::string("/battery/") + column.name, std::vector<double>{column.value});
}

std::string site_yaml()
{
    return "name: test-site\n"
           "title: A site for tests\n"
           "nominal_mw: 120\n"
           "gpus: 4000\n"
           "racks: 1000\n"
           "replicate: lockstep\n"
           "source: made up\n"
           "storage:\n"
           "  - name: field\n"
           "    place: site\n"
           "    unit: megapack-2xl-2h\n"
           "    units: 10\n"
           "    response_s: 0.02\n"
           "    delay_s: 0.005\n"
           "    soc_min: 0.1\n"
           "    soc_max: 0.9\n"
           "    soc_start: 0.5\n"
           "    control: {mode: smooth, tau_s: 60}\n";
}
