/* job.c - reads the options of a job, opens what they name, and runs it under a progress line. */
#include "cli/job.h"

#include <stdlib.h>
#include <string.h>

#include "cli/input.h"
#include "cli/progress.h"

/* ---- options ------------------------------------------------------------------------------------- */

static int refuse_same(const cli_arguments *arguments, const char *output, const char *input)
{
    if (!cli_same_file(output, input)) {
        return 0;
    }
    return cli_misuse(arguments->command, "the output %s is the input %s; nothing was written",
                      output, input);
}

/* The files that an option names. */
static int check_option(const cli_arguments *arguments, const char *output, const char *name)
{
    const char *value = cli_value(arguments, name);
    const bool file = strcmp(name, "impulse") == 0;
    char *list = cli_copy(value != NULL ? value : ""), *rest = list, *part;
    int code = 0;
    while (code == 0 && (part = strsep(&rest, ",")) != NULL) {
        /* A preset may have the name of a file in this folder; only paths are files. */
        const bool path = file || strchr(part, '/') != NULL || strstr(part, ".yaml") != NULL;
        code = path ? refuse_same(arguments, output, part) : 0;
    }
    free(list);
    return code;
}

/* Writing the summary over what it is made from would destroy a recording. */
static int check_output(const cli_arguments *arguments)
{
    static const char *const names[] = {"impulse", "site", "limits"};
    const char *output = cli_value(arguments, "output");
    int code = 0;
    for (size_t i = 0; code == 0 && i < arguments->n_operands; i++) {
        code = refuse_same(arguments, output, arguments->operands[i]);
    }
    for (size_t i = 0; code == 0 && i < sizeof names / sizeof names[0]; i++) {
        code = check_option(arguments, output, names[i]);
    }
    return code;
}

static int read_settings(cli *run, const cli_arguments *arguments, cli_job *job)
{
    int code = cli_integer(arguments, "threads", 0, 4096, &job->settings.threads);
    for (size_t i = 0; code == 0 && i < arguments->n_given; i++) {
        const cli_given *given = &arguments->given[i];
        if (strcmp(given->option->name, "set") == 0) {
            const st_status status = st_settings_set(run->ctx, &job->settings, given->value);
            code = status != ST_OK ? cli_fail(run, status) : 0;
        }
    }
    return code;
}

int cli_job_read(cli *run, const cli_arguments *arguments, cli_job *job)
{
    static const char *const backends[] = {"auto", "cpu", "cuda", NULL};
    int backend = 0;
    *job =
        (cli_job){.output = cli_value(arguments, "output"), .quiet = cli_has(arguments, "quiet")};
    st_settings_default(&job->settings);
    int code = cli_word(arguments, "backend", backends, &backend);
    job->backend = backends[backend];
    code = code ? code : read_settings(run, arguments, job);
    code = code ? code : cli_trace_options(arguments, &job->trace_options);
    return code ? code : check_output(arguments);
}

/* ---- the run ------------------------------------------------------------------------------------- */

/* Small files first: a misspelt preset must not cost the walk through a terabyte. */
static st_status open_inputs(cli *run, const cli_arguments *arguments, cli_job *job)
{
    const char *site = cli_value(arguments, "site"), *limits = cli_value(arguments, "limits");
    st_status status = ST_OK;
    if (site != NULL) {
        status = st_site_load(run->ctx, site, run->data_dir, &job->site);
    }
    if (status == ST_OK && limits != NULL) {
        status = st_limits_load(run->ctx, limits, run->data_dir, &job->limits);
    }
    if (status == ST_OK) {
        status = st_trace_open(run->ctx, arguments->operands, arguments->n_operands,
                               &job->trace_options, &job->trace);
    }
    return status;
}

int cli_job_run(cli *run, const cli_arguments *arguments, cli_job *job,
                st_status (*work)(cli *run, void *user),
                int (*tell)(cli *run, void *user, double seconds), void *user)
{
    cli_progress progress;
    cli_progress_begin(&progress, run, job->quiet);
    st_status status = open_inputs(run, arguments, job);
    if (status == ST_OK) {
        status = work(run, user);
    }
    const double seconds = cli_progress_end(&progress, run);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    return job->quiet ? 0 : tell(run, user, seconds);
}

void cli_job_close(cli_job *job)
{
    st_trace_close(job->trace);
    st_limits_destroy(job->limits);
    st_site_destroy(job->site);
}

void cli_job_knobs(const cli_terminal *out)
{
    st_settings settings;
    st_knob_info knob;
    st_settings_default(&settings);
    for (size_t i = 0; i < st_settings_count(); i++) {
        st_settings_describe(&settings, i, &knob);
        cli_help_knob(out, knob.name, knob.value, knob.unit, knob.range, knob.text);
    }
}
