/* butter_test.cpp - the band-pass against scipy (data/reference), its own closed form, and gaps. */
#include <gtest/gtest.h>

#include <complex>

#include "assess/stream.h"
#include "reference.h"

namespace
{

const struct {
    const char *name;
    double low_hz, high_hz, rate_hz;
} designs[] = {{"ercot", 0.1, 55, 1000}, {"low", 0.1, 20, 250}, {"lipa", 5, 55, 500}};

TEST(Butter, SectionsEqualScipy)
{
    for (const auto &d : designs) {
        const auto wanted = st_reference(std::string("sos_") + d.name);
        st_section section[4];
        st_butter_bandpass(4, d.low_hz, d.high_hz, d.rate_hz, section);
        ASSERT_EQ(wanted.size(), 24u);
        for (int s = 0; s < 4; s++) {
            const st_section &f = section[s];
            const double found[6] = {f.b0, f.b1, f.b2, 1.0, f.a1, f.a2};
            for (int c = 0; c < 6; c++) {
                const double w = wanted[(size_t)(6 * s + c)];
                EXPECT_NEAR(found[c], w, 1e-14 * std::fabs(w)) << d.name << " " << s << " " << c;
            }
        }
    }
}

TEST(Butter, OutputEqualsScipy)
{
    const auto load = st_reference("load");
    for (const auto &d : designs) {
        const auto wanted = st_reference(std::string("sosfilt_") + d.name);
        double most = 0;
        for (double v : wanted) {
            most = std::max(most, std::fabs(v));
        }
        st_bandpass filter;
        st_bandpass_start(&filter, 4, d.low_hz, d.high_hz, d.rate_hz);
        std::vector<double> y(20000);
        st_bandpass_run(&filter, load.data(), y.data(), y.size());
        for (size_t i = 0; i < wanted.size(); i++) {
            ASSERT_NEAR(y[8 * i], wanted[i], 1e-9 * most) << d.name << " " << 8 * i;
        }
    }
}

/* |H| of a Butterworth band-pass: 1 / sqrt(1 + ((w^2 - lo hi) / (w (hi - lo)))^(2 order)), all
 * frequencies warped by tan. */
double closed_form(int order, double low_hz, double high_hz, double rate_hz, double f)
{
    const auto warp = [&](double hz) { return std::tan(M_PI * hz / rate_hz); };
    const double w = warp(f), lo = warp(low_hz), hi = warp(high_hz);
    return 1 / std::sqrt(1 + std::pow((w * w - lo * hi) / (w * (hi - lo)), 2 * order));
}

TEST(Butter, GainIsTheClosedFormAtEveryOrder)
{
    for (int order = 1; order <= 8; order++) {
        for (const auto &band : {std::pair<double, double>{0.1, 20}, {5, 55}, {1, 440}, {20, 21}}) {
            st_section section[ST_BUTTER_ORDER];
            st_butter_bandpass(order, band.first, band.second, 1000, section);
            for (const double f : {0.05, 0.5, 3.0, 20.3, 60.0, 200.0, 470.0}) {
                const auto z = std::polar(1.0, -2 * M_PI * f / 1000);
                std::complex<double> gain = 1;
                for (int s = 0; s < order; s++) {
                    const st_section &c = section[s];
                    gain *= (c.b0 + z * (c.b1 + z * c.b2)) / (1.0 + z * (c.a1 + z * c.a2));
                }
                const double wanted = closed_form(order, band.first, band.second, 1000, f);
                EXPECT_NEAR(std::abs(gain), wanted, 1e-7 * wanted + 1e-13)
                    << order << " " << band.first << " " << f;
            }
        }
    }
}

TEST(Butter, GapsAreHeldAndNotCounted)
{
    std::vector<double> x(3000), held;
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = 1e8 + 1e6 * std::sin(0.05 * (double)i);
    }
    std::fill(x.begin(), x.begin() + 100, none);
    std::fill(x.begin() + 1000, x.begin() + 1300, none);
    held = x;
    std::fill(held.begin(), held.begin() + 100, x[100]);
    std::fill(held.begin() + 1000, held.begin() + 1300, x[999]);
    std::vector<double> y(x.size()), z(x.size());
    st_bandpass filter;
    st_bandpass_start(&filter, 4, 0.5, 20, 100);
    st_bandpass_run(&filter, x.data(), y.data(), y.size());
    st_bandpass_start(&filter, 4, 0.5, 20, 100);
    st_bandpass_run(&filter, held.data(), z.data(), z.size());
    for (size_t i = 0; i < x.size(); i++) {
        ASSERT_EQ(std::isnan(y[i]), std::isnan(x[i]));
        ASSERT_TRUE(std::isnan(y[i]) || y[i] == z[i]) << i;
    }
    EXPECT_EQ(y[100], 0.0); /* from rest */
}

} // namespace
