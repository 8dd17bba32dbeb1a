/* analysis.h - the whole sentence: read -> detect -> respond -> assess -> write. */
#ifndef SURGETANK_ANALYSIS_H
#define SURGETANK_ANALYSIS_H

#include <stdbool.h>

#include "surgetank/limits.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"
#include "surgetank/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to analyze and where the answer goes. Everything is borrowed for the call. */
typedef struct st_analysis {
    const st_trace *trace;       /* an opened trace */
    const st_site *site;         /* NULL: no storage, no scaling, no nominal power */
    const st_limits *limits;     /* NULL: no operator rules (the site's own rules still apply) */
    const st_settings *settings; /* NULL: defaults */
    const char *backend;      /* "auto", "cpu", "cuda"; NULL = auto: cuda where usable, else cpu */
    const char *impulse;      /* HDF5 file with /impulse_response, or NULL */
    const char *output;       /* path of the summary */
    const char *command_line; /* recorded in the summary; NULL = "" */
    bool save_series;         /* write /load/power_w and /draw/power_w */
} st_analysis;

/* Runs the sentence and writes the summary, or fails with one sentence and leaves nothing behind. */
ST_API st_status st_analyze(st_context *ctx, const st_analysis *analysis);

/* One backend, usable or not. */
typedef struct st_backend_info {
    const char *name; /* "cpu", "cuda" */
    bool usable;
    char text[512]; /* the device in words, or why it is missing */
} st_backend_info;
/* Fills at most `capacity` rows, returns how many there are. */
ST_API size_t st_backend_list(st_backend_info *info, size_t capacity);

/* "0.1.0" and the commit the library was built from. Static storage. */
ST_API const char *st_version(void);
ST_API const char *st_git_commit(void);

#ifdef __cplusplus
}
#endif
#endif
