/* fault_test.cpp - what the backend says and leaves behind when something is missing or breaks. The
 * emulated device can be told to break at any point; a GPU cannot. */
#include <gtest/gtest.h>

#include "core/memory.h"
#include "cpu/oracle.h"
#include "cpu/record.h"
#include "kernels/device.h"

namespace
{

class Faults : public testing::Test
{
  protected:
    void SetUp() override
    {
        choose_schedule(0);
        record.period_ns = 1000000;
        plan = make_plan(ctx.get(), record, {256, 2048});
        live = gpu_emulation::counts().live;
    }
    void TearDown() override
    {
        gpu_emulation::recover();
        gpu_emulation::set_devices(1);
        EXPECT_EQ(live, gpu_emulation::counts().live) << "something was not freed";
    }

    /* A whole pass: the first failure, or ST_OK. */
    st_status pass(const st_source &source)
    {
        Found found(*plan);
        std::vector<float> features(plan->racks * 64 * plan->n_features);
        st_exec *exec = nullptr;
        st_status status = st_backend_cuda.open(ctx.get(), plan.get(), &exec);
        for (int64_t first = 0; status == ST_OK && first < plan->samples;
             first += plan->tile_samples) {
            const st_tile tile = {
                first, static_cast<size_t>(std::min(plan->tile_samples, plan->samples - first))};
            st_tile_result result = {};
            result.sum_w = found.sum_w.data();
            result.valid = found.valid_racks.data();
            result.features = features.data();
            result.frame_capacity = 64;
            status = st_backend_cuda.detect(ctx.get(), exec, &source, &tile, &result);
            if (status == ST_DEVICE) {
                EXPECT_EQ(ST_DEVICE,
                          st_backend_cuda.detect(ctx.get(), exec, &source, &tile, &result))
                    << "a dead backend went on";
            }
        }
        st_rack_sums sums = found.sums();
        if (status == ST_OK) {
            status = st_backend_cuda.collect(ctx.get(), exec, &sums);
        }
        if (status == ST_OK) {
            status = respond(exec);
        }
        st_backend_cuda.close(exec);
        return status;
    }
    st_status respond(st_exec *exec)
    {
        std::vector<double> h(5000, 0.001);
        std::vector<float> x(h.size() - 1 + 9000, 1.0f), y(9000);
        st_convolution task = {};
        task.h = h.data();
        task.taps = h.size();
        task.rows = 1;
        task.x = x.data();
        task.x_stride = x.size();
        task.n = y.size();
        task.y = y.data();
        task.y_stride = y.size();
        return st_backend_cuda.respond(ctx.get(), exec, &task);
    }
    std::string message() const { return st_context_message(ctx.get()); }

    Context ctx{st_context_create()};
    std::mt19937 random{1};
    Record record{3, 5000, [this](size_t, int64_t i) { return oracle::ripple(i, 1e4, random); }};
    Plan plan;
    uint64_t live = 0;
};

TEST_F(Faults, SaysThatThereIsNoDevice)
{
    char text[512];
    gpu_emulation::set_devices(0);
    EXPECT_EQ(ST_NO_DEVICE, st_backend_cuda.probe(text, sizeof text));
    EXPECT_STREQ("no CUDA device: no CUDA-capable device is detected (code 100)", text);
    EXPECT_EQ(ST_NO_DEVICE, pass({&record, record_read}));
    EXPECT_EQ(text, message());
}

TEST_F(Faults, DescribesTheDevice)
{
    char text[512];
    EXPECT_EQ(ST_OK, st_backend_cuda.probe(text, sizeof text));
    EXPECT_STREQ("emulated on the CPU, 4.0 GiB, compute capability 8.0", text);
}

TEST_F(Faults, EveryAllocationMayBeRefused)
{
    const uint64_t before = gpu_emulation::counts().allocations;
    ASSERT_EQ(ST_OK, pass({&record, record_read}));
    const long all = static_cast<long>(gpu_emulation::counts().allocations - before);
    EXPECT_GT(all, 40);
    for (long n = 1; n <= all; n++) {
        st_context_clear(ctx.get());
        gpu_emulation::fail_allocation(n);
        EXPECT_EQ(ST_MEMORY, pass({&record, record_read})) << "allocation " << n;
        EXPECT_NE(std::string::npos, message().find("out of memory (code 2)")) << message();
        EXPECT_EQ(live, gpu_emulation::counts().live) << "allocation " << n;
    }
}

TEST_F(Faults, EveryKernelMayFault)
{
    const uint64_t before = gpu_emulation::counts().kernels;
    ASSERT_EQ(ST_OK, pass({&record, record_read}));
    const long all = static_cast<long>(gpu_emulation::counts().kernels - before);
    EXPECT_GT(all, 20);
    for (long n = 1; n <= all; n++) {
        st_context_clear(ctx.get());
        gpu_emulation::fail_kernel(n);
        EXPECT_EQ(ST_DEVICE, pass({&record, record_read})) << "kernel " << n;
        EXPECT_NE(std::string::npos, message().find(": unspecified launch failure (code 719)"))
            << message();
        gpu_emulation::recover();
    }
}

struct Breaking {
    const Record *record;
    int reads_left;
};

st_status read_and_break(const void *state, st_context *ctx, size_t first_rack, size_t racks,
                         int64_t first, size_t samples, float *out_w, size_t stride)
{
    Breaking *breaking = const_cast<Breaking *>(static_cast<const Breaking *>(state));
    if (breaking->reads_left-- == 0) {
        return st_fail(ctx, ST_FORMAT, "the file ends here");
    }
    return record_read(breaking->record, ctx, first_rack, racks, first, samples, out_w, stride);
}

TEST_F(Faults, AReadMayFail)
{
    for (int good = 0; good < 3; good++) {
        Breaking breaking = {&record, good};
        st_context_clear(ctx.get());
        EXPECT_EQ(ST_FORMAT, pass({&breaking, read_and_break}));
        EXPECT_EQ("the file ends here", message());
    }
}

/* A sample crosses the link once; of the results only what the contract asks for comes back. */
TEST_F(Faults, ASampleCrossesTheLinkOnceAndTilesAllocateNothing)
{
    Found found(*plan);
    const st_source source = {&record, record_read};
    const st_tile tile = {0, 2048};
    std::vector<float> features(plan->racks * 64 * plan->n_features);
    st_tile_result result = {};
    result.sum_w = found.sum_w.data();
    result.valid = found.valid_racks.data();
    result.features = features.data();
    result.frame_capacity = 64;
    st_exec *exec = nullptr;
    ASSERT_EQ(ST_OK, st_backend_cuda.open(ctx.get(), plan.get(), &exec));
    const gpu_emulation::Counts before = gpu_emulation::counts();
    const size_t allocations = st_alloc_count();
    EXPECT_EQ(ST_OK, st_backend_cuda.detect(ctx.get(), exec, &source, &tile, &result));
    const gpu_emulation::Counts after = gpu_emulation::counts();
    st_backend_cuda.close(exec);
    EXPECT_EQ(record.racks * 2048 * sizeof(float), after.to_device_bytes - before.to_device_bytes);
    EXPECT_EQ(2048 * (sizeof(double) + sizeof(uint32_t)) +
                  record.racks * result.frames * plan->n_features * sizeof(float),
              after.to_host_bytes - before.to_host_bytes);
    EXPECT_EQ(before.allocations, after.allocations);
    EXPECT_EQ(allocations, st_alloc_count());
}

} // namespace
