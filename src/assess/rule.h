/* rule.h - a rule on its way through a series: filter, then statistic.
 * A part of assess; knows neither units nor verdicts. */
#ifndef ST_ASSESS_RULE_H
#define ST_ASSESS_RULE_H

#include <stdbool.h>

#include "assess/butter.h"
#include "assess/statistic.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_ASSESS_BLOCK = 16384 }; /* samples fed at a time, at most */

/* Filters need room above their edges: at or above this share of the rate there is no value. */
#define ST_EDGE_SHARE 0.45

/* A record as the rules see it. */
typedef struct st_recording {
    int64_t period_ns;
    int64_t samples;
    double coverage; /* valid share */
} st_recording;

double st_recording_rate_hz(const st_recording *recording);

typedef struct st_rule_run {
    const st_statistic_ops *ops; /* NULL: the record cannot give a value */
    st_statistic_setup setup;
    st_bandpass filter;
    bool filtered;
    double *work; /* [ST_ASSESS_BLOCK], filter output */
    void *state;
    st_arena arena; /* owns work and state */
} st_rule_run;

/* Everything is allocated here. ST_CONFIG when the statistic is not computed by this version. */
st_status st_rule_run_open(st_context *ctx, const st_rule *rule, const st_recording *recording,
                           st_rule_run *run);
/* x: [n], any n, the samples that follow, W, NaN = invalid. Cannot fail. */
void st_rule_run_feed(st_rule_run *run, const double *x, size_t n);
st_worst st_rule_run_finish(st_rule_run *run);
/* Accepts a zeroed run. */
void st_rule_run_close(st_rule_run *run);

#ifdef __cplusplus
}
#endif
#endif
