/* detect_test.cpp - detect on the device against the CPU backend, over shapes, tiles and schedules.
 * Both follow the same formulas in the same order, so nothing may differ in a bit. */
#include <random>

#include "cpu/oracle.h"
#include "kernels/compare.h"
#include "kernels/device.h"

namespace
{

struct Case {
    const char *name;
    size_t racks;
    int64_t samples, period_ns, frame, tile;
};

void PrintTo(const Case &shape, std::ostream *out)
{
    *out << shape.racks << " racks, " << shape.samples << " samples, frames of " << shape.frame;
}

/* D is 1 at 62.5 Hz, 2 at 125 Hz, 16 at 1 kHz, 64 at 4 kHz. */
const Case cases[] = {
    {"one_rack", 1, 20000, 1000000, 1024, 4096},
    {"three_racks_short_frames", 3, 9001, 1000000, 256, 1024},
    {"a_leaf", 16, 4096, 1000000, 512, 2048},
    {"a_leaf_and_one", 17, 5200, 1000000, 1024, 8192},
    {"a_group", 64, 3000, 1000000, 256, 4096},
    {"a_group_and_one", 65, 4000, 1000000, 1024, 2048},
    {"two_batches_and_two", 130, 2700, 1000000, 256, 2048},
    {"long_frames", 3, 60000, 1000000, 8192, 16384},
    {"longer_frames", 2, 30000, 1000000, 4096, 65536},
    {"frames_of_2048", 2, 21000, 1000000, 2048, 2048},
    {"no_decimation", 4, 6000, 16000000, 256, 1024},
    {"decimation_2", 5, 7000, 8000000, 256, 2048},
    {"decimation_64", 3, 140000, 250000, 1024, 16384},
    {"two_pieces", 2, 70000, 1000000, 1024, 40960},
    {"blocks_of_frames", 2, 200000, 1000000, 256, 65536},
    {"shorter_than_a_frame", 5, 700, 1000000, 1024, 1024},
    {"shorter_than_a_hop", 2, 99, 1000000, 256, 1024},
    {"one_sample", 1, 1, 1000000, 256, 1024},
    {"just_a_frame", 2, 1024, 1000000, 1024, 1024},
    {"ends_with_a_tile", 2, 12288, 1000000, 1024, 4096},
};

class DetectOnDevice : public testing::TestWithParam<Case>
{
};
INSTANTIATE_TEST_SUITE_P(Shape, DetectOnDevice, testing::ValuesIn(cases),
                         [](const auto &of) { return std::string(of.param.name); });

/* Large levels, ripple, gaps of all lengths, racks without a sample, ends without samples. */
Record rough(const Case &shape)
{
    std::mt19937 random(7);
    Record record(shape.racks, shape.samples, [&](size_t r, int64_t i) {
        return oracle::ripple(i, 2e4 * static_cast<double>(r % 5), random);
    });
    record.period_ns = shape.period_ns;
    for (size_t r = 0; r < shape.racks; r++) {
        record.offset_w[r] = 1e5 / static_cast<double>(r + 3);
        if (r % 7 == 5) {
            std::fill_n(record.row(r), shape.samples, NAN);
        } else if (r % 3 == 1 || (shape.racks == 1 && shape.samples > 1)) {
            for (int64_t i = 0; i < shape.samples; i += 1 + random() % 3000) {
                const int64_t longest = random() % 8 == 0 ? 700 : 60;
                const int64_t gap = static_cast<int64_t>(random()) % longest;
                std::fill_n(record.row(r) + i, std::min(shape.samples - i, gap), NAN);
            }
        } else if (r % 7 == 2) {
            const int64_t missing = shape.samples / 3;
            std::fill_n(record.row(r) + shape.samples - missing, missing, NAN);
        }
    }
    return record;
}

Case shrunk(Case shape)
{
    if (small_data) {
        shape.samples = std::min<int64_t>(shape.samples, std::max<int64_t>(4 * shape.frame, 12000));
    }
    return shape;
}

/* In order, and one at random; small shapes go through all of them. */
std::vector<long> schedules_of(const Case &shape)
{
    const std::vector<long> all = schedules();
    const bool few = shape.racks * static_cast<size_t>(shape.samples) <= 50000;
    return few ? all : std::vector<long>{all.front(), all[1 + shape.racks % (all.size() - 1)]};
}

TEST_P(DetectOnDevice, EqualsTheCpuInEveryBit)
{
    SKIP_WITHOUT_DEVICE();
    const Context ctx(st_context_create());
    const Case shape = shrunk(GetParam());
    const Record record = rough(shape);
    const Plan plan = make_plan(ctx.get(), record, {shape.frame, shape.tile});
    ASSERT_NE(nullptr, plan);
    const Found expected = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    for (const long seed : schedules_of(shape)) {
        choose_schedule(seed);
        const Found found = run_pass(ctx.get(), st_backend_cuda, record, *plan);
        EXPECT_EQ(0u, integers(found, expected).different) << "schedule " << seed;
        const Difference difference = reals(found, expected);
        EXPECT_LE(difference.largest, 1e-5) << "schedule " << seed;
        EXPECT_EQ(0u, difference.different) << difference.text() << ", schedule " << seed;
    }
    EXPECT_STREQ("", st_context_message(ctx.get()));
}

TEST(DetectInPieces, EqualsTheCpuHoweverTheRecordIsCut)
{
    SKIP_WITHOUT_DEVICE();
    const Context ctx(st_context_create());
    const Case shape = {"", 19, small_data ? 7001 : 20001, 1000000, 512, 0};
    const Record record = rough(shape);
    Plan plan = make_plan(ctx.get(), record, {shape.frame, 65536});
    const Found expected = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    for (const int64_t tile : {512, 3072, 16384}) {
        choose_schedule(tile % 5);
        plan = make_plan(ctx.get(), record, {shape.frame, tile});
        const Found found = run_pass(ctx.get(), st_backend_cuda, record, *plan);
        EXPECT_EQ(0u, integers(found, expected).different) << "tiles of " << tile;
        const Difference difference = reals(found, expected);
        EXPECT_EQ(0u, difference.different) << difference.text() << ", tiles of " << tile;
    }
}

/* The engine may not want features: nothing else may change. */
TEST(DetectInPieces, DoesWithoutFeatures)
{
    SKIP_WITHOUT_DEVICE();
    const Context ctx(st_context_create());
    const Record record = rough({"", 3, 6000, 1000000, 256, 0});
    const Plan plan = make_plan(ctx.get(), record, {256, 8192});
    const Found expected = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    Found found(*plan);
    const st_source source = {&record, record_read};
    const st_tile tile = {0, static_cast<size_t>(plan->samples)};
    st_tile_result result = {};
    result.sum_w = found.sum_w.data();
    result.valid = found.valid_racks.data();
    st_exec *exec = nullptr;
    ASSERT_EQ(ST_OK, st_backend_cuda.open(ctx.get(), plan.get(), &exec));
    EXPECT_EQ(ST_OK, st_backend_cuda.detect(ctx.get(), exec, &source, &tile, &result));
    st_rack_sums sums = found.sums();
    EXPECT_EQ(ST_OK, st_backend_cuda.collect(ctx.get(), exec, &sums));
    st_backend_cuda.close(exec);
    EXPECT_EQ(static_cast<size_t>(plan->fast.frames), result.frames);
    EXPECT_EQ(0, std::memcmp(found.power_fast.data(), expected.power_fast.data(),
                             found.power_fast.size() * sizeof(double)));
    EXPECT_EQ(0, std::memcmp(found.sum_w.data(), expected.sum_w.data(),
                             found.sum_w.size() * sizeof(double)));
}

} // namespace
