/* rack_stage_test.cpp - storage at the racks on the device against the CPU backend, bit for bit, over
 * shapes, tiles and schedules. */
#include "cpu/rack_stages.h"
#include "kernels/device.h"

namespace
{

TEST(RackStagesOnDevice, EqualTheCpuInEveryBit)
{
    SKIP_WITHOUT_DEVICE();
    const Context ctx(st_context_create());
    for (const auto &chain : rack_chains()) {
        for (const size_t racks : {1, 16, 33, 70}) {
            const Record record =
                rough_racks(racks, small_data ? 700 : 2500, static_cast<unsigned>(racks));
            const RackStages stages(record, chain);
            Plan plan = make_plan(ctx.get(), record, {256, 1024});
            plan->rack_storage = &stages.racks;
            const Found wanted = run_pass(ctx.get(), st_backend_cpu, record, *plan);
            for (const long seed : {schedules().front(), schedules().back()}) {
                choose_schedule(seed);
                expect_equal_racks(run_pass(ctx.get(), st_backend_cuda, record, *plan), wanted);
            }
        }
    }
    EXPECT_STREQ("", st_context_message(ctx.get()));
}

TEST(RackStagesOnDevice, AreTheSameForAnyTile)
{
    SKIP_WITHOUT_DEVICE();
    const Context ctx(st_context_create());
    const Record record = rough_racks(130, 2900, 11);
    const RackStages stages(record, rack_chains().back());
    Plan plan = make_plan(ctx.get(), record, {256, 4096});
    plan->rack_storage = &stages.racks;
    const Found wanted = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    for (const int64_t tile : {256, 768, 2048}) {
        plan = make_plan(ctx.get(), record, {256, tile});
        plan->rack_storage = &stages.racks;
        expect_equal_racks(run_pass(ctx.get(), st_backend_cuda, record, *plan), wanted);
    }
}

} // namespace
