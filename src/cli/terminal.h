/* terminal.h - how text looks: width, colour where a person reads, wrapped paragraphs, tables.
 * Knows nothing of what the text says. */
#ifndef ST_CLI_TERMINAL_H
#define ST_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum cli_colour {
    CLI_PLAIN,
    CLI_BOLD,
    CLI_DIM,
    CLI_RED,
    CLI_GREEN,
    CLI_YELLOW,
    CLI_COLOURS
} cli_colour;

typedef struct cli_terminal {
    FILE *file;
    bool tty;
    bool colour; /* a terminal that is not dumb, and NO_COLOR is unset or empty */
    int width;   /* columns: COLUMNS or the terminal's, 60 to 100; 100 elsewhere */
} cli_terminal;

cli_terminal cli_terminal_of(FILE *file);

/* Columns that UTF-8 text takes, a code point counting as one. */
size_t cli_columns(const char *text);
/* Replaces control characters in place: text from a file must not steer a terminal. */
void cli_harmless(char *text);

/* printf without control characters (a newline in the format itself is kept). */
void cli_print(const cli_terminal *out, cli_colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A paragraph with `indent` spaces before each line, wrapped to the width; newlines start lines.
 * This and the next two return how many lines they printed. */
size_t cli_wrap(const cli_terminal *out, size_t indent, const char *text);
/* The same where the first line's indent is already on the screen. */
size_t cli_wrap_rest(const cli_terminal *out, size_t indent, const char *text);
/* "label      text", the text wrapped into its own column that starts at `indent`. */
size_t cli_field(const cli_terminal *out, size_t indent, const char *label, const char *text);

/* A table that is collected first, so that each column is as wide as it must be. */
typedef struct cli_table cli_table;
/* One letter a column: l left, r right, f left and cut where the line would be too long,
 * w left and wrapped (the last column only). */
cli_table *cli_table_create(const char *columns);
/* The next cell, row by row. */
void cli_cell(cli_table *table, cli_colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints with `indent` spaces before each line and destroys the table. */
void cli_table_print(cli_table *table, const cli_terminal *out, size_t indent);

#endif
