/* options.c - takes a call apart by the command's table and says in one line what does not fit.
 * Knows words only, not what they mean. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { WORD_BYTES = 64, LIST_BYTES = 1024 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn one word into the other, a swap of neighbours counting once (Damerau 1964). */
static size_t edits(const char *a, const char *b)
{
    size_t rows[3][WORD_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    const size_t na = strlen(a), nb = strlen(b);
    if (na > WORD_BYTES || nb > WORD_BYTES) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= nb; j++) {
        before[j] = 0;
        above[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(replaced, 1 + smaller(above[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[nb];
}

const char *cli_nearest(const char *word, const char *const *known, size_t n)
{
    const size_t length = strlen(word);
    const char *best = NULL;
    size_t best_edits = smaller(2, length / 2) + 1; /* more than two slips is another word */
    for (size_t i = 0; i < n; i++) {
        const size_t needed =
            length >= 2 && strncmp(word, known[i], length) == 0 ? 0 : edits(word, known[i]);
        if (needed < best_edits) {
            best_edits = needed;
            best = known[i];
        }
    }
    return best;
}

static const cli_option *find_option(const cli_command *command, const char *name, size_t length)
{
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
            return option;
        }
    }
    return NULL;
}

static const cli_option *find_letter(const cli_command *command, char letter)
{
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        if (option->letter != 0 && option->letter == letter) {
            return option;
        }
    }
    return NULL;
}

static int unknown_option(const cli_command *command, const char *word)
{
    char names[LIST_BYTES] = "";
    const char *known[WORD_BYTES];
    size_t n = 0, used = 0;
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        if (n < WORD_BYTES && used + strlen(option->name) + 5 < sizeof names) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s--%s", n ? ", " : "",
                                     option->name);
            known[n++] = option->name;
        }
    }
    char stem[WORD_BYTES];
    snprintf(stem, sizeof stem, "%s", word + strspn(word, "-"));
    stem[strcspn(stem, "=")] = '\0';
    const char *meant = cli_nearest(stem, known, n);
    if (meant != NULL) {
        return cli_misuse(command, "unknown option %s; did you mean --%s? (known: %s)", word, meant,
                          names);
    }
    return cli_misuse(command, "unknown option %s (known: %s)", word, names);
}

static int keep(cli_arguments *arguments, const cli_option *option, const char *value)
{
    if (!option->repeats && cli_has(arguments, option->name)) {
        return cli_misuse(arguments->command, "--%s is given twice", option->name);
    }
    arguments->given[arguments->n_given++] = (cli_given){option, value};
    return 0;
}

/* Takes argv[*at], which starts with a dash, and its value; leaves *at at the last word taken. */
static int take_option(cli_arguments *arguments, int argc, char **argv, int *at)
{
    const cli_command *command = arguments->command;
    const char *word = argv[*at];
    const bool is_long = word[1] == '-';
    const char *value = NULL;
    const cli_option *option;
    if (is_long) {
        const size_t length = strcspn(word + 2, "=");
        option = find_option(command, word + 2, length);
        value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
    } else {
        option = find_letter(command, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (option == NULL) {
        return unknown_option(command, word);
    }
    if (option->argument == NULL) {
        if (value != NULL) {
            return cli_misuse(command, "--%s takes no value, found '%s'", option->name, value);
        }
        return keep(arguments, option, NULL);
    }
    if (value == NULL && *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0) {
        value = argv[++*at];
    }
    if (value == NULL || value[0] == '\0') {
        return cli_misuse(command, "--%s needs a value: --%s %s", option->name, option->name,
                          option->argument);
    }
    return keep(arguments, option, value);
}

int cli_parse(const cli_command *command, int argc, char **argv, cli_arguments *arguments)
{
    const size_t words = (size_t)argc + 1;
    *arguments = (cli_arguments){.command = command};
    arguments->operands = cli_allocate(words, sizeof *arguments->operands);
    arguments->given = cli_allocate(words, sizeof *arguments->given);
    bool only_operands = false;
    for (int at = 0; at < argc; at++) {
        const char *word = argv[at];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && word[0] == '-' && word[1] != '\0') {
            const int code = take_option(arguments, argc, argv, &at);
            if (code != 0) {
                return code;
            }
        } else {
            arguments->operands[arguments->n_operands++] = word;
        }
    }
    return 0;
}

void cli_arguments_free(cli_arguments *arguments)
{
    free(arguments->operands);
    free(arguments->given);
    *arguments = (cli_arguments){.command = NULL};
}

bool cli_has(const cli_arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->n_given; i++) {
        if (strcmp(arguments->given[i].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *cli_value(const cli_arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->n_given; i++) {
        if (strcmp(arguments->given[i].option->name, name) == 0) {
            return arguments->given[i].value;
        }
    }
    return NULL;
}

int cli_check_call(const cli_arguments *arguments)
{
    const cli_command *command = arguments->command;
    if (arguments->n_operands < command->min_operands) {
        return cli_misuse(command, "%s is missing: surgetank %s %s", command->operand,
                          command->name, command->usage);
    }
    if (arguments->n_operands > command->max_operands) {
        return cli_misuse(command, "'%s' is one word too many: surgetank %s %s",
                          arguments->operands[command->max_operands], command->name,
                          command->usage);
    }
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        if (option->needed && !cli_has(arguments, option->name)) {
            return cli_misuse(command, "--%s %s is missing", option->name, option->argument);
        }
    }
    return 0;
}
