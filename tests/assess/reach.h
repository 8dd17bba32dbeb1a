/* reach.h - the verdict that a rule comes to for a value.
 * For the tests of assess. */
#ifndef ST_TESTS_ASSESS_REACH_H
#define ST_TESTS_ASSESS_REACH_H

#include "assess/stream.h"
#include "assess/verdict.h"

inline st_verdict reach(const st_rule &rule, st_recording recording, double value_w,
                        double nominal_w = none, double peak_w = 2e8)
{
    st_context *ctx = st_context_create();
    st_verdict verdict;
    EXPECT_EQ(st_verdict_reach(ctx, &rule, &recording, {value_w, 7}, nominal_w, peak_w, &verdict),
              ST_OK)
        << st_context_message(ctx);
    st_context_destroy(ctx);
    return verdict;
}

#endif
