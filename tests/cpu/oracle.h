/* oracle.h - the definitions of METHODS 1 and 4.2 as plain float64 loops, independent of the code
 * under test: a naive DFT, gaps filled sample by sample, levels from whole arrays. */
#ifndef ST_TESTS_CPU_ORACLE_H
#define ST_TESTS_CPU_ORACLE_H

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "formula/fir.h"

namespace oracle
{

using Series = std::vector<double>;

inline const double tau = 6.283185307179586476925;

inline int invalid_in(const Series &x, int64_t first, int64_t n)
{
    return static_cast<int>(std::count_if(x.begin() + first, x.begin() + first + n,
                                          [](double v) { return std::isnan(v); }));
}

/* Nearest valid index at or before / after i, inside [first, end); -1 when there is none. */
inline int64_t valid_before(const Series &x, int64_t i, int64_t first)
{
    while (i >= first && std::isnan(x[i])) {
        i--;
    }
    return i >= first ? i : -1;
}
inline int64_t valid_after(const Series &x, int64_t i, int64_t end)
{
    while (i < end && std::isnan(x[i])) {
        i++;
    }
    return i < end ? i : -1;
}
inline double between(const Series &x, int64_t a, int64_t b, int64_t i)
{
    return x[a] + (x[b] - x[a]) * static_cast<double>(i - a) / static_cast<double>(b - a);
}

/* |X_k|^2 of one frame, k = 0 .. n/2: filled, detrended, Hann. */
inline Series frame_power(const Series &x, int64_t first, int n, double *filled_mean = nullptr)
{
    Series frame(n);
    double mean = 0.0;
    for (int i = 0; i < n; i++) {
        const int64_t at = first + i;
        const int64_t a = valid_before(x, at, first), b = valid_after(x, at, first + n);
        frame[i] = a == at ? x[at] : a < 0 ? x[b] : b < 0 ? x[a] : between(x, a, b, at);
        mean += frame[i] / n;
    }
    Series table(n), power(n / 2 + 1);
    for (int i = 0; i < n; i++) {
        table[i] = std::cos(tau * i / n);
        frame[i] = (frame[i] - mean) * (0.5 - 0.5 * std::cos(tau * i / n));
    }
    for (int k = 0; k <= n / 2; k++) {
        double re = 0.0, im = 0.0;
        for (int i = 0; i < n; i++) {
            const int turn = static_cast<int>((static_cast<int64_t>(k) * i) % n);
            re += frame[i] * table[turn];
            im -= frame[i] * table[(turn + 3 * n / 4) % n];
        }
        power[k] = re * re + im * im;
    }
    if (filled_mean != nullptr) {
        *filled_mean = mean;
    }
    return power;
}

struct Welch {
    Series psd; /* one-sided density; empty when no frame is usable */
    int used = 0, flagged = 0, dropped = 0;
};

inline Welch welch(const Series &x, int n, double rate_hz)
{
    Welch result;
    Series sum(n / 2 + 1, 0.0);
    double sum_w2 = 0.0;
    for (int i = 0; i < n; i++) {
        sum_w2 += std::pow(0.5 - 0.5 * std::cos(tau * i / n), 2);
    }
    for (int64_t first = 0; first + n <= static_cast<int64_t>(x.size()); first += n / 2) {
        const int invalid = invalid_in(x, first, n);
        if (invalid * 10 > n) {
            result.dropped++;
            continue;
        }
        result.used++;
        result.flagged += invalid > 0;
        const Series power = frame_power(x, first, n);
        for (int k = 0; k <= n / 2; k++) {
            sum[k] += power[k];
        }
    }
    for (int k = 0; k <= n / 2 && result.used > 0; k++) {
        const double sides = k == 0 || k == n / 2 ? 1.0 : 2.0;
        result.psd.push_back(sum[k] * sides / (rate_hz * sum_w2 * result.used));
    }
    return result;
}

/* What the decimating filter sees at sample i. */
inline double bridged(const Series &x, int64_t i, int64_t bridge)
{
    const int64_t end = static_cast<int64_t>(x.size());
    const int64_t a = valid_before(x, i, 0), b = valid_after(x, i, end);
    if (a == i) {
        return x[i];
    }
    if (a >= 0 && b >= 0 && b - a - 1 <= bridge) {
        return between(x, a, b, i);
    }
    const int64_t to_a = a < 0 ? end : i - a, to_b = b < 0 ? end : b - i;
    return to_a <= to_b ? x[a] : x[b];
}

/* One FIR at the full rate that does what all stages do, one behind the other. */
inline Series composite(const st_fir &fir)
{
    Series h = {1.0};
    size_t rate = 1;
    for (int s = 0; s < fir.stages; s++) {
        const st_fir_stage &stage = fir.stage[s];
        Series longer(h.size() + static_cast<size_t>(stage.taps - 1) * rate, 0.0);
        for (size_t i = 0; i < h.size(); i++) {
            for (size_t k = 0; k < static_cast<size_t>(stage.taps); k++) {
                longer[i + k * rate] += h[i] * static_cast<double>(stage.tap[k]);
            }
        }
        h = longer;
        rate *= static_cast<size_t>(stage.step);
    }
    return h;
}

inline Series decimate(const Series &x, int d, const Series &fir)
{
    Series y;
    const int taps = static_cast<int>(fir.size());
    for (int64_t first = 0; first + taps <= static_cast<int64_t>(x.size()); first += d) {
        if (10 * invalid_in(x, first, taps) > taps) {
            y.push_back(NAN);
            continue;
        }
        double sum = 0.0;
        for (int i = 0; i < taps; i++) {
            sum += fir[i] * bridged(x, first + i, taps / 10);
        }
        y.push_back(sum);
    }
    return y;
}

/* Ripple, drift and noise on `dc_w`, with gaps when asked for. */
inline double ripple(int64_t i, double dc_w, std::mt19937 &random)
{
    std::normal_distribution<double> noise(0.0, 1.0);
    return dc_w + 10.0 * std::sin(tau * 0.0113 * static_cast<double>(i)) +
           4.0 * std::sin(tau * 0.00031 * static_cast<double>(i)) + noise(random);
}

} // namespace oracle

#endif
