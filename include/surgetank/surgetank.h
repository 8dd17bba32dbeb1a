/* surgetank.h - all of surgetank: what the grid sees of an AI cluster, in one sentence:
 *
 *     read -> detect -> respond -> assess -> write
 *
 * A trace is power recorded in many racks. Its sum, scaled to a site, is the load; behind the
 * site's batteries it is the draw. Operators' rules are applied to both. Everything found is
 * written to a summary, which is read back by column.
 *
 * Every call that can fail returns an st_status and leaves one sentence in the context: what,
 * where, found, allowed. Arguments are borrowed; what a call creates has its own close or destroy,
 * and these accept NULL. The library never prints, exits or reads the environment. Units are in the
 * names: _w is watts, _j joules, _s seconds, _ns nanoseconds, _hz hertz.
 *
 * ---- a complete program ----
 *   // example.c - what would the grid operators say to this recording?
 *   //
 *   //     cc example.c $(pkg-config --cflags --libs surgetank) -o example
 *   //     ./example trace.h5 summary.h5 /usr/share/surgetank
 *   #include <surgetank/surgetank.h>
 *
 *   #include <stdio.h>
 *
 *   // What the example works with. Everything starts as NULL, so that the way out is one way.
 *   struct work {
 *       st_trace *trace;
 *       st_site *site;
 *       st_limits *limits;
 *       st_summary *summary;
 *   };
 *
 *   // read: a recording, what stands between it and the grid, and the rules that apply there.
 *   static st_status read_all(st_context *ctx, struct work *w, const char *path, const char *data)
 *   {
 *       const st_trace_options options = ST_TRACE_OPTIONS_DEFAULT;
 *       st_status status = st_trace_open(ctx, &path, 1, &options, &w->trace);
 *       if (status == ST_OK)
 *           status = st_site_load(ctx, "colossus-2", data, &w->site);
 *       if (status == ST_OK)
 *           status = st_limits_load(ctx, "ercot,ieso", data, &w->limits);
 *       return status;
 *   }
 *
 *   // detect, respond, assess, write: one call. On failure an older summary stays as it was.
 *   static st_status analyze(st_context *ctx, const struct work *w, const char *output)
 *   {
 *       st_settings settings;
 *       st_settings_default(&settings);
 *       st_status status = st_settings_set(ctx, &settings, "frame=2048");
 *       const st_analysis analysis = {
 *           .trace = w->trace,
 *           .site = w->site,
 *           .limits = w->limits,
 *           .settings = &settings,
 *           .backend = "auto",
 *           .output = output,
 *       };
 *       return status == ST_OK ? st_analyze(ctx, &analysis) : status;
 *   }
 *
 *   // What came out: a column for each word, a row for each rule and point (load, draw).
 *   static st_status print_verdicts(st_context *ctx, struct work *w, const char *output)
 *   {
 *       static const char *const words[] = {"PASS", "FAIL", "INDETERMINATE"};
 *       const char *const *rule, *const *unit;
 *       const int64_t *judged, *verdict;
 *       const double *value, *limit;
 *       size_t n = 0;
 *       st_status status = st_summary_open(ctx, output, &w->summary);
 *       if (status == ST_OK)
 *           status = st_summary_strings(w->summary, "verdicts/rule", &rule, &n);
 *       if (status == ST_OK)
 *           status = st_summary_strings(w->summary, "verdicts/unit", &unit, &n);
 *       if (status == ST_OK)
 *           status = st_summary_integers(w->summary, "verdicts/judged", &judged, &n);
 *       if (status == ST_OK)
 *           status = st_summary_integers(w->summary, "verdicts/status", &verdict, &n);
 *       if (status == ST_OK)
 *           status = st_summary_reals(w->summary, "verdicts/value", &value, &n);
 *       if (status == ST_OK)
 *           status = st_summary_reals(w->summary, "verdicts/limit", &limit, &n);
 *       for (size_t i = 0; status == ST_OK && i < n; i++) {
 *           const char *word = words[verdict[i]];
 *           if (judged[i] == 1)
 *               printf("%-13s %s: %g, limit %g %s\n", word, rule[i], value[i], limit[i], unit[i]);
 *       }
 *       return status;
 *   }
 *
 *   int main(int argc, char **argv)
 *   {
 *       if (argc != 4) {
 *           fprintf(stderr, "usage: example TRACE SUMMARY DATA_FOLDER\n");
 *           return 64;
 *       }
 *       struct work w = {NULL, NULL, NULL, NULL};
 *       st_context *ctx = st_context_create();
 *       if (ctx == NULL)
 *           return 70;
 *       st_status status = read_all(ctx, &w, argv[1], argv[3]);
 *       if (status == ST_OK)
 *           status = analyze(ctx, &w, argv[2]);
 *       if (status == ST_OK)
 *           status = print_verdicts(ctx, &w, argv[2]);
 *       if (status != ST_OK) // one sentence says what went wrong, and where
 *           fprintf(stderr, "example: %s\n", st_context_message(ctx));
 *       st_summary_close(w.summary);
 *       st_limits_destroy(w.limits);
 *       st_site_destroy(w.site);
 *       st_trace_close(w.trace);
 *       st_context_destroy(ctx);
 *       return st_status_exit_code(status);
 *   }
 * ---- end of the program ----
 */
#ifndef SURGETANK_SURGETANK_H
#define SURGETANK_SURGETANK_H

#include "surgetank/status.h"   /* how calls report */
#include "surgetank/trace.h"    /* read, and write, recordings */
#include "surgetank/site.h"     /* racks, batteries, generation */
#include "surgetank/limits.h"   /* operators' rules */
#include "surgetank/settings.h" /* every knob of a run */
#include "surgetank/analysis.h" /* the sentence */
#include "surgetank/sizing.h"   /* the smallest battery that passes */
#include "surgetank/summary.h"  /* what it found */
#include "surgetank/synth.h"    /* recordings to try things with */

#endif
