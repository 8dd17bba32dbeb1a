/* parse.h - from a text in memory to a site or to limits: what the loaders and the fuzzers share.
 * Knows no preset names. */
#ifndef ST_MODEL_PARSE_H
#define ST_MODEL_PARSE_H

#include "core/context.h"
#include "surgetank/limits.h"
#include "surgetank/site.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `path` is for the sentences; data_dir for units.yaml, read when a stage names a unit. */
st_status st_site_parse(st_context *ctx, const char *path, const char *text, size_t bytes,
                        const char *data_dir, st_site **site);

/* One file; name and yaml of the limits stay NULL. */
st_status st_limits_parse(st_context *ctx, const char *path, const char *text, size_t bytes,
                          st_limits **limits);

#ifdef __cplusplus
}
#endif
#endif
