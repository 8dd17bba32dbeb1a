/* sizing.h - the smallest battery that passes: a sweep of candidates behind the sentence's load,
 *     read -> detect -> sweep -> respond -> assess -> write
 * with the chosen candidate in place of the site's battery field. */
#ifndef SURGETANK_SIZING_H
#define SURGETANK_SIZING_H

#include <stdint.h>

#include "surgetank/limits.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"
#include "surgetank/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ST_SIZING_RESPONSES = 64,      /* most response times, */
    ST_SIZING_CONTROLS = 64,       /* and time constants or ramp targets, of one sweep */
    ST_SIZING_CANDIDATES = 4000000 /* most candidates */
};

/* What to size and where the answer goes. Everything is borrowed for the call. Candidates are
 * units x response times x controls of the first storage stage at the site; what is not swept
 * stays as the stage has it. units = 0 is no battery: the draw is the load. */
typedef struct st_sizing {
    const st_trace *trace;       /* an opened trace */
    const st_site *site;         /* its first storage stage at the site is sized; those behind it
                                  * stay as they are */
    const st_limits *limits;     /* NULL: only the rules that the site's own generation makes */
    const st_settings *settings; /* NULL: defaults */
    const char *backend;         /* "auto" (or NULL), "cpu", "cuda" */
    const char *output;          /* path of the summary */
    const char *command_line;    /* recorded in the summary; NULL = "" */
    const char *unit;            /* unit type of units.yaml to size with, NULL: that of the stage;
                                  * a site without a stage there gets one with the usual defaults */
    const char *data_dir;        /* where units.yaml is; needed with `unit` */
    int64_t units_first, units_last, units_step; /* counts; 0, 0, 0: see st_sizing_units */
    const double *response_s; /* [n_responses] Tp, s, >= 0, rising; n 0: 2 to 500 ms */
    size_t n_responses;
    const double *tau_s; /* [n_taus] s, > 0, rising: the stage smooths with these */
    size_t n_taus;
    const double *ramp_w_per_s; /* [n_ramps] W/s, > 0, rising: it holds the draw to these, both
                                 * ways; taus or ramps, not both; neither: the stage's own control */
    size_t n_ramps;
} st_sizing;

/* Counts that are swept when none are given: 0 to twice the site's own count, one by one up to
 * 2,000 of them, in larger steps beyond; 0 to 1,000 where the site has no count. */
ST_API void st_sizing_units(const st_site *site, const char *unit, int64_t *first, int64_t *last,
                            int64_t *step);

/* Sweeps, runs the smallest battery without a FAIL through respond and assess, and writes the
 * summary with its /sizing; or fails with one sentence and leaves nothing behind. Of several
 * response times the slowest that needs the fewest units is chosen; where no count passes at any of
 * them, the site's own battery. Notices and /sizing/why say what no count can cure. */
ST_API st_status st_size(st_context *ctx, const st_sizing *sizing);

#ifdef __cplusplus
}
#endif
#endif
