/* sweep_test.cpp - the sweep on the device against the CPU: every number in every bit. */
#include "cpu/record.h"
#include "cpu/sweep_case.h"
#include "kernels/device.h"

namespace
{

class SweepOnDevice : public testing::Test
{
  protected:
    void SetUp() override
    {
        SKIP_WITHOUT_DEVICE();
        plan = make_plan(ctx.get(), record, {256, 1024});
        ASSERT_EQ(ST_OK, st_backend_cpu.open(ctx.get(), plan.get(), &cpu));
        choose_schedule(0);
        ASSERT_EQ(ST_OK, st_backend_cuda.open(ctx.get(), plan.get(), &cuda));
    }
    void TearDown() override
    {
        st_backend_cpu.close(cpu);
        st_backend_cuda.close(cuda);
    }
    Context ctx{st_context_create()};
    const Record record{1, 4096, [](size_t, int64_t) { return 1.0; }}; /* the plan borrows it */
    Plan plan;
    st_exec *cpu = nullptr, *cuda = nullptr;
};

TEST_F(SweepOnDevice, EqualsTheCpu)
{
    const unsigned last = small_data ? 6 : 40;
    for (unsigned seed = 1; seed <= last; seed++) {
        SweepCase c(ctx.get(), seed, small_data ? 1200 : 5000);
        choose_schedule((long)(seed % 6));
        EXPECT_EQ("", c.run(st_backend_cpu, cpu).difference(c.run(st_backend_cuda, cuda)))
            << "seed " << seed << ": " << c.describe();
        EXPECT_EQ("", c.watch(st_backend_cpu, cpu).difference(c.watch(st_backend_cuda, cuda)))
            << "seed " << seed << ": " << c.describe();
    }
}

/* Longer than a launch, so that everything is carried from one to the next. */
TEST_F(SweepOnDevice, EqualsTheCpuAcrossLaunches)
{
    for (unsigned seed = 1; seed <= (small_data ? 1u : 4u); seed++) {
        SweepCase c(ctx.get(), 100 + seed, 60000);
        EXPECT_EQ("", c.run(st_backend_cpu, cpu).difference(c.run(st_backend_cuda, cuda)))
            << "seed " << seed << ": " << c.describe();
    }
}

TEST_F(SweepOnDevice, StopsWhenAsked)
{
    SweepCase c(ctx.get(), 3, 1000);
    std::vector<double> worst(c.sweep.n_candidates * c.sweep.n_statistics);
    st_context_on_progress(
        ctx.get(), [](void *, const char *, double, double, const char *) { return 1; }, nullptr);
    EXPECT_EQ(ST_INTERRUPTED, st_backend_cuda.sweep(ctx.get(), cuda, &c.sweep, worst.data()));
}

#ifdef ST_CUDA_EMULATED
/* A refused allocation ends the sweep and no more; a fault of a kernel ends the backend. Neither
 * leaves anything behind. */
TEST_F(SweepOnDevice, EveryAllocationAndKernelMayFail)
{
    SweepCase c(ctx.get(), 8, 1000);
    std::vector<double> worst(c.sweep.n_candidates * c.sweep.n_statistics);
    const auto sweep = [&] {
        return st_backend_cuda.sweep(ctx.get(), cuda, &c.sweep, worst.data());
    };
    const gpu_emulation::Counts before = gpu_emulation::counts();
    ASSERT_EQ(ST_OK, sweep());
    const gpu_emulation::Counts after = gpu_emulation::counts();
    EXPECT_EQ(before.live, after.live);
    EXPECT_GT(after.allocations - before.allocations, 10u);
    for (long n = 1; n <= (long)(after.allocations - before.allocations); n++) {
        gpu_emulation::fail_allocation(n);
        EXPECT_EQ(ST_MEMORY, sweep()) << "allocation " << n;
        EXPECT_EQ(before.live, gpu_emulation::counts().live) << "allocation " << n;
    }
    for (long n = 1; n <= (long)(after.kernels - before.kernels); n++) {
        gpu_emulation::fail_kernel(n);
        EXPECT_EQ(ST_DEVICE, sweep()) << "kernel " << n;
        EXPECT_EQ(ST_DEVICE, sweep()) << "a dead backend went on";
        st_backend_cuda.close(cuda);
        gpu_emulation::recover();
        ASSERT_EQ(ST_OK, st_backend_cuda.open(ctx.get(), plan.get(), &cuda));
        EXPECT_EQ(before.live, gpu_emulation::counts().live) << "kernel " << n;
    }
}
#endif

} // namespace
