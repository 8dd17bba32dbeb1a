/* progress.h - what a long run tells while it runs, and how it is stopped.
 * Wraps the context's callbacks; knows no stage by name. */
#ifndef ST_CLI_PROGRESS_H
#define ST_CLI_PROGRESS_H

#include "cli/cli.h"

typedef struct cli_progress {
    const cli_terminal *err;
    bool quiet;
    char stage[64];
    double start_s; /* of the run; s of the monotonic clock */
    double stage_start_s;
    double told_s;  /* when the last line was written */
    bool line_open; /* a line on the terminal that the next one replaces */
} cli_progress;

/* Installs callbacks on run->ctx and handlers for SIGINT and SIGTERM. */
void cli_progress_begin(cli_progress *progress, const cli *run, bool quiet);
/* Removes both, clears the line; returns the seconds it took. */
double cli_progress_end(cli_progress *progress, const cli *run);

#endif
