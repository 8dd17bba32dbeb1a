/* verdict.h - from the worst value of a rule to PASS, FAIL or INDETERMINATE.
 * Poor data can convict; it can not acquit. */
#ifndef ST_ASSESS_VERDICT_H
#define ST_ASSESS_VERDICT_H

#include "assess/rule.h"
#include "surgetank/summary.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_REASON_BYTES = 320 };

typedef struct st_verdict {
    st_verdict_status status;
    double value, limit; /* in `unit` */
    double margin;       /* (limit - value) / limit */
    st_unit unit;
    char reason[ST_REASON_BYTES]; /* why INDETERMINATE: what is there and what is needed */
} st_verdict;

/* nominal_w: NaN without a site; peak_w: largest valid load. ST_ARGUMENT when the limit needs a
 * nominal power and there is none. */
st_status st_verdict_reach(st_context *ctx, const st_rule *rule, const st_recording *recording,
                           st_worst worst, double nominal_w, double peak_w, st_verdict *verdict);

#ifdef __cplusplus
}
#endif
#endif
