/* size_table.h - the map of a sizing as a table: a row for each response time, and a conclusion. */
#ifndef ST_CLI_SIZE_TABLE_H
#define ST_CLI_SIZE_TABLE_H

#include "cli/cli.h"
#include "surgetank/summary.h"

/* What a sizing chose, and the lines that it took to say so. */
typedef struct cli_sized {
    int64_t units; /* -1: no count passes */
    double response_s;
    size_t lines;
} cli_sized;

/* Prints /sizing of a summary. 0 or an exit code. */
int cli_size_table(const cli *run, st_summary *summary, const char *path);
/* The same, and below it the reasons that the summary keeps, which a run gives as notices. */
int cli_size_kept(const cli *run, st_summary *summary, const char *path, cli_sized *sized);

#endif
