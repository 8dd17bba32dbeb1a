/* order.c - bisection over the values that a float32 can have, until one element is left. */
#include "detect/order.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "detect/counts.h"

const st_counts *st_counts_choose(void)
{
#ifdef ST_DETECT_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512cd")) {
        return &st_counts_v4;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return &st_counts_v3;
    }
#endif
    return &st_counts_base;
}

st_order st_order_open(float *x, size_t n)
{
    for (size_t i = n; i < st_order_room(n); i++) {
        x[i] = NAN;
    }
    st_order order = {.x = x, .n = n, .counts = st_counts_choose()};
    order.counts->extremes(x, n, &order.least, &order.most);
    return order;
}

/* Whole numbers in the order of the floats; its own inverse. */
static int32_t turn(int32_t bits)
{
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

static int32_t key_of(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return turn(bits);
}

static float value_of(int64_t key)
{
    const int32_t bits = turn((int32_t)key);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

st_rank st_rank_of(size_t n, double share)
{
    const double at = share * (double)(n - 1);
    const size_t k = (size_t)at;
    return (st_rank){k, at - (double)k};
}

st_ranked st_order_find(const st_order *o, size_t k)
{
    int64_t low = key_of(o->least), high = (int64_t)key_of(o->most) + 1;
    size_t before = 0, until = o->n; /* how many values are below low, below high */
    while (until - before > 1 && high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        const size_t count = o->counts->below(o->x, o->n, value_of(middle));
        if (count <= k) {
            low = middle;
            before = count;
        } else {
            high = middle;
            until = count;
        }
    }
    /* One value is left, or several that are equal. */
    const float at = o->counts->least_from(o->x, o->n, value_of(low));
    const bool last = until == k + 1 && until < o->n;
    return (st_ranked){at, last ? o->counts->least_from(o->x, o->n, value_of(high)) : at};
}

double st_order_quantile(const st_order *order, double share)
{
    const st_rank rank = st_rank_of(order->n, share);
    const st_ranked found = st_order_find(order, rank.k);
    const double at = found.at, next = found.next;
    return at + (next - at) * rank.rest;
}
