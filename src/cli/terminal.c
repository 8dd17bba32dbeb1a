/* terminal.c - width, colour and wrapped paragraphs.
 * Knows nothing of what the text says. */
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

enum { NARROWEST = 60, WIDEST = 100, LINE_BYTES = 4096 };

static const char *const colour_codes[CLI_COLOURS] = {
    [CLI_PLAIN] = "",         [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
    [CLI_RED] = "\033[1;31m", [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m",
};

static int width_of(FILE *file, bool tty)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size = {0};
    long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
    if (width <= 0 && tty && ioctl(fileno(file), TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    if (width <= 0) {
        return WIDEST;
    }
    return width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : (int)width;
}

cli_terminal cli_terminal_of(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    cli_terminal terminal = {.file = file, .tty = isatty(fileno(file)) == 1};
    terminal.colour = terminal.tty && (no_colour == NULL || no_colour[0] == '\0') && kind != NULL &&
                      strcmp(kind, "dumb") != 0;
    terminal.width = width_of(file, terminal.tty);
    return terminal;
}

size_t cli_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++) {
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return columns;
}

void cli_harmless(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        const bool c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0; /* U+0080..U+009F in UTF-8 */
        if ((*c < 0x20 && *c != '\n') || *c == 0x7f || c1) {
            *c = '?';
            c[c1] = '?';
        }
    }
}

void cli_print(const cli_terminal *out, cli_colour colour, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    cli_harmless(line);
    const bool painted = out->colour && colour != CLI_PLAIN;
    fprintf(out->file, "%s%s%s", painted ? colour_codes[colour] : "", line,
            painted ? "\033[0m" : "");
}

/* Bytes of the text that fit into `width` columns, cut between words where one fits at all. */
static size_t line_bytes(const char *text, size_t width)
{
    size_t columns = 0, bytes = 0, space = 0;
    while (text[bytes] != '\0' && text[bytes] != '\n') {
        columns += ((unsigned char)text[bytes] & 0xc0) != 0x80;
        if (columns > width) {
            if (text[bytes] == ' ') {
                return bytes;
            }
            return space > 0 ? space : bytes;
        }
        if (text[bytes] == ' ') {
            space = bytes;
        }
        bytes++;
    }
    return bytes;
}

size_t cli_wrap_rest(const cli_terminal *out, size_t indent, const char *text)
{
    const size_t width = (size_t)out->width > indent + 20 ? (size_t)out->width - indent : 20;
    char *safe = cli_copy(text);
    size_t lines = 0;
    cli_harmless(safe);
    const char *rest = safe;
    for (bool first = true; first || *rest != '\0'; first = false) {
        size_t bytes = line_bytes(rest, width);
        bytes = bytes == 0 && *rest != '\n' && *rest != '\0' ? 1 : bytes;
        fprintf(out->file, "%*s%.*s\n", first || bytes == 0 ? 0 : (int)indent, "", (int)bytes,
                rest);
        lines++;
        rest += bytes;
        if (*rest == '\n') {
            rest++;
        } else {
            rest += strspn(rest, " ");
        }
    }
    free(safe);
    return lines;
}

size_t cli_wrap(const cli_terminal *out, size_t indent, const char *text)
{
    fprintf(out->file, "%*s", (int)indent, "");
    return cli_wrap_rest(out, indent, text);
}

size_t cli_field(const cli_terminal *out, size_t indent, const char *label, const char *text)
{
    fprintf(out->file, "%s%*s", label,
            (int)(indent > cli_columns(label) ? indent - cli_columns(label) : 1), "");
    return cli_wrap_rest(out, indent, text);
}
