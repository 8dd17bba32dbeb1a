/* devices.c - surgetank devices: where an analysis can be computed, and why not elsewhere.
 * Never fails: a missing device is an answer. */
#include <stdlib.h>

#include "cli/cli.h"
#include "surgetank/analysis.h"

enum { MOST_BACKENDS = 16 };

static int run_devices(cli *run, const cli_arguments *arguments)
{
    (void)arguments;
    st_backend_info *info = cli_allocate(MOST_BACKENDS, sizeof *info);
    const size_t found = st_backend_list(info, MOST_BACKENDS);
    cli_table *table = cli_table_create("llw");
    for (size_t i = 0; i < found && i < MOST_BACKENDS; i++) {
        cli_cell(table, CLI_BOLD, "%s", info[i].name);
        cli_cell(table, info[i].usable ? CLI_GREEN : CLI_YELLOW, "%s",
                 info[i].usable ? "usable" : "missing");
        cli_cell(table, CLI_PLAIN, "%s", info[i].text);
    }
    cli_table_print(table, &run->out, 0);
    free(info);
    return 0;
}

static const cli_option options[] = {CLI_COMMON_OPTIONS};

static const char *const examples[] = {
    "Will an analysis use the GPU, and if not, why?",
    "surgetank devices",
    NULL,
};

static const cli_exit exits[] = {
    {0, "listed, with or without a GPU"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_OUTPUT, "the list could not be printed"},
    {0, NULL},
};

const cli_command cli_devices = {
    .name = "devices",
    .sentence = "list the backends an analysis can run on, and why one is missing",
    .usage = "",
    .about =
        "analyze --backend auto takes cuda where it is usable, else cpu; a backend asked for by "
        "name is never replaced by another.",
    .operand = "option",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_devices,
};
