/* help.c - explains the commands from the tables that also drive them. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void cli_help(const cli_terminal *out)
{
    cli_wrap(out, 0,
             "surgetank - what the grid sees of an AI cluster: power recorded in its racks, "
             "through its batteries, against the operators' rules.");
    fprintf(out->file, "\nusage: surgetank COMMAND [OPTION]...\n\n");
    cli_table *table = cli_table_create("lw");
    for (size_t i = 0; i < cli_n_commands; i++) {
        cli_cell(table, CLI_BOLD, "%s", cli_commands[i]->name);
        cli_cell(table, CLI_PLAIN, "%s", cli_commands[i]->sentence);
    }
    cli_cell(table, CLI_BOLD, "help");
    cli_cell(table, CLI_PLAIN, "explain a command: surgetank help COMMAND");
    cli_table_print(table, out, 2);
    fprintf(out->file,
            "\nFrom nothing to a verdict:\n\n"
            "  surgetank synth --site colossus-2 --racks 128 --duration 120s -o trace.h5\n"
            "  surgetank analyze trace.h5 --site colossus-2 --limits ercot,ieso -o summary.h5\n"
            "  surgetank show summary.h5\n\n"
            "  --version  which surgetank this is\n");
}

static void option_row(cli_table *table, const cli_option *option)
{
    char letter[8] = "    ";
    if (option->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    }
    cli_cell(table, CLI_BOLD, "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    if (option->standard != NULL) {
        cli_cell(table, CLI_PLAIN, "%s (default: %s)", option->text, option->standard);
    } else {
        cli_cell(table, CLI_PLAIN, "%s%s%s", option->text, option->needed ? " (needed)" : "",
                 option->repeats ? "; may be given several times" : "");
    }
}

void cli_help_knob(const cli_terminal *out, const char *name, const char *value, const char *unit,
                   const char *range, const char *text)
{
    char line[1024];
    const bool has_unit = unit != NULL && unit[0] != '\0' && strcmp(unit, "1") != 0;
    cli_print(out, CLI_BOLD, "  %s", name);
    cli_print(out, CLI_PLAIN, " = %s%s%s\n", value, has_unit ? " " : "", has_unit ? unit : "");
    snprintf(line, sizeof line, "%s%s%s%s", text, range && range[0] ? " (" : "",
             range != NULL ? range : "", range && range[0] ? ")" : "");
    cli_wrap(out, 6, line);
}

void cli_help_command(const cli_terminal *out, const cli_command *command)
{
    char line[1024];
    snprintf(line, sizeof line, "surgetank %s - %s.", command->name, command->sentence);
    cli_wrap(out, 0, line);
    fputc('\n', out->file);
    snprintf(line, sizeof line, "surgetank %s %s", command->name, command->usage);
    cli_field(out, strlen("usage: "), "usage:", line);
    if (command->about != NULL) {
        fputc('\n', out->file);
        cli_wrap(out, 0, command->about);
    }
    fprintf(out->file, "\noptions:\n");
    cli_table *table = cli_table_create("lw");
    for (const cli_option *option = command->options; option->name != NULL; option++) {
        option_row(table, option);
    }
    cli_table_print(table, out, 2);
    if (command->knobs != NULL) {
        fprintf(out->file, "\nknobs of --set, as they stand without it:\n");
        command->knobs(out);
    }
    fprintf(out->file, "\nexamples:\n");
    for (size_t i = 0; command->examples[i] != NULL; i += 2) {
        cli_wrap(out, 2, command->examples[i]);
        fprintf(out->file, "      %s\n", command->examples[i + 1]);
    }
    fprintf(out->file, "\nexit codes:\n");
    table = cli_table_create("rw");
    for (const cli_exit *row = command->exits; row->text != NULL; row++) {
        cli_cell(table, CLI_PLAIN, "%d", row->code);
        cli_cell(table, CLI_PLAIN, "%s", row->text);
    }
    cli_table_print(table, out, 2);
}
