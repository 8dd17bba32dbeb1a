/* job.h - what commands share that compute on recordings: which recordings, whose site, what rules,
 * where, with what settings; opened before the work and given back after it. */
#ifndef ST_CLI_JOB_H
#define ST_CLI_JOB_H

#include "cli/cli.h"
#include "surgetank/limits.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"
#include "surgetank/trace.h"

/* Rows for an option table. */
#define CLI_JOB_OPTIONS                                             \
    {.name = "backend",                                             \
     .argument = "auto|cpu|cuda",                                   \
     .standard = "auto: cuda where usable, else cpu",               \
     .text = "where to compute"},                                   \
        {.name = "threads",                                         \
         .argument = "N",                                           \
         .standard = "0: all processors",                           \
         .text = "processor threads; never changes a number"},      \
        {.name = "set",                                             \
         .argument = "KNOB=VALUE",                                  \
         .repeats = true,                                           \
         .text = "change one of the knobs below"},                  \
    {                                                               \
        .name = "quiet", .letter = 'q', .text = "print errors only" \
    }

typedef struct cli_job {
    const char *backend, *output;
    st_settings settings;
    st_trace_options trace_options;
    bool quiet;
    /* opened */
    st_trace *trace;
    st_site *site;     /* NULL: none was named */
    st_limits *limits; /* likewise */
} cli_job;

/* 0 or the exit code: also where the output is one of the inputs, which it would destroy. */
int cli_job_read(cli *run, const cli_arguments *arguments, cli_job *job);
/* Opens the inputs, calls `work` and shows the progress of both; then `tell` on success, unless the
 * call was to be quiet. Returns the exit code. */
int cli_job_run(cli *run, const cli_arguments *arguments, cli_job *job,
                st_status (*work)(cli *run, void *user),
                int (*tell)(cli *run, void *user, double seconds), void *user);
/* Gives back what has been opened. */
void cli_job_close(cli_job *job);

/* The knobs of --set, for --help. */
void cli_job_knobs(const cli_terminal *out);

#endif
