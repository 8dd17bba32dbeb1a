/* respond_test.cpp - overlap-save on the device against the direct float64 sum and the CPU. */
#include <random>

#include "cpu/oracle.h"
#include "kernels/compare.h"
#include "kernels/device.h"
#include "reference.h"

namespace
{

struct Shape {
    size_t taps, n, rows;
};

struct Task {
    Shape shape;
    std::vector<double> h;
    std::vector<float> x;
    size_t x_stride, y_stride;

    explicit Task(Shape s, unsigned seed) : shape(s), h(s.taps)
    {
        std::mt19937 random(seed);
        std::normal_distribution<double> noise;
        x_stride = s.taps - 1 + s.n + 5;
        y_stride = s.n + 3;
        for (size_t k = 0; k < s.taps; k++) {
            h[k] = noise(random) * std::exp(-3.0 * double(k) / double(s.taps));
        }
        x.assign(s.rows * x_stride, NAN); /* what lies between rows is never read */
        for (size_t r = 0; r < s.rows; r++) {
            for (size_t i = 0; i < s.taps - 1 + s.n; i++) {
                x[r * x_stride + i] = static_cast<float>(1e4 * noise(random));
            }
        }
    }
    std::vector<float> run(st_context *ctx, const st_backend &backend, st_exec *exec) const
    {
        std::vector<float> y(shape.rows * y_stride, -7.0f);
        st_convolution task = {};
        task.h = h.data();
        task.taps = shape.taps;
        task.rows = shape.rows;
        task.x = x.data();
        task.x_stride = x_stride;
        task.n = shape.n;
        task.y = y.data();
        task.y_stride = y_stride;
        EXPECT_EQ(ST_OK, backend.respond(ctx, exec, &task)) << st_context_message(ctx);
        return y;
    }
    /* Largest error of row r, as a share of its largest output, of the direct sum. */
    double error(const std::vector<float> &y, size_t r) const
    {
        double largest = 0.0, worst = 0.0;
        for (size_t i = 0; i < shape.n; i++) {
            double sum = 0.0;
            for (size_t k = 0; k < shape.taps; k++) {
                sum += h[k] * static_cast<double>(x[r * x_stride + shape.taps - 1 + i - k]);
            }
            const double d = std::fabs(static_cast<double>(y[r * y_stride + i]) - sum);
            largest = std::fmax(largest, std::fabs(sum));
            worst = d <= worst ? worst : d;
        }
        return worst / largest;
    }
};

class RespondOnDevice : public testing::Test
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
    std::vector<float> run(const Task &task) { return task.run(ctx.get(), st_backend_cuda, cuda); }
    std::vector<float> run_cpu(const Task &task)
    {
        return task.run(ctx.get(), st_backend_cpu, cpu);
    }

    Context ctx{st_context_create()};
    const Record record{1, 1000, [](size_t, int64_t) { return 1.0; }};
    Plan plan;
    st_exec *cpu = nullptr, *cuda = nullptr;
};

TEST_F(RespondOnDevice, EqualsTheDirectSumAndTheCpu)
{
    std::vector<Shape> shapes = {{1, 1, 1},       {1, 5, 2},        {2, 1, 3},     {300, 7, 2},
                                 {1025, 9000, 3}, {4096, 5000, 1},  {20000, 1, 2}, {4097, 5000, 2},
                                 {8192, 100, 1},  {9000, 20000, 3}, {64, 9000, 65}};
    for (size_t i = 0; i < shapes.size(); i++) {
        if (small_data && shapes[i].taps * shapes[i].n > 50000000) {
            continue;
        }
        const Task task(shapes[i], static_cast<unsigned>(i));
        const std::vector<float> y = run(task);
        const Difference difference = ::difference(y, run_cpu(task));
        EXPECT_EQ(0u, difference.different)
            << difference.text() << ", " << shapes[i].taps << " taps, " << shapes[i].n;
        for (size_t r = 0; r < shapes[i].rows; r += 2) {
            EXPECT_LT(task.error(y, r), 1e-5) << shapes[i].taps << " taps, " << shapes[i].n;
        }
    }
}

TEST_F(RespondOnDevice, EqualsTheCpuUnderEverySchedule)
{
    /* several chunks, with and without partitions */
    for (const Shape &shape : {Shape{2000, small_data ? 20000u : 200000u, 3},
                               Shape{9000, small_data ? 20000u : 100000u, 1}}) {
        const Task task(shape, 3);
        const std::vector<float> expected = run_cpu(task);
        for (const long seed : schedules()) {
            choose_schedule(seed);
            const Difference difference = ::difference(run(task), expected);
            EXPECT_EQ(0u, difference.different)
                << difference.text() << ", schedule " << seed << ", " << shape.taps << " taps";
        }
    }
}

TEST_F(RespondOnDevice, TellsResponsesOfOneLengthApart)
{
    Task task({40, 3000, 2}, 5), longer({5000, 3000, 1}, 6);
    for (int turn = 0; turn < 3; turn++) {
        for (int again = 0; again < 2; again++) {
            const std::vector<float> y = run(task);
            const Difference difference = ::difference(y, run_cpu(task));
            EXPECT_EQ(0u, difference.different) << difference.text() << ", turn " << turn;
            EXPECT_LT(task.error(y, 0), 1e-5) << "turn " << turn;
        }
        if (turn == 1) {
            const Difference difference = ::difference(run(longer), run_cpu(longer));
            EXPECT_EQ(0u, difference.different) << difference.text();
        }
        task.h[7] += 1.0;
    }
}

TEST_F(RespondOnDevice, EqualsScipyOaconvolve)
{
    const std::vector<double> h = st_reference("convolve_h"), x = st_reference("convolve_x");
    const std::vector<double> expected = st_reference("convolve_y");
    Task task({h.size(), x.size(), 1}, 1);
    task.h = h;
    std::fill_n(task.x.begin(), h.size() - 1, 0.0f);
    std::copy(x.begin(), x.end(), task.x.begin() + static_cast<long>(h.size()) - 1);
    const std::vector<float> y = run(task);
    double largest = 0.0;
    for (const double v : expected) {
        largest = std::fmax(largest, std::fabs(v));
    }
    for (size_t i = 0; i < expected.size(); i++) {
        ASSERT_NEAR(static_cast<double>(y[i]), expected[i], 1e-5 * largest) << i;
    }
}

} // namespace
