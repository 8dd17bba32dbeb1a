/* respond_test.cpp - overlap-save against the direct float64 sum, and against its network as
 * formula/convolve.h says it, bit for bit, on every instruction set. */
#include "cpu/instruction_sets.h"
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

TEST_F(Respond, TellsResponsesOfOneLengthApart)
{
    open(1);
    const Shape shape = {30, 500, 1}, longer = {9000, 500, 1};
    std::vector<double> h(shape.taps, 0.0);
    const std::vector<float> x(longer.taps - 1 + shape.n, 1.0f);
    for (const double gain : {1.0, 3.0}) {
        h[7] = gain;
        EXPECT_NEAR(respond(shape, h, x, x.size())[100], gain, 1e-5);
        EXPECT_NEAR(respond(shape, h, x, x.size())[100], gain, 1e-5); /* once more */
        EXPECT_NEAR(respond(longer, std::vector<double>(longer.taps, 0.001), x, x.size())[100], 9.0,
                    1e-4);
    }
    EXPECT_NEAR(respond(shape, h, x, x.size())[100], 3.0, 1e-5);
}

/* One pass of the network, forward or backward. */
void run_pass(int pass, bool forward, const std::vector<st_c32> &w, std::vector<st_c32> &z)
{
    const int length = st_convolve_length(pass), radix = st_convolve_radix(pass);
    for (int b = 0; b < ST_CONVOLVE_POINTS; b += length) {
        for (int j = 0; j < length / radix; j++) {
            st_c32 a[8];
            for (int r = 0; r < radix; r++) {
                const st_c32 by = w[r * j * (ST_CONVOLVE_POINTS / length)];
                a[r] = z[b + j + r * length / radix];
                a[r] = !forward && r > 0 && pass < 4 ? st_c_mul_conj_f32(a[r], by) : a[r];
            }
            if (radix == 8) {
                forward ? st_dft8_f32(a) : st_dft8_back_f32(a);
            } else {
                forward ? st_dft4_f32(a) : st_dft4_back_f32(a);
            }
            for (int q = 0; q < radix; q++) {
                const st_c32 by = w[q * j * (ST_CONVOLVE_POINTS / length)];
                z[b + j + q * length / radix] =
                    forward && q > 0 && pass < 4 ? st_c_mul_f32(a[q], by) : a[q];
            }
        }
    }
}

/* Overlap-save of a pair of rows without any haste. */
class Plain
{
  public:
    Plain(const std::vector<double> &response)
        : h(response), cut(st_convolve_cut_of(h.size())), w(ST_CONVOLVE_POINTS)
    {
        std::vector<st_c64> w64(ST_CONVOLVE_POINTS), x(ST_CONVOLVE_POINTS);
        st_fft_twiddle_f32(w.data(), ST_CONVOLVE_POINTS);
        st_fft_twiddle_f64(w64.data(), ST_CONVOLVE_POINTS);
        for (int p = 0; p < cut.parts; p++) {
            st_convolve_response(&cut, h.data(), h.size(), p, w64.data(), x.data());
            spectrum.emplace_back();
            for (const st_c64 &v : x) {
                spectrum.back().push_back({static_cast<float>(v.re), static_cast<float>(v.im)});
            }
        }
    }
    /* a, b: [taps - 1 + n]; b may be empty. */
    void run(const std::vector<float> &a, const std::vector<float> &b, size_t n, float *ya,
             float *yb) const
    {
        const int64_t blocks = (static_cast<int64_t>(n) + cut.step - 1) / cut.step;
        std::vector<std::vector<st_c32>> past;
        for (int64_t j = 1 - cut.parts; j < blocks; j++) {
            past.insert(past.begin(), segment(a, b, j));
            if (j < 0) {
                continue;
            }
            std::vector<st_c32> z = multiply(past);
            for (int pass = ST_CONVOLVE_PASSES; pass-- > 0;) {
                run_pass(pass, false, w, z);
            }
            for (int i = 0; i < cut.step && j * cut.step + i < static_cast<int64_t>(n); i++) {
                ya[j * cut.step + i] = z[cut.lead + i].re;
                yb[j * cut.step + i] = z[cut.lead + i].im;
            }
        }
    }

  private:
    std::vector<st_c32> segment(const std::vector<float> &a, const std::vector<float> &b,
                                int64_t j) const
    {
        std::vector<st_c32> z(ST_CONVOLVE_POINTS);
        const int64_t first = static_cast<int64_t>(h.size()) - 1 - cut.lead + j * cut.step;
        const auto at = [&](const std::vector<float> &x, int64_t i) {
            return i >= 0 && i < static_cast<int64_t>(x.size()) ? x[i] : 0.0f;
        };
        for (int i = 0; i < ST_CONVOLVE_POINTS; i++) {
            z[i] = {at(a, first + i), at(b, first + i)};
        }
        for (int pass = 0; pass < ST_CONVOLVE_PASSES; pass++) {
            run_pass(pass, true, w, z);
        }
        return z;
    }
    /* past: this segment's spectrum, then those before it. */
    std::vector<st_c32> multiply(const std::vector<std::vector<st_c32>> &past) const
    {
        std::vector<st_c32> z(ST_CONVOLVE_POINTS);
        for (int k = 0; k < ST_CONVOLVE_POINTS; k++) {
            z[k] = st_c_mul_f32(past[0][k], spectrum[0][k]);
            st_c32 sum = {0.0f, 0.0f};
            for (int p = 1; p < cut.parts; p++) {
                const st_c32 product = st_c_mul_f32(past[p][k], spectrum[p][k]);
                sum = p == 1 ? product : st_c_add_f32(sum, product);
            }
            z[k] = cut.parts > 1 ? st_c_add_f32(z[k], sum) : z[k];
        }
        return z;
    }

    std::vector<double> h;
    st_convolve_cut cut;
    std::vector<st_c32> w;
    std::vector<std::vector<st_c32>> spectrum;
};

TEST_F(Respond, HasTheBitsOfThePlainNetworkOnEveryInstructionSet)
{
    std::mt19937 random(3);
    std::normal_distribution<double> noise;
    open(2);
    for (const Shape &shape : {Shape{1025, 20000, 2}, Shape{700, 9000, 1}, Shape{9000, 21000, 2}}) {
        std::vector<double> h(shape.taps);
        std::generate(h.begin(), h.end(), [&] { return noise(random); });
        const size_t length = shape.taps - 1 + shape.n;
        std::vector<float> x(shape.rows * length), expected(2 * shape.n), y;
        std::generate(x.begin(), x.end(), [&] { return static_cast<float>(noise(random)); });
        const auto second = x.begin() + static_cast<int64_t>(length);
        Plain(h).run({x.begin(), second}, {second, x.end()}, shape.n, expected.data(),
                     expected.data() + shape.n);
        for (const cpu_loops *loops : usable_loops()) {
            exec->loops = loops;
            y = respond(shape, h, x, length);
            for (size_t r = 0; r < shape.rows; r++) {
                for (size_t i = 0; i < shape.n; i++) {
                    ASSERT_EQ(y[r * (shape.n + 3) + i], expected[r * shape.n + i])
                        << loops->name << ", " << shape.taps << " taps, output " << i;
                }
            }
        }
    }
}

/* Many outputs go past the caches where they stand on lines; a few do not. */
TEST_F(Respond, WritesTheSameBitsPastTheCaches)
{
    const size_t taps = 100, n = 3000000, some = 40000, stride = n + 64 - n % 16;
    std::vector<double> h(taps, 0.01);
    std::vector<float> x(2 * (taps - 1 + n)), room(2 * stride + 16, -7.0f), few(2 * some);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = static_cast<float>(i * 2654435761u % 1000u);
    }
    const size_t ahead = (64 - reinterpret_cast<uintptr_t>(room.data()) % 64) % 64;
    float *const y = room.data() + ahead / sizeof(float);
    open(2);
    st_convolution task = {};
    task.h = h.data();
    task.taps = taps;
    task.rows = 2;
    task.x = x.data();
    task.x_stride = taps - 1 + n;
    task.n = n;
    task.y = y;
    task.y_stride = stride;
    ASSERT_EQ(st_backend_cpu.respond(ctx.get(), exec, &task), ST_OK);
    task.n = some;
    task.y = few.data();
    task.y_stride = some;
    ASSERT_EQ(st_backend_cpu.respond(ctx.get(), exec, &task), ST_OK);
    for (size_t r = 0; r < 2; r++) {
        EXPECT_TRUE(
            std::equal(y + r * stride, y + r * stride + some - 8192, few.data() + r * some));
        EXPECT_NE(y[r * stride + n - 1], -7.0f);
        EXPECT_EQ(y[r * stride + n], -7.0f);
    }
}

} // namespace
