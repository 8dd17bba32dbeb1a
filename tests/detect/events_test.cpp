/* events_test.cpp - planted events come back where they were put, and nothing else does. */
#include <array>

#include "detect/find.h"

namespace
{

const double tau = 6.283185307179586;

/* Gaussian noise, the same for the same place whatever the order of calls. */
class Noise
{
  public:
    explicit Noise(size_t n, unsigned seed = 1) : value_(n)
    {
        std::mt19937_64 random(seed);
        std::normal_distribution<double> normal;
        for (double &v : value_) {
            v = normal(random);
        }
    }
    double operator[](int64_t i) const { return value_[static_cast<size_t>(i)]; }

  private:
    std::vector<double> value_;
};

/* A rate, and the frame that suits it. */
struct Grid {
    double rate_hz;
    int64_t frame;
};
std::ostream &operator<<(std::ostream &out, const Grid &grid)
{
    return out << grid.rate_hz << " Hz, frames of " << grid.frame;
}

class Planted : public testing::TestWithParam<Grid>
{
  protected:
    const double sigma_w = 100.0, level_w = 30000.0;
    Settings settings;
    int64_t period_ns = 0, samples = 0;
    double dt_s = 0.0;

    void SetUp() override
    {
        period_ns = std::llround(1e9 / GetParam().rate_hz);
        dt_s = 1e-9 * static_cast<double>(period_ns);
        settings.frame = GetParam().frame;
        settings.threads = 2;
        samples = std::max(at(120.0), 120 * settings.frame);
    }
    int64_t at(double s) const { return std::llround(s / dt_s); }
    int64_t ns(int64_t sample) const { return sample * period_ns; }
    double length_s() const { return static_cast<double>(samples) * dt_s; }

    std::vector<st_event> find(const std::function<double(int64_t)> &shape_w, unsigned seed = 1)
    {
        const Noise noise(static_cast<size_t>(samples), seed);
        Record record(1, samples,
                      [&](size_t, int64_t i) { return level_w + sigma_w * noise[i] + shape_w(i); });
        record.period_ns = period_ns;
        return find_events(record, settings);
    }
    void expect_time(int64_t found_ns, int64_t sample, int64_t tolerance = 2) const
    {
        EXPECT_LE(std::llabs(found_ns - ns(sample)), tolerance * period_ns)
            << "found at " << found_ns << ", planted at " << ns(sample);
    }
};

TEST_P(Planted, NoiseAloneIsNoEvent)
{
    EXPECT_EQ(find([](int64_t) { return 0.0; }).size(), 0u);
}

/* Rectangles of 8 to 40 deviations, 4 samples to 0.4 s. */
TEST_P(Planted, SpikesAndDips)
{
    struct Plant {
        double s;
        int64_t length;
        double height_w;
    };
    const double whole_s = length_s();
    const std::vector<Plant> plants = {
        {0.10 * whole_s, 40, 8 * sigma_w},       {0.20 * whole_s, 4, 40 * sigma_w},
        {0.30 * whole_s, at(0.4), 8 * sigma_w},  {0.45 * whole_s, 40, -8 * sigma_w},
        {0.60 * whole_s, 10, -40 * sigma_w},     {0.75 * whole_s, at(0.2), -12 * sigma_w},
        {0.75 * whole_s + 0.6, 30, 30 * sigma_w}};
    const auto events = find([&](int64_t i) {
        double sum_w = 0.0;
        for (const Plant &p : plants) {
            sum_w += i >= at(p.s) && i < at(p.s) + p.length ? p.height_w : 0.0;
        }
        return sum_w;
    });
    ASSERT_EQ(events.size(), plants.size());
    for (size_t k = 0; k < plants.size(); k++) {
        SCOPED_TRACE(k);
        const Plant &p = plants[k];
        const st_event &e = events[k];
        EXPECT_EQ(e.kind, p.height_w > 0 ? ST_EVENT_SPIKE : ST_EVENT_DIP);
        expect_time(e.start_ns, at(p.s));
        expect_time(e.end_ns, at(p.s) + p.length);
        EXPECT_NEAR(e.amplitude_w / p.height_w, 1.0, 0.11);
        const double energy_j = p.height_w * static_cast<double>(p.length) * dt_s;
        EXPECT_NEAR(e.energy_j / energy_j, 1.0, 0.15);
        EXPECT_NEAR(e.baseline_w, level_w, sigma_w);
        EXPECT_LE(e.rise_s, 8 * dt_s); /* noise of an eighth hides where 10 % and 90 % are */
        EXPECT_NEAR(e.slope_w_per_s, std::fabs(p.height_w) / dt_s, 5 * sigma_w / dt_s);
        EXPECT_GE(e.peak_ns, e.start_ns);
        EXPECT_LT(e.peak_ns, e.end_ns);
        EXPECT_GE(e.score, 1.0);
        EXPECT_TRUE(std::isfinite(e.score));
        EXPECT_TRUE(std::isnan(e.frequency_hz));
        EXPECT_EQ(e.racks_in_step, 1);
        EXPECT_EQ(e.rack, 0);
    }
}

/* Smooth humps: half height, rise and energy have closed forms. */
TEST_P(Planted, HalfSines)
{
    const double height_w = 60 * sigma_w;
    const int64_t first = samples / 3, length = std::max<int64_t>(at(0.06), 30);
    const auto events = find([&](int64_t i) {
        const double x = static_cast<double>(i - first) / static_cast<double>(length);
        return x > 0.0 && x < 1.0 ? height_w * std::sin(0.5 * tau * x) : 0.0;
    });
    ASSERT_EQ(events.size(), 1u);
    const st_event &e = events[0];
    expect_time(e.start_ns, first + length / 6);
    expect_time(e.end_ns, first + length - length / 6);
    expect_time(e.peak_ns, first + length / 2, std::max<int64_t>(2, length / 8));
    EXPECT_NEAR(e.amplitude_w / height_w, 1.0, 0.06);
    const double length_s = static_cast<double>(length) * dt_s;
    EXPECT_NEAR(e.energy_j / (height_w * length_s * 4.0 / tau), 1.0, 0.05);
    const double rise_s = length_s * (std::asin(0.9) - std::asin(0.1)) / (0.5 * tau);
    EXPECT_NEAR(e.rise_s, rise_s, 0.1 * rise_s + dt_s);
}

TEST_P(Planted, StepsThatLast)
{
    for (const double height_w : {8.0 * sigma_w, -50.0 * sigma_w}) {
        const int64_t place = 2 * samples / 5;
        const auto events = find([&](int64_t i) { return i >= place ? height_w : 0.0; });
        ASSERT_EQ(events.size(), 1u);
        const st_event &e = events[0];
        EXPECT_EQ(e.kind, height_w > 0 ? ST_EVENT_STEP_UP : ST_EVENT_STEP_DOWN);
        expect_time(e.start_ns, place);
        EXPECT_GT(e.end_ns, e.start_ns);
        EXPECT_NEAR(e.amplitude_w / height_w, 1.0, 0.1);
        EXPECT_NEAR(e.baseline_w, level_w, sigma_w);
        EXPECT_TRUE(std::isnan(e.energy_j));
        EXPECT_LE(e.rise_s, 3 * dt_s);
    }
}

/* An edge of 0.1 s is no steeper than the noise: only the levels on both sides tell. */
TEST_P(Planted, SlowSteps)
{
    const int64_t place = 3 * samples / 5, length = std::max<int64_t>(at(0.1), 20);
    const double height_w = 30 * sigma_w;
    const auto events = find([&](int64_t i) {
        const double x = static_cast<double>(i - place) / static_cast<double>(length) + 0.5;
        return height_w * std::min(1.0, std::max(0.0, x));
    });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_STEP_UP);
    expect_time(events[0].start_ns, place, 2 + length / 20);
    EXPECT_NEAR(events[0].amplitude_w / height_w, 1.0, 0.05);
    EXPECT_NEAR(events[0].rise_s, 0.8 * static_cast<double>(length) * dt_s,
                0.15 * static_cast<double>(length) * dt_s);
}

/* The new level lasts for a fiftieth of the record: its frames are marked to the end. */
TEST_P(Planted, StepAtTheEnd)
{
    const int64_t place = samples - samples / 50;
    const auto events = find([&](int64_t i) { return i >= place ? -30 * sigma_w : 0.0; });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_STEP_DOWN);
    expect_time(events[0].start_ns, place);
    EXPECT_NEAR(events[0].amplitude_w / (-30 * sigma_w), 1.0, 0.05);
}

TEST_P(Planted, StepAtTheBeginning)
{
    const int64_t place = samples / 50;
    const auto events = find([&](int64_t i) { return i < place ? -30 * sigma_w : 0.0; });
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_STEP_UP);
    expect_time(events[0].start_ns, place);
    EXPECT_NEAR(events[0].amplitude_w / (30 * sigma_w), 1.0, 0.05);
    EXPECT_NEAR(events[0].baseline_w, level_w - 30 * sigma_w, 2 * sigma_w);
}

TEST_P(Planted, OscillationBurst)
{
    const double hz = 12.0, height_w = 3 * sigma_w;
    const double whole_s = std::max(3.0, 3.0 * static_cast<double>(settings.frame) * dt_s);
    const int64_t first = samples / 2, length = at(whole_s);
    const auto events = find([&](int64_t i) {
        const bool on = i >= first && i < first + length;
        return on ? height_w * std::sin(tau * hz * static_cast<double>(i) * dt_s) : 0.0;
    });
    if (GetParam().frame * dt_s * hz < 2.0) {
        return; /* a frame does not resolve it */
    }
    ASSERT_EQ(events.size(), 1u);
    const st_event &e = events[0];
    EXPECT_EQ(e.kind, ST_EVENT_OSCILLATION);
    EXPECT_NEAR(e.frequency_hz, hz, 0.2);
    EXPECT_NEAR(e.amplitude_w / height_w, 1.0, 0.1);
    EXPECT_NEAR(1e-9 * static_cast<double>(e.start_ns), static_cast<double>(first) * dt_s, 0.2);
    EXPECT_NEAR(1e-9 * static_cast<double>(e.end_ns), static_cast<double>(first + length) * dt_s,
                0.2);
    EXPECT_TRUE(std::isnan(e.energy_j));
}

INSTANTIATE_TEST_SUITE_P(Grids, Planted,
                         testing::Values(Grid{1000, 1024}, Grid{1000, 256}, Grid{1000, 4096},
                                         Grid{250, 256}, Grid{250, 1024}, Grid{4873, 4096},
                                         Grid{4873, 1024}));

/* A rhythm between two levels with linear edges; iterations jitter. */
struct Rhythm {
    double hz, edge_s, duty;
    std::vector<double> start_s;

    Rhythm(double rhythm_hz, double edges_s, double share, double length_s, double jitter = 0.01)
        : hz(rhythm_hz), edge_s(edges_s), duty(share)
    {
        std::mt19937_64 random(7);
        std::normal_distribution<double> normal;
        for (double k = 0; k / hz < length_s + 3 / hz; k++) {
            start_s.push_back((k + jitter * normal(random)) / hz);
        }
    }
    /* 0 low, 1 high */
    double operator()(double t_s) const
    {
        const auto next = std::upper_bound(start_s.begin(), start_s.end(), t_s);
        const double since_s = next == start_s.begin() ? 0.0 : t_s - *(next - 1);
        const double up = std::min(1.0, since_s / edge_s);
        const double down = std::min(1.0, std::max(0.0, (since_s - duty / hz) / edge_s));
        return std::max(0.0, up - down);
    }
};

const double swing_w = 15000.0, low_w = 12000.0;

Record rhythm_record(const Rhythm &rhythm, int64_t samples, double sigma_w,
                     const std::function<double(int64_t, double)> &change)
{
    const Noise noise(static_cast<size_t>(samples), 3);
    return Record(1, samples, [&](size_t, int64_t i) {
        const double level_w = low_w + swing_w * rhythm(1e-3 * static_cast<double>(i));
        return change(i, level_w) + sigma_w * noise[i];
    });
}

TEST(Rhythms, AnHourOfSteadyRhythmIsNoEvent)
{
    struct Case {
        double hz, edge_s;
        int64_t frame;
    };
    for (const Case &c : {Case{0.5, 1e-4, 1024}, Case{1.0, 1e-4, 1024}, Case{2.3, 1e-4, 1024},
                          Case{0.5, 0.03, 1024}, Case{1.0, 0.03, 1024}, Case{2.3, 0.03, 1024},
                          Case{0.5, 0.03, 256}, Case{2.3, 1e-4, 256}, Case{1.0, 0.03, 4096}}) {
        const Rhythm rhythm(c.hz, c.edge_s, 0.6, 3600.0);
        const Record record =
            rhythm_record(rhythm, 3600000, 100.0, [](int64_t, double w) { return w; });
        Settings settings;
        settings.frame = c.frame;
        settings.threads = 2;
        EXPECT_EQ(find_events(record, settings).size(), 0u)
            << c.hz << " Hz, edges " << c.edge_s << " s, frames of " << c.frame;
    }
}

/* Spikes and dips on either level of a rhythm, beyond T + S and B - S. */
TEST(Rhythms, EventsOnTopAreMeasuredFromTheirLevel)
{
    const int64_t samples = 600000;
    const double sigma_w = 100.0;
    const Rhythm rhythm(1.0, 0.01, 0.6, 600.0);
    const int64_t length = 40;
    const double up_w = 0.5 * swing_w, down_w = -0.5 * swing_w;
    const std::vector<int64_t> up = {100300, 200250, 300400}, down = {150800, 250850};
    const auto inside = [&](int64_t i, const std::vector<int64_t> &places) {
        return std::any_of(places.begin(), places.end(),
                           [&](int64_t p) { return i >= p && i < p + length; });
    };
    const Record record = rhythm_record(rhythm, samples, sigma_w, [&](int64_t i, double w) {
        return w + (inside(i, up) ? up_w : 0.0) + (inside(i, down) ? down_w : 0.0);
    });
    Settings settings;
    const auto events = find_events(record, settings);
    ASSERT_EQ(events.size(), up.size() + down.size());
    for (const st_event &e : events) {
        const bool spike = e.kind == ST_EVENT_SPIKE;
        const auto &places = spike ? up : down;
        const int64_t start = e.start_ns / 1000000;
        const auto place =
            std::min_element(places.begin(), places.end(), [&](int64_t a, int64_t b) {
                return std::llabs(a - start) < std::llabs(b - start);
            });
        EXPECT_NEAR(static_cast<double>(start), static_cast<double>(*place), 3.0);
        EXPECT_NEAR(static_cast<double>(e.end_ns) * 1e-6, static_cast<double>(*place + length),
                    3.0);
        EXPECT_NEAR(e.amplitude_w / (spike ? up_w : down_w), 1.0, 0.1);
    }
}

/* 12 deviations of the noise, far inside the swing: the smooth rhythm leaves the fast band quiet. */
TEST(Rhythms, SmallSpikeInsideTheSwing)
{
    const double sigma_w = 100.0;
    const Rhythm rhythm(1.0, 0.1, 0.6, 600.0);
    const Record record = rhythm_record(rhythm, 600000, sigma_w, [&](int64_t i, double w) {
        return w + (i >= 300540 && i < 300548 ? 12 * sigma_w : 0.0);
    });
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_SPIKE);
    EXPECT_NEAR(static_cast<double>(events[0].start_ns) * 1e-6, 300540.0, 3.0);
    EXPECT_NEAR(static_cast<double>(events[0].end_ns) * 1e-6, 300548.0, 3.0);
    EXPECT_NEAR(events[0].amplitude_w / (12 * sigma_w), 1.0, 0.1);
}

TEST(Rhythms, IdleForSecondsIsOneDip)
{
    const Rhythm rhythm(1.0, 0.02, 0.6, 600.0);
    const Record record = rhythm_record(rhythm, 600000, 100.0, [&](int64_t i, double w) {
        return i >= 300200 && i < 303700 ? 3000.0 : w;
    });
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_DIP);
    EXPECT_NEAR(static_cast<double>(events[0].start_ns) * 1e-6, 300200.0, 3.0);
    EXPECT_NEAR(static_cast<double>(events[0].end_ns) * 1e-6, 303700.0, 12.0);
    EXPECT_NEAR(events[0].baseline_w, low_w + 0.6 * swing_w, 0.1 * swing_w);
    EXPECT_NEAR(events[0].amplitude_w, 3000.0 - events[0].baseline_w, 500.0);
    EXPECT_NEAR(events[0].energy_j, 3.5 * events[0].amplitude_w,
                -0.1 * 3.5 * events[0].amplitude_w);
}

/* Dips in so many frames that B is theirs: the edges mark them, and their neighbourhood, without
 * the frames that share samples with them, tells that they are dips. */
TEST(Rhythms, DipsInMoreThanATwentiethOfTheFrames)
{
    const Rhythm rhythm(0.5, 0.03, 0.7, 120.0);
    const auto inside = [](int64_t i) { return i % 12000 >= 4500 && i % 12000 < 4600; };
    const Record record = rhythm_record(
        rhythm, 120000, 100.0, [&](int64_t i, double w) { return inside(i) ? 2000.0 : w; });
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 10u);
    for (size_t k = 0; k < events.size(); k++) {
        EXPECT_EQ(events[k].kind, ST_EVENT_DIP);
        EXPECT_NEAR(static_cast<double>(events[k].start_ns) * 1e-6,
                    static_cast<double>(12000 * k + 4500), 3.0);
        EXPECT_NEAR(static_cast<double>(events[k].end_ns) * 1e-6,
                    static_cast<double>(12000 * k + 4600), 3.0);
        EXPECT_NEAR(events[k].amplitude_w, 2000.0 - low_w - swing_w, 0.1 * (low_w + swing_w));
    }
}

TEST(Rhythms, OscillationOnARhythm)
{
    const Rhythm rhythm(0.7, 0.03, 0.7, 300.0);
    const Record record = rhythm_record(rhythm, 300000, 100.0, [&](int64_t i, double w) {
        const bool on = i >= 150000 && i < 153000;
        return w + (on ? 2000.0 * std::sin(tau * 23.0e-3 * static_cast<double>(i)) : 0.0);
    });
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_OSCILLATION);
    EXPECT_NEAR(events[0].frequency_hz, 23.0, 0.2);
    EXPECT_NEAR(events[0].amplitude_w, 2000.0, 200.0);
}

/* A square wave of 30 s is above the periods that count as a rhythm. */
TEST(Rhythms, SlowerThan15SecondsIsSteps)
{
    const Rhythm rhythm(1.0 / 30.0, 1e-3, 0.5, 600.0);
    const Record record = rhythm_record(rhythm, 600000, 100.0, [](int64_t, double w) { return w; });
    const auto events = find_events(record, Settings());
    EXPECT_NEAR(static_cast<double>(events.size()), 39.0, 1.0);
    for (const st_event &e : events) {
        EXPECT_TRUE(e.kind == ST_EVENT_STEP_UP || e.kind == ST_EVENT_STEP_DOWN);
        EXPECT_NEAR(std::fabs(e.amplitude_w), swing_w, 0.02 * swing_w);
    }
}

/* Jobs of 40 s in half an hour of idle: one event each, not forty. Between its iterations the first
 * stays far above idle, the second falls back to it. */
TEST(Rhythms, BurstOfRhythmIsOneEvent)
{
    for (const double lower_w : {0.0, 10000.0}) {
        const Rhythm rhythm(1.0, 0.02, 0.6, 1800.0);
        const Record record = rhythm_record(rhythm, 1800000, 100.0, [&](int64_t i, double w) {
            return i >= 900000 && i < 940000 ? w - lower_w : 2000.0;
        });
        const auto events = find_events(record, Settings());
        ASSERT_EQ(events.size(), 1u);
        EXPECT_EQ(events[0].kind, ST_EVENT_SPIKE);
        EXPECT_NEAR(static_cast<double>(events[0].start_ns) * 1e-9, 900.0, 1.0);
        EXPECT_NEAR(static_cast<double>(events[0].end_ns) * 1e-9, 940.0, 1.0);
    }
}

} /* namespace */
