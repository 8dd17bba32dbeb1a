/* gaps_test.cpp - invalid samples as events, rows without anything to find, and the list itself:
 * order, racks in step, capacity, the same whatever the threads. */
#include "detect/find.h"

namespace
{

const float invalid = NAN;

struct Stretch {
    int64_t first, end;
};

/* Valid noise with runs of NaN. */
Record gappy(int64_t samples, const std::vector<Stretch> &runs)
{
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal(20000.0, 50.0);
    Record record(1, samples, [&](size_t, int64_t) { return normal(random); });
    for (const Stretch &run : runs) {
        std::fill(record.row(0) + run.first, record.row(0) + run.end, invalid);
    }
    return record;
}

void expect_gaps(const std::vector<st_event> &events, const std::vector<Stretch> &runs)
{
    ASSERT_EQ(events.size(), runs.size());
    for (size_t k = 0; k < runs.size(); k++) {
        EXPECT_EQ(events[k].kind, ST_EVENT_GAP);
        EXPECT_EQ(events[k].start_ns, runs[k].first * 1000000);
        EXPECT_EQ(events[k].end_ns, runs[k].end * 1000000);
        EXPECT_EQ(events[k].peak_ns, runs[k].first * 1000000);
        EXPECT_TRUE(std::isnan(events[k].amplitude_w));
        EXPECT_TRUE(std::isnan(events[k].baseline_w));
        EXPECT_TRUE(std::isnan(events[k].energy_j));
        EXPECT_TRUE(std::isfinite(events[k].score));
    }
}

TEST(Gaps, AreExact)
{
    const int64_t samples = 100000 + 300; /* a tail that no frame covers */
    std::vector<Stretch> runs = {{0, 77},
                                 {1000, 1050},
                                 {5000, 5400},
                                 {20470, 20530},
                                 {30208, 32768},
                                 {40000, 70001},
                                 {80000, 80050},
                                 {80051, 80101},

                                 {99800, 99860},
                                 {samples - 320, samples - 250},
                                 {samples - 90, samples}};
    const Record record = gappy(samples, runs);
    expect_gaps(find_events(record, Settings()), runs);
}

TEST(Gaps, ShorterOnesAreNone)
{
    expect_gaps(
        find_events(gappy(50000, {{1000, 1049}, {20000, 20001}, {49960, 50000}}), Settings()), {});
}

TEST(Gaps, OfEveryLengthAndPlace)
{
    std::mt19937 random(11);
    for (int round = 0; round < 60; round++) {
        const int64_t samples = 4000 + static_cast<int64_t>(random() % 9000);
        Settings settings;
        settings.frame = 256;
        settings.gap_min_s = 1e-3 * static_cast<double>(1 + random() % 400);
        std::vector<Stretch> runs;
        for (int64_t i = random() % 100; i < samples;) {
            const int64_t length = 1 + static_cast<int64_t>(random() % (random() % 2 ? 20 : 900));
            runs.push_back({i, std::min(i + length, samples)});
            i += length + 1 + static_cast<int64_t>(random() % 2000);
        }
        const Record record = gappy(samples, runs);
        const int64_t least = std::llround(settings.gap_min_s * 1e3);
        runs.erase(std::remove_if(runs.begin(), runs.end(),
                                  [&](const Stretch &r) { return r.end - r.first < least; }),
                   runs.end());
        std::vector<st_event> events = find_events(record, settings);
        events.erase(std::remove_if(events.begin(), events.end(),
                                    [](const st_event &e) { return e.kind != ST_EVENT_GAP; }),
                     events.end());
        expect_gaps(events, runs);
    }
}

TEST(Gaps, AllInvalidIsOne)
{
    expect_gaps(find_events(gappy(30000, {{0, 30000}}), Settings()), {{0, 30000}});
}

TEST(Gaps, RecordShorterThanAFrame)
{
    expect_gaps(find_events(gappy(700, {{100, 220}}), Settings()), {{100, 220}});
}

/* Samples are read again only at the ends of a long gap. */
TEST(Gaps, LongOnesAreNotReadAgain)
{
    const Record record = gappy(2000000, {{100100, 1900100}});
    const Context ctx(st_context_create());
    const Settings settings;
    const Pass pass(ctx.get(), record, settings);
    const List list = open_list(ctx.get(), settings);
    static int64_t read_again;
    read_again = 0;
    st_event_input input = pass.input();
    input.source.read = [](const void *state, st_context *context, size_t rack, size_t racks,
                           int64_t first, size_t samples, float *out_w, size_t stride) {
        read_again += static_cast<int64_t>(samples);
        return record_read(state, context, rack, racks, first, samples, out_w, stride);
    };
    ASSERT_EQ(st_events_find(ctx.get(), &input, list.get()), ST_OK);
    ASSERT_EQ(list->count, 1u);
    EXPECT_EQ(list->event[0].end_ns, INT64_C(1900100000000));
    EXPECT_LT(read_again, 10000);
}

TEST(Nothing, QuantisedFlatIdle)
{
    Record record(1, 200000, [](size_t, int64_t) { return 1500.0; });
    EXPECT_EQ(find_events(record, Settings(), 10.0).size(), 0u);
    /* One step of the sensor up and back now and then. */
    Record flicker(1, 200000, [](size_t, int64_t i) { return i % 39119 == 0 ? 1510.0 : 1500.0; });
    EXPECT_EQ(find_events(flicker, Settings()).size(), 0u);
}

TEST(Nothing, AllZero)
{
    EXPECT_EQ(find_events(Record(1, 50000, [](size_t, int64_t) { return 0.0; }), Settings()).size(),
              0u);
}

TEST(Nothing, ThreeFrames)
{
    std::mt19937_64 random(2);
    std::normal_distribution<double> normal(20000.0, 50.0);
    const Record record(1, 2048, [&](size_t, int64_t) { return normal(random); });
    EXPECT_EQ(find_events(record, Settings()).size(), 0u);
}

/* Levels are relative to an offset; what is reported is not. */
TEST(Offsets, AreAddedBack)
{
    std::mt19937_64 random(2);
    std::normal_distribution<double> normal(0.0, 10.0);
    Record record(1, 100000, [&](size_t, int64_t i) {
        return normal(random) + (i >= 50000 && i < 50040 ? 500.0 : 0.0);
    });
    record.offset_w[0] = 1e6;
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NEAR(events[0].baseline_w, 1e6, 5.0);
    EXPECT_NEAR(events[0].amplitude_w, 500.0, 50.0);
}

/* Spikes at random places of many racks. */
Record many_racks(size_t racks, int64_t samples, unsigned seed)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(20000.0, 50.0);
    Record record(racks, samples, [&](size_t, int64_t) { return normal(random); });
    for (size_t r = 0; r < racks; r++) {
        for (int k = 0; k < 3; k++) {
            const int64_t first = static_cast<int64_t>(random() % static_cast<uint64_t>(samples));
            const int64_t end =
                std::min(samples, first + 5 + static_cast<int64_t>(random() % 3000));
            const float height = random() % 2 ? 4000.0F : -3000.0F;
            for (int64_t i = first; i < end; i++) {
                record.row(r)[i] += height;
            }
        }
        for (int64_t i = 40000; i < 43000; i++) { /* all together */
            record.row(r)[i] = 1000.0F;
        }
    }
    return record;
}

bool same(double a, double b)
{
    return std::memcmp(&a, &b, sizeof a) == 0;
}

TEST(Lists, AreTheSameWhateverTheThreads)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        const Record record = many_racks(37, 90000, seed);
        Settings one, several;
        one.threads = 1;
        several.threads = seed % 2 ? 2 : 5;
        const auto a = find_events(record, one), b = find_events(record, several);
        ASSERT_GT(a.size(), 37u);
        ASSERT_EQ(a.size(), b.size());
        for (size_t k = 0; k < a.size(); k++) {
            EXPECT_EQ(a[k].rack, b[k].rack);
            EXPECT_EQ(a[k].kind, b[k].kind);
            EXPECT_EQ(a[k].start_ns, b[k].start_ns);
            EXPECT_EQ(a[k].end_ns, b[k].end_ns);
            EXPECT_EQ(a[k].racks_in_step, b[k].racks_in_step);
            EXPECT_TRUE(same(a[k].amplitude_w, b[k].amplitude_w));
            EXPECT_TRUE(same(a[k].score, b[k].score));
            if (k > 0) {
                EXPECT_LE(a[k - 1].start_ns, a[k].start_ns);
            }
        }
    }
}

/* racks_in_step by definition: every pair is compared. */
TEST(Lists, CountRacksInStep)
{
    std::mt19937 random(9);
    for (int round = 0; round < 40; round++) {
        const Context ctx(st_context_create());
        const Settings settings;
        const List list = open_list(ctx.get(), settings);
        const int n = static_cast<int>(random() % 120);
        for (int k = 0; k < n; k++) {
            st_event event = {};
            event.rack = static_cast<int64_t>(random() % 12) - 1;
            event.kind = static_cast<uint8_t>(random() % 3);
            event.start_ns = static_cast<int64_t>(random() % 500);
            event.end_ns = event.start_ns + 1 + static_cast<int64_t>(random() % 90);
            ASSERT_EQ(st_event_list_add(ctx.get(), list.get(), &event), ST_OK);
        }
        ASSERT_EQ(st_events_finish(ctx.get(), list.get()), ST_OK);
        for (size_t i = 0; i < list->count; i++) {
            const st_event &a = list->event[i];
            std::vector<int64_t> racks;
            for (size_t j = 0; j < list->count; j++) {
                const st_event &b = list->event[j];
                if (b.rack >= 0 && a.kind == b.kind && a.start_ns < b.end_ns &&
                    b.start_ns < a.end_ns) {
                    racks.push_back(b.rack);
                }
            }
            std::sort(racks.begin(), racks.end());
            racks.erase(std::unique(racks.begin(), racks.end()), racks.end());
            EXPECT_EQ(a.racks_in_step, static_cast<int64_t>(racks.size()));
        }
    }
}

TEST(Lists, TripOfTheSite)
{
    const Record record = many_racks(20, 90000, 3);
    const auto events = find_events(record, Settings());
    size_t together = 0;
    for (const st_event &e : events) {
        together += e.kind == ST_EVENT_DIP && e.racks_in_step == 20;
    }
    EXPECT_GE(together, 20u);
}

TEST(Lists, TooManyEventsNameTheCountNeeded)
{
    const Record record = many_racks(8, 90000, 1);
    Settings settings;
    const size_t needed = find_events(record, settings).size();
    settings.max_events = 5;
    const Context ctx(st_context_create());
    const Pass pass(ctx.get(), record, settings);
    const List list = open_list(ctx.get(), settings);
    const st_event_input input = pass.input();
    ASSERT_EQ(st_events_find(ctx.get(), &input, list.get()), ST_OK);
    ASSERT_EQ(st_events_finish(ctx.get(), list.get()), ST_CAPACITY);
    EXPECT_NE(std::string(st_context_message(ctx.get())).find(std::to_string(needed)),
              std::string::npos)
        << st_context_message(ctx.get());
}

/* Every allocation of the search may fail. */
TEST(Lists, SurviveWithoutMemory)
{
    const Record record = many_racks(3, 60000, 2);
    Settings settings;
    settings.threads = 1;
    const Context ctx(st_context_create());
    const Pass pass(ctx.get(), record, settings);
    const st_event_input input = pass.input();
    st_status status = ST_MEMORY;
    for (size_t n = 1; status == ST_MEMORY; n++) {
        const List list = open_list(ctx.get(), settings);
        st_alloc_fail_after(n);
        status = st_events_find(ctx.get(), &input, list.get());
        status = status == ST_OK ? st_events_finish(ctx.get(), list.get()) : status;
        st_alloc_fail_after(0);
        ASSERT_LT(n, 100u);
    }
    EXPECT_EQ(status, ST_OK);
}

/* Something of everything: levels, walks, bursts, rhythms, gaps, in any order and of any size. */
Record anything(unsigned seed)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    const auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
    const int64_t samples = 1 + below(40000);
    const double scale_w = std::pow(10.0, static_cast<double>(below(9)) - 3.0);
    Record record(1, samples, [&](size_t, int64_t) { return 0.0; });
    double walk_w = 0.0;
    for (int64_t i = 0; i < samples;) {
        const int64_t end = std::min(samples, i + 1 + below(1 + random() % 8000));
        const double level_w = scale_w * normal(random), noise_w = random() % 3 ? 0.01 : 0.0;
        const double hz = std::pow(10.0, 3.0 * static_cast<double>(random() % 100) / 100.0 - 0.3);
        const int64_t kind = below(7);
        for (; i < end; i++) {
            const double t_s = 1e-3 * static_cast<double>(i);
            walk_w += scale_w * 0.01 * normal(random);
            const double shape_w[] = {0.0,
                                      level_w,
                                      walk_w,
                                      level_w * std::sin(6.2831853 * hz * t_s),
                                      std::fmod(t_s * hz, 1.0) < 0.5 ? level_w : 0.0,
                                      NAN,
                                      random() % 7 ? level_w : NAN};
            record.row(0)[i] =
                static_cast<float>(shape_w[kind] + scale_w * noise_w * normal(random));
        }
    }
    return record;
}

TEST(Lists, AreSoundForAnything)
{
    for (unsigned seed = 1; seed <= 400; seed++) {
        SCOPED_TRACE(seed);
        const Record record = anything(seed);
        Settings settings;
        settings.frame = seed % 3 == 0 ? 256 : seed % 3 == 1 ? 1024 : 2048;
        const int64_t end_ns = record.samples * record.period_ns;
        for (const st_event &e : find_events(record, settings)) {
            ASSERT_LT(e.kind, ST_EVENT_KINDS);
            ASSERT_GE(e.start_ns, 0);
            ASSERT_LT(e.start_ns, e.end_ns);
            ASSERT_LE(e.end_ns, end_ns);
            ASSERT_GE(e.peak_ns, e.start_ns);
            ASSERT_LT(e.peak_ns, e.end_ns);
            ASSERT_TRUE(std::isfinite(e.score));
            ASSERT_GE(e.score, 1.0);
            ASSERT_EQ(e.racks_in_step, 1);
            if (e.kind == ST_EVENT_GAP) {
                ASSERT_TRUE(std::isnan(e.amplitude_w));
                continue;
            }
            const bool down = e.kind == ST_EVENT_DIP || e.kind == ST_EVENT_STEP_DOWN;
            const bool up = e.kind == ST_EVENT_SPIKE || e.kind == ST_EVENT_STEP_UP;
            ASSERT_TRUE(std::isfinite(e.baseline_w));
            ASSERT_TRUE(down ? e.amplitude_w < 0.0 : e.amplitude_w > 0.0) << e.amplitude_w;
            ASSERT_GE(e.slope_w_per_s, 0.0);
            ASSERT_EQ(std::isnan(e.frequency_hz), up || down);
            ASSERT_EQ(std::isfinite(e.energy_j),
                      e.kind == ST_EVENT_SPIKE || e.kind == ST_EVENT_DIP);
        }
    }
}

/* A dip that needs several pieces of re-read samples is still one event. */
TEST(Lists, LongEventsAreOne)
{
    std::mt19937_64 random(2);
    std::normal_distribution<double> normal(20000.0, 50.0);
    const int64_t samples = 6000000, first = 3000123, end = 3200321;
    const Record record(1, samples, [&](size_t, int64_t i) {
        return normal(random) - (i >= first && i < end ? 9000.0 : 0.0);
    });
    const auto events = find_events(record, Settings());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, ST_EVENT_DIP);
    EXPECT_EQ(events[0].start_ns, first * 1000000);
    EXPECT_EQ(events[0].end_ns, end * 1000000);
    EXPECT_NEAR(events[0].energy_j, -9.0 * static_cast<double>(end - first), 1e3);
    EXPECT_NEAR(events[0].amplitude_w, -9000.0, 300.0);
}

} /* namespace */
