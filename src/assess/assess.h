/* assess.h - the stage assess of the sentence: every rule on load and on draw.
 * What the engine calls between the draw and the summary; knows neither traces nor files. */
#ifndef ST_ASSESS_ASSESS_H
#define ST_ASSESS_ASSESS_H

#include "core/memory.h"
#include "core/scratch.h"
#include "model/result.h"
#include "surgetank/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_assess_input {
    const st_series *load, *draw; /* [samples], W, NaN = invalid, borrowed; may be the same */
    int64_t period_ns, start_ns;
    double coverage;  /* valid share of the load */
    double nominal_w; /* of the site; NaN without one */
    double peak_w;    /* largest valid load; NaN: taken from the load */
    int threads;      /* 0 = all processors; never changes a number */
} st_assess_input;

/* Rows that the sets will fill: rule x {load, draw}, rules of kind `none` left out. A set may be
 * NULL. */
size_t st_assess_rows(const st_limits *const *sets, size_t n_sets);

/* What an arena must hold for the reasons of so many rows. */
size_t st_assess_text_bytes(size_t rows);

/* Fills rows [0, st_assess_rows) of every column, in the order of sets and rules, load before draw.
 * One pass over each series. Names and units are borrowed from the rules, reasons are taken from
 * `texts`. ST_ARGUMENT when a limit needs the nominal power of a site and there is none. */
st_status st_assess(st_context *ctx, const st_limits *const *sets, size_t n_sets,
                    const st_assess_input *input, st_arena *texts, st_verdict_columns *verdicts);

#ifdef __cplusplus
}
#endif
#endif
