/* rack_stage_test.cpp - storage at the racks, 16 side by side, against the formulas rack by rack:
 * bit for bit, on every instruction set, for any number of threads and any tile. */
#include "cpu/instruction_sets.h"
#include "cpu/oracle.h"
#include "cpu/rack_stages.h"

namespace
{

TEST(RackStages, FollowTheFormulasBitForBit)
{
    const Context ctx(st_context_create());
    for (const auto &chain : rack_chains()) {
        for (const size_t racks : {1, 16, 21, 70}) {
            const Record record = rough_racks(racks, 3001, static_cast<unsigned>(racks));
            const RackStages stages(record, chain);
            Plan plan = make_plan(ctx.get(), record, {256, 1024});
            plan->rack_storage = &stages.racks;
            Found wanted(*plan);
            run_formulas(record, stages, wanted);
            expect_equal_racks(run_pass(ctx.get(), st_backend_cpu, record, *plan), wanted);
        }
    }
}

/* The limits of the stages are of no use here unless every one of them acts. */
TEST(RackStages, ReachEveryLimit)
{
    const Context ctx(st_context_create());
    const Record record = rough_racks(4, 20000, 3);
    const RackStages stages(record, {smoothing(30.0), shelf(0.001)});
    Plan plan = make_plan(ctx.get(), record, {256, 4096});
    plan->rack_storage = &stages.racks;
    const Found found = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    const double dt_s = 0.001;
    double held_back = 0.0, burnt_j = 0.0;
    for (size_t r = 0; r < 4; r++) {
        held_back += found.duty[r].held_back;
        burnt_j += dt_s / 2.0 *
                   (st_sum_value(found.duty[r].sum[ST_RACK_TURNED_W]) -
                    st_sum_value(found.duty[r].sum[ST_RACK_POWER_W]));
    }
    EXPECT_GT(held_back, 100.0);
    EXPECT_GT(burnt_j, 1.0);
    const st_rack_duty &duty = found.duty[4];
    EXPECT_GT(duty.clipped_power, 100.0);
    EXPECT_GT(duty.clipped_energy, 100.0);
    EXPECT_EQ(duty.stored_min_j, stages.stage[1].storage.floor_j);
    EXPECT_EQ(duty.stored_max_j, stages.stage[1].storage.ceiling_j);
    EXPECT_NEAR(duty.power_max_w, 7.0, 1e-3); /* where the lag comes to */
    EXPECT_EQ(duty.samples, 20000.0);
}

/* No reader lets infinity through; if one did, its rack alone is lost. */
TEST(RackStages, SurviveAnInfiniteLoad)
{
    const Context ctx(st_context_create());
    Record record = rough_racks(2, 1000, 9);
    record.row(0)[100] = INFINITY;
    const RackStages stages(record, {shelf(0.001)});
    Plan plan = make_plan(ctx.get(), record, {256, 1024});
    plan->rack_storage = &stages.racks;
    Found wanted(*plan);
    run_formulas(record, stages, wanted);
    const Found found = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    expect_same(flat({found.duty[1]}), flat({wanted.duty[1]}), "duty");
    EXPECT_TRUE(std::isnan(found.duty[0].stored_j));
}

TEST(RackStages, AreTheSameForAnyThreadCountAndTile)
{
    const Context ctx(st_context_create());
    const Record record = rough_racks(150, 9001, 11);
    const RackStages stages(record, rack_chains().back());
    Plan plan = make_plan(ctx.get(), record, {256, 9216, 1});
    plan->rack_storage = &stages.racks;
    const std::string wanted = run_pass(ctx.get(), st_backend_cpu, record, *plan).bytes();
    for (const Knobs &knobs :
         {Knobs{256, 512, 3}, Knobs{256, 1024, 2, 16}, Knobs{256, 4096, 1, 64}}) {
        plan = make_plan(ctx.get(), record, knobs);
        plan->rack_storage = &stages.racks;
        EXPECT_EQ(run_pass(ctx.get(), st_backend_cpu, record, *plan).bytes() == wanted, true)
            << knobs.tile;
    }
}

#if defined(__x86_64__)
TEST(RackStages, AreTheSameOnEveryInstructionSet)
{
    const Context ctx(st_context_create());
    const Record record = rough_racks(37, 2000, 5);
    const RackStages stages(record, rack_chains().back());
    Plan plan = make_plan(ctx.get(), record, {256, 1024});
    plan->rack_storage = &stages.racks;
    const Found wanted = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    for (const cpu_loops *loops : usable_loops()) {
        expect_equal_racks(run_pass(ctx.get(), backend_with(loops), record, *plan), wanted);
    }
}
#endif

} // namespace
