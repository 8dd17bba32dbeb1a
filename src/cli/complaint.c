/* complaint.c - the one line on stderr that says what went wrong, and the exit code with it. */
#include <stdarg.h>

#include "cli/cli.h"

void cli_complain(const char *format, ...)
{
    char text[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    cli_harmless(text);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    fprintf(stderr, "surgetank: %s\n", text);
}

int cli_fail(const cli *run, st_status status)
{
    const char *text = st_context_message(run->ctx);
    cli_complain("%s", text[0] != '\0' ? text : st_status_name(status));
    return st_status_exit_code(status);
}

int cli_misuse(const cli_command *command, const char *format, ...)
{
    char text[2048];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    cli_complain("%s; see surgetank %s --help", text, command->name);
    return CLI_USAGE;
}
