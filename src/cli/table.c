/* table.c - collects cells, then prints columns that are as wide as they must be.
 * Knows nothing of what the text says. */
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { MAX_COLUMNS = 16, CELL_BYTES = 1024, GUTTER = 2 };

typedef struct cell {
    char *text;
    cli_colour colour;
} cell;

struct cli_table {
    char kinds[MAX_COLUMNS + 1];
    size_t columns, cells, room;
    cell *cell; /* [cells], row by row, owned */
};

cli_table *cli_table_create(const char *columns)
{
    cli_table *table = cli_allocate(1, sizeof *table);
    snprintf(table->kinds, sizeof table->kinds, "%s", columns);
    table->columns = strlen(table->kinds);
    return table;
}

void cli_cell(cli_table *table, cli_colour colour, const char *format, ...)
{
    char text[CELL_BYTES];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    cli_harmless(text);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    if (table->cells == table->room) {
        table->room = 2 * table->room + 64;
        table->cell = cli_resize(table->cell, table->room, sizeof *table->cell);
    }
    table->cell[table->cells++] = (cell){cli_copy(text), colour};
}

/* Cuts text to `width` columns and shows that it did. */
static void cut(char *text, size_t width)
{
    if (cli_columns(text) <= width) {
        return;
    }
    const size_t keep = width > 3 ? width - 3 : 0;
    size_t columns = 0, bytes = 0;
    while (columns <= keep) {
        columns += ((unsigned char)text[bytes] & 0xc0) != 0x80;
        bytes += columns <= keep;
    }
    while (bytes > 0 && text[bytes - 1] == ' ') {
        bytes--;
    }
    /* What is cut away is longer than three bytes, because it was wider than `width`. */
    memcpy(text + bytes, "...", 4);
}

/* Widths of all columns; the flexible ones share what the others leave. */
static void measure(const cli_table *table, size_t room, size_t *width)
{
    size_t fixed = 0, flexible = 0;
    memset(width, 0, table->columns * sizeof *width);
    for (size_t i = 0; i < table->cells; i++) {
        const size_t columns = cli_columns(table->cell[i].text);
        size_t *w = &width[i % table->columns];
        *w = columns > *w ? columns : *w;
    }
    for (size_t c = 0; c < table->columns; c++) {
        const bool flexes = table->kinds[c] == 'f' || table->kinds[c] == 'w';
        flexible += flexes;
        fixed += (flexes ? 0 : width[c]) + (c > 0 ? GUTTER : 0);
    }
    size_t left = room > fixed ? room - fixed : 0;
    for (size_t c = 0; c < table->columns; c++) {
        if (table->kinds[c] == 'f' || table->kinds[c] == 'w') {
            const size_t share = left / flexible--;
            width[c] = width[c] < share ? width[c] : share > 8 ? share : 8;
            left -= width[c] < left ? width[c] : left;
        }
    }
}

static void print_cell(const cli_table *table, const cli_terminal *out, size_t index, size_t width,
                       bool last)
{
    const cell *c = &table->cell[index];
    const char kind = table->kinds[index % table->columns];
    if (kind == 'f') {
        cut(c->text, width);
    }
    const size_t columns = cli_columns(c->text);
    const int space = columns < width ? (int)(width - columns) : 0;
    if (kind == 'r') {
        fprintf(out->file, "%*s", space, "");
    }
    cli_print(out, c->colour, "%s", c->text);
    if (kind != 'r' && !last) {
        fprintf(out->file, "%*s", space, "");
    }
}

void cli_table_print(cli_table *table, const cli_terminal *out, size_t indent)
{
    size_t width[MAX_COLUMNS];
    measure(table, (size_t)out->width - indent, width);
    for (size_t first = 0; first + table->columns <= table->cells; first += table->columns) {
        size_t at = indent, filled = table->columns;
        while (filled > 0 && table->cell[first + filled - 1].text[0] == '\0') {
            filled--; /* no blanks at the end of a line */
        }
        fprintf(out->file, "%*s", filled > 0 ? (int)indent : 0, "");
        bool wrapped = false;
        for (size_t c = 0; c < filled; c++) {
            if (c > 0) {
                fprintf(out->file, "%*s", GUTTER, "");
                at += GUTTER;
            }
            wrapped = table->kinds[c] == 'w';
            if (wrapped) {
                cli_wrap_rest(out, at, table->cell[first + c].text);
            } else {
                print_cell(table, out, first + c, width[c], c + 1 == filled);
            }
            at += width[c];
        }
        if (!wrapped) {
            fputc('\n', out->file);
        }
    }
    for (size_t i = 0; i < table->cells; i++) {
        free(table->cell[i].text);
    }
    free(table->cell);
    free(table);
}
