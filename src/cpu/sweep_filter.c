/* sweep_filter.c - a block of a channel through the band-pass of the next one, and the block's way
 * through the batteries, the channels and the statistics. Compiled once per instruction set. Filters
 * are float64: sections whose poles are 1e-3 from the unit circle leave float32 no digit. */
#include "cpu/sweep_loops.h"

/* ---- band-pass, transposed direct form II as in assess ---------------------------------------- */

/* The input of a filter: relative to the first valid sample, invalid samples held. */
static void hold(sweep_filter *filter, const float *x, const float *load, double *wide, size_t n)
{
    bool started = filter->started;
    for (int d = 0; d < SWEEP_D; d++) {
        const int lane = d * SWEEP_HALF;
        vecd first = vecd_load(filter->first + lane), held = vecd_load(filter->held + lane);
        started = filter->started;
        for (size_t i = 0; i < n; i++) {
            if (load[i] == load[i]) {
                const vecd now = vecd_widen(x + i * SWEEP_LANES + lane);
                if (!started) {
                    first = now;
                    started = true;
                }
                held = now - first;
            }
            vecd_store(wide + i * SWEEP_LANES + lane, held);
        }
        vecd_store(filter->first + lane, first);
        vecd_store(filter->held + lane, held);
    }
    filter->started = started;
}

/* Sections [s, s + SECTIONS) over the block, in place; SECTIONS are in flight at a time. */
#define SWEEP_SECTIONS(SECTIONS)                                                      \
    static void sections_##SECTIONS(sweep_filter *filter, const double(*c)[5], int s, \
                                    double *wide, size_t n)                           \
    {                                                                                 \
        for (int d = 0; d < SWEEP_D; d++) {                                           \
            const int lane = d * SWEEP_HALF;                                          \
            double *x = wide + lane;                                                  \
            vecd s0[SECTIONS], s1[SECTIONS];                                          \
            for (int k = 0; k < SECTIONS; k++) {                                      \
                s0[k] = vecd_load(filter->state[s + k][0] + lane);                    \
                s1[k] = vecd_load(filter->state[s + k][1] + lane);                    \
            }                                                                         \
            for (size_t i = 0; i < n; i++, x += SWEEP_LANES) {                        \
                vecd v = vecd_load(x);                                                \
                for (int k = 0; k < SECTIONS; k++) {                                  \
                    const double *b = c[s + k];                                       \
                    const vecd y = b[0] * v + s0[k];                                  \
                    s0[k] = b[1] * v - b[3] * y + s1[k];                              \
                    s1[k] = b[2] * v - b[4] * y;                                      \
                    v = y;                                                            \
                }                                                                     \
                vecd_store(x, v);                                                     \
            }                                                                         \
            for (int k = 0; k < SECTIONS; k++) {                                      \
                vecd_store(filter->state[s + k][0] + lane, s0[k]);                    \
                vecd_store(filter->state[s + k][1] + lane, s1[k]);                    \
            }                                                                         \
        }                                                                             \
    }

SWEEP_SECTIONS(4)
SWEEP_SECTIONS(1)

void ST_ISA(sweep_filter)(sweep_work *work, size_t channel, const float *load, size_t n)
{
    const st_sweep_channel *asked = &work->sweep->channel[channel];
    sweep_filter *filter = &work->filter[channel];
    const size_t stride = (size_t)ST_SWEEP_BLOCK * SWEEP_LANES;
    const float *x = work->signal + asked->input * stride;
    float *y = work->signal + channel * stride;
    int s = 0;
    hold(filter, x, load, work->wide, n);
    for (; s + 4 <= asked->order; s += 4) {
        sections_4(filter, asked->section, s, work->wide, n);
    }
    for (; s < asked->order; s++) {
        sections_1(filter, asked->section, s, work->wide, n);
    }
    for (size_t i = 0; i < n; i++) {
        for (int d = 0; d < SWEEP_D; d++) {
            const size_t at = i * SWEEP_LANES + (size_t)(d * SWEEP_HALF);
            vecd_narrow(y + at, vecd_load(work->wide + at) + (double)(load[i] - load[i]));
        }
    }
}

/* ---- the block --------------------------------------------------------------------------------- */

/* The block joins the newest samples of its channel; a block never crosses the ring's end. */
static void keep(sweep_work *work, size_t channel, const float *x, size_t n)
{
    if (work->ring_size[channel] > 0) {
        float *to = work->ring[channel] + work->at % work->ring_size[channel] * SWEEP_LANES;
        memcpy(to, x, n * SWEEP_LANES * sizeof *x);
    }
}

void ST_ISA(sweep)(sweep_work *work, const float *load, const float *excess, size_t n)
{
    const st_sweep *sweep = work->sweep;
    const size_t stride = (size_t)ST_SWEEP_BLOCK * SWEEP_LANES;
    ST_ISA(sweep_step)(work, load, excess, n);
    for (size_t b = 0; b < sweep->n_behind; b++) {
        ST_ISA(sweep_behind)(work, b, load, n);
    }
    for (size_t c = 0; c < sweep->n_channels; c++) {
        if (sweep->channel[c].order > 0) {
            ST_ISA(sweep_filter)(work, c, load, n);
        }
        keep(work, c, work->signal + c * stride, n);
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const size_t channel = sweep->statistic[i].channel;
        const float *x = work->signal + channel * stride;
        if (sweep->statistic[i].kind == ST_SWEEP_CHANGE) {
            ST_ISA(sweep_change)
            (&work->state[i], x, work->ring[channel], work->ring_size[channel], n);
        } else {
            const double *weight = work->weight[i] != NULL ? work->weight[i] + work->read_at : NULL;
            ST_ISA(sweep_state)(&work->state[i], x, load, weight, n);
        }
    }
    work->at += (int64_t)n;
}
