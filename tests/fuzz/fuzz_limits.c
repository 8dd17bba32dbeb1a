/* fuzz_limits.c - any bytes as a limits file: a sentence or rules whose numbers are in range. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/parse.h"
#include "model/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rule(st_context *ctx, const st_rule *rule)
{
    double limit = 0;
    st_unit unit = ST_UNIT_MW;
    if (rule->statistic.kind == ST_STAT_NONE) {
        return;
    }
    if (st_limit_resolve(ctx, rule, 1e8, 1e8, &limit, &unit) != ST_OK || !(limit > 0) ||
        !isfinite(limit) || rule->id[0] == '\0' || rule->line < 1 ||
        (rule->filter_high_hz > 0 && !(rule->filter_low_hz < rule->filter_high_hz))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_context *ctx = st_context_create();
    st_limits *limits = NULL;
    if (st_limits_parse(ctx, "fuzz.yaml", (const char *)data, size, &limits) == ST_OK) {
        for (size_t i = 0; i < limits->n_rules; i++) {
            check_rule(ctx, &limits->rules[i]);
        }
    } else if (st_context_message(ctx)[0] == '\0') {
        abort();
    }
    st_limits_destroy(limits);
    st_context_destroy(ctx);
    return 0;
}
