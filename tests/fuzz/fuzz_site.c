/* fuzz_site.c - any bytes as a site file: a sentence or a site whose numbers are in range. */
#include <stdint.h>
#include <stdlib.h>

#include "model/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_stage(const st_stage *stage)
{
    if (!(stage->power_w > 0 && stage->power_w <= 1e13) ||
        !(stage->energy_j > 0 && stage->energy_j <= 3.6e18) ||
        !(stage->soc_min >= 0 && stage->soc_min <= stage->soc_start) ||
        !(stage->soc_start <= stage->soc_max && stage->soc_max <= 1) || !(stage->tau_s > 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_context *ctx = st_context_create();
    st_site *site = NULL;
    if (st_site_parse(ctx, "fuzz.yaml", (const char *)data, size, ST_FUZZ_DATA, &site) == ST_OK) {
        for (size_t i = 0; i < site->n_stages; i++) {
            check_stage(&site->stages[i]);
        }
    } else if (st_context_message(ctx)[0] == '\0') {
        abort();
    }
    st_site_destroy(site);
    st_context_destroy(ctx);
    return 0;
}
