/* main.c - the table of commands, and what holds for all of them: streams, signals, a full disk.
 * Knows no command from inside. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "surgetank/analysis.h"

const cli_command *const cli_commands[] = {
    &cli_analyze, &cli_size,  &cli_synth,  &cli_show,    &cli_check,
    &cli_info,    &cli_sites, &cli_limits, &cli_devices,
};
const size_t cli_n_commands = sizeof cli_commands / sizeof cli_commands[0];

static char *join_quoted(int argc, char **argv)
{
    char *line = cli_copy("surgetank");
    for (int i = 1; i < argc; i++) {
        char *word = cli_quote(argv[i]);
        const size_t length = strlen(line);
        line = cli_resize(line, length + strlen(word) + 2, 1);
        line[length] = ' ';
        memcpy(line + length + 1, word, strlen(word) + 1);
        free(word);
    }
    return line;
}

/* A closed descriptor 0, 1 or 2 would be given to the next file opened, and that file would get our
 * messages. A stand-in takes its number; writing to it fails as writing to a closed one does. */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            const int stand_in = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
            if (stand_in >= 0 && stand_in != fd) {
                (void)close(stand_in);
            }
        }
    }
}

/* Results that never reached the reader are a failure, whatever the command thought of itself. */
static int finish(int code)
{
    errno = 0;
    const bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (lost && code < CLI_USAGE) {
        cli_complain("can not write to standard output: %s",
                     errno != 0 ? strerror(errno) : "an earlier write failed");
        return CLI_OUTPUT;
    }
    return code;
}

static const cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0) {
            return cli_commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *word)
{
    char list[256] = "";
    const char *known[16];
    size_t n = 0, used = 0;
    for (; n < cli_n_commands; n++) {
        known[n] = cli_commands[n]->name;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s, ", known[n]);
    }
    known[n++] = "help";
    const char *meant = cli_nearest(word, known, n);
    cli_complain("unknown command '%s'%s%s%s (known: %shelp)", word,
                 meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "", list);
    return CLI_USAGE;
}

static int run_command(const cli_command *command, int argc, char **argv)
{
    cli run = {.ctx = st_context_create(),
               .out = cli_terminal_of(stdout),
               .err = cli_terminal_of(stderr),
               .command_line = join_quoted(argc, argv)};
    cli_arguments arguments = {.command = command};
    int code = run.ctx != NULL ? 0 : CLI_INTERNAL;
    if (code == 0) {
        code = cli_parse(command, argc - 2, argv + 2, &arguments);
    }
    if (code == 0 && cli_has(&arguments, "help")) {
        cli_help_command(&run.out, command);
    } else if (code == 0) {
        run.data_dir = cli_data_dir(cli_value(&arguments, "data-dir"));
        code = cli_check_call(&arguments);
        if (code == 0) {
            code = command->run(&run, &arguments);
        }
    }
    cli_arguments_free(&arguments);
    free(run.data_dir);
    free(run.command_line);
    st_context_destroy(run.ctx);
    return code;
}

static int run_help(int argc, char **argv)
{
    const cli_terminal out = cli_terminal_of(stdout);
    const cli_command *command = argc > 2 ? find_command(argv[2]) : NULL;
    if (argc > 2 && command == NULL && strcmp(argv[2], "help") != 0) {
        return unknown_command(argv[2]);
    }
    if (command != NULL) {
        cli_help_command(&out, command);
    } else {
        cli_help(&out);
    }
    return 0;
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    /* A full disk and a reader that left are reported where they are met. */
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    const char *word = argc > 1 ? argv[1] : NULL;
    if (word == NULL) {
        const cli_terminal err = cli_terminal_of(stderr);
        cli_help(&err);
        return CLI_USAGE;
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return finish(run_help(argc, argv));
    }
    if (strcmp(word, "--version") == 0) {
        printf("surgetank %s (%s)\n", st_version(), st_git_commit());
        return finish(0);
    }
    const cli_command *command = find_command(word);
    return finish(command != NULL ? run_command(command, argc, argv) : unknown_command(word));
}
