/* respond_test.cpp - overlap-save against the direct float64 sum. */
#include "cpu/oracle.h"
#include "cpu/record.h"
#include "reference.h"

namespace
{

struct Shape {
    size_t taps, n, rows;
};

class Respond : public testing::Test
{
  protected:
    Context ctx{st_context_create()};
    Record record{1, 1000, [](size_t, int64_t) { return 1.0; }};
    Plan plan;
    st_exec *exec = nullptr;

    void open(int64_t threads)
    {
        plan = make_plan(ctx.get(), record, {256, 1024, threads});
        ASSERT_EQ(st_backend_cpu.open(ctx.get(), plan.get(), &exec), ST_OK);
    }
    void TearDown() override { st_backend_cpu.close(exec); }

    std::vector<float> respond(const Shape &shape, const std::vector<double> &h,
                               const std::vector<float> &x, size_t x_stride)
    {
        std::vector<float> y(shape.rows * (shape.n + 3), -7.0f);
        st_convolution task = {};
        task.h = h.data();
        task.taps = shape.taps;
        task.rows = shape.rows;
        task.x = x.data();
        task.x_stride = x_stride;
        task.n = shape.n;
        task.y = y.data();
        task.y_stride = shape.n + 3;
        EXPECT_EQ(st_backend_cpu.respond(ctx.get(), exec, &task), ST_OK);
        return y;
    }
};

/* Largest error of every row, as a share of the row's largest output; -1 when something was
 * written where nothing belongs. */
double worst_error(const Shape &shape, const std::vector<double> &h, const std::vector<float> &x,
                   size_t x_stride, const std::vector<float> &y)
{
    double worst = 0.0;
    for (size_t r = 0; r < shape.rows; r++) {
        double largest = 0.0, error = 0.0;
        for (size_t i = 0; i < shape.n; i++) {
            double sum = 0.0;
            for (size_t k = 0; k < shape.taps; k++) {
                sum += h[k] * x[r * x_stride + shape.taps - 1 + i - k];
            }
            const double d = std::fabs(y[r * (shape.n + 3) + i] - sum);
            largest = std::max(largest, std::fabs(sum));
            error = d <= error ? error : d;
        }
        for (size_t i = shape.n; i < shape.n + 3; i++) {
            if (y[r * (shape.n + 3) + i] != -7.0f) {
                return -1.0;
            }
        }
        worst = std::max(worst, error / largest);
    }
    return worst;
}

TEST_F(Respond, EqualsTheDirectSumAtAnyLength)
{
    std::mt19937 random(1);
    std::normal_distribution<double> noise;
    std::vector<Shape> shapes = {{1, 1, 1},        {1, 5, 2},       {2, 1, 3},       {300, 7, 2},
                                 {1025, 9000, 3},  {4096, 5000, 1}, {4097, 5000, 2}, {8192, 100, 1},
                                 {20000, 9001, 3}, {20000, 1, 2}};
    for (int i = 0; i < 12; i++) {
        shapes.push_back({1 + random() % 6000, 1 + random() % 12000, 1 + random() % 4});
    }
    open(2);
    for (const Shape &shape : shapes) {
        std::vector<double> h(shape.taps);
        for (size_t k = 0; k < shape.taps; k++) {
            h[k] = noise(random) * std::exp(-3.0 * double(k) / double(shape.taps));
        }
        const size_t stride = shape.taps - 1 + shape.n + 5;
        std::vector<float> x(shape.rows * stride, NAN); /* what lies between rows is never read */
        for (size_t r = 0; r < shape.rows; r++) {
            for (size_t i = 0; i < shape.taps - 1 + shape.n; i++) {
                x[r * stride + i] = static_cast<float>(1e4 * noise(random));
            }
        }
        const std::vector<float> y = respond(shape, h, x, stride);
        const double error = worst_error(shape, h, x, stride, y);
        EXPECT_LT(error, 1e-5) << shape.taps << " taps, " << shape.n << " samples";
        EXPECT_GE(error, 0.0) << "wrote beyond a row";
    }
}

TEST_F(Respond, EqualsScipyOaconvolve)
{
    open(1);
    const oracle::Series h = st_reference("convolve_h"), past = st_reference("convolve_x");
    const oracle::Series expected = st_reference("convolve_y");
    const Shape shape = {h.size(), past.size(), 1};
    std::vector<float> x(h.size() - 1, 0.0f);
    x.insert(x.end(), past.begin(), past.end());
    const std::vector<float> y = respond(shape, h, x, x.size());
    double largest = 0.0;
    for (const double v : expected) {
        largest = std::max(largest, std::fabs(v));
    }
    for (size_t i = 0; i < expected.size(); i++) {
        ASSERT_NEAR(y[i], expected[i], 1e-5 * largest) << i;
    }
}

TEST_F(Respond, GivesTheSameBitsForAnyThreadCount)
{
    std::mt19937 random(2);
    std::normal_distribution<double> noise;
    const Shape shape = {9000, 200000, 3};
    std::vector<double> h(shape.taps);
    for (double &v : h) {
        v = noise(random) / 9000.0;
    }
    std::vector<float> x(shape.rows * (shape.taps - 1 + shape.n));
    for (float &v : x) {
        v = static_cast<float>(noise(random));
    }
    open(1);
    const std::vector<float> one = respond(shape, h, x, shape.taps - 1 + shape.n);
    st_backend_cpu.close(exec);
    open(3);
    const std::vector<float> three = respond(shape, h, x, shape.taps - 1 + shape.n);
    EXPECT_TRUE(one == three);
}

} // namespace
