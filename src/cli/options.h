/* options.h - the one option parser: a command is a table of options, a call is checked against it.
 * Knows words only, not what they mean. */
#ifndef ST_CLI_OPTIONS_H
#define ST_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_command cli_command;

typedef struct cli_option {
    const char *name;     /* without the dashes: "output" */
    const char *argument; /* the word for its value: "SUMMARY"; NULL = a switch */
    const char *standard; /* what holds without it, in words; NULL = nothing to say */
    const char *text;     /* one sentence */
    char letter;          /* short form, 0 = none */
    bool repeats;         /* may be given more than once */
    bool needed;          /* the command can not do without it */
} cli_option;

/* Rows that every command has; the last row of each table. */
#define CLI_COMMON_OPTIONS                                               \
    {.name = "data-dir",                                                 \
     .argument = "DIR",                                                  \
     .standard = "beside the program",                                   \
     .text = "folder with sites/, limits/ and units.yaml"},              \
        {.name = "help", .letter = 'h', .text = "explain this command"}, \
    {                                                                    \
        .name = NULL                                                     \
    }

typedef struct cli_given {
    const cli_option *option;
    const char *value; /* NULL for a switch */
} cli_given;

/* A call, taken apart. Words are borrowed from argv. */
typedef struct cli_arguments {
    const cli_command *command;
    const char **operands;
    size_t n_operands;
    cli_given *given;
    size_t n_given;
} cli_arguments;

/* Takes apart argv[0..argc), what follows the command's name. Returns 0, or 64 after saying why. */
int cli_parse(const cli_command *command, int argc, char **argv, cli_arguments *arguments);
void cli_arguments_free(cli_arguments *arguments);

bool cli_has(const cli_arguments *arguments, const char *name);
/* The value given, or NULL. */
const char *cli_value(const cli_arguments *arguments, const char *name);
/* Checks that all needed options are there and the number of operands fits; 0 or 64. */
int cli_check_call(const cli_arguments *arguments);

/* Whole numbers from low to high, nothing around them; 0, or 64 after saying what is allowed. */
int cli_integer(const cli_arguments *arguments, const char *name, int64_t low, int64_t high,
                int64_t *value);
/* A number above `low` (not equal), nothing around it; 0 or 64. */
int cli_real(const cli_arguments *arguments, const char *name, double low, double *value);
/* "60s", "1ms", "1.5h": more than nothing; 0 or 64. */
int cli_duration(const cli_arguments *arguments, const char *name, int64_t *duration_ns);
/* One of the words (NULL-terminated); *index is its place. 0 or 64. */
int cli_word(const cli_arguments *arguments, const char *name, const char *const *words,
             int *index);

/* The known word that `word` was probably meant to be, or NULL. */
const char *cli_nearest(const char *word, const char *const *known, size_t n);

#endif
