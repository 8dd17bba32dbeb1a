/* size_table.h - the map of a sizing as a table: a row for each response time, and a conclusion. */
#ifndef ST_CLI_SIZE_TABLE_H
#define ST_CLI_SIZE_TABLE_H

#include "cli/cli.h"
#include "surgetank/summary.h"

/* Prints /sizing of a summary. 0 or an exit code. */
int cli_size_table(const cli *run, st_summary *summary, const char *path);

#endif
