/* cli.h - what the commands share: their description as data, the run they are in, and the exits.
 * The outermost room: turns words into calls of the public headers and results into text.
 * Knows no other room. */
#ifndef ST_CLI_CLI_H
#define ST_CLI_CLI_H

#include "cli/options.h"
#include "cli/terminal.h"
#include "surgetank/status.h"

/* Exit codes of sysexits.h, and what every --help says about them. */
enum {
    CLI_USAGE = 64,
    CLI_FORMAT = 65,
    CLI_MISSING = 66,
    CLI_NO_DEVICE = 69,
    CLI_INTERNAL = 70,
    CLI_OUTPUT = 74,
    CLI_INTERRUPTED = 130
};

/* The run that a command is in. */
typedef struct cli {
    st_context *ctx;
    cli_terminal out, err;
    char *data_dir;     /* where sites/, limits/ and units.yaml lie; owned */
    char *command_line; /* as typed, quoted for a shell; owned */
} cli;

typedef struct cli_exit {
    int code;
    const char *text;
} cli_exit;

/* A command, as a row of the table in main.c. Lists end with an all-zero row. */
struct cli_command {
    const char *name;
    const char *sentence; /* what it does, for `surgetank help` and the top of its --help */
    const char *usage;    /* what follows "surgetank NAME " */
    const char *about;    /* paragraphs under the usage, NULL = none */
    size_t min_operands, max_operands;
    const char *operand; /* name of an operand in messages: "TRACE" */
    const cli_option *options;
    const char *const *examples; /* pairs: what it is good for, the command; NULL-terminated */
    const cli_exit *exits;
    void (*knobs)(const cli_terminal *out); /* prints the knobs of --set; NULL = there are none */
    int (*run)(cli *run, const cli_arguments *arguments);
};

extern const cli_command cli_analyze, cli_size, cli_synth, cli_show, cli_check, cli_info, cli_sites,
    cli_limits, cli_devices;

/* All of them, in the order of `surgetank help`. */
extern const cli_command *const cli_commands[];
extern const size_t cli_n_commands;

/* help.c: `surgetank help`, `surgetank COMMAND --help`. */
void cli_help(const cli_terminal *out);
void cli_help_command(const cli_terminal *out, const cli_command *command);
/* The head and the rows of a knob table; rows wrap. */
void cli_help_knob(const cli_terminal *out, const char *name, const char *value, const char *unit,
                   const char *range, const char *text);

/* Prints "surgetank: <sentence>" on stderr. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints what the context knows about a failure; returns the exit code that belongs to it. */
int cli_fail(const cli *run, st_status status);
/* Prints a usage error that ends by naming `surgetank COMMAND --help`; returns 64. */
int cli_misuse(const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory that is there; a program that can not get a few bytes says so and ends with 70. */
void *cli_allocate(size_t count, size_t bytes);
void *cli_resize(void *memory, size_t count, size_t bytes);
char *cli_copy(const char *text);
/* One word as a shell would read it back: quoted only when it has to be. Free with free(). */
char *cli_quote(const char *word);

/* folders.c: where the presets are; `option` is the value of --data-dir or NULL. Owned by caller. */
char *cli_data_dir(const char *option);
/* True when both names lead to one file on disk; false when either does not exist. */
bool cli_same_file(const char *a, const char *b);

#endif
