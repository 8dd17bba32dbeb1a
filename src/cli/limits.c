/* limits.c - surgetank limits: the operators in a table, the rules of one in full, with sources.
 * Prints what the limits files say. */
#include "surgetank/limits.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/rules.h"
#include "surgetank/site.h"

enum { LABEL = 10 };

static size_t judged_rules(const st_limits *limits)
{
    size_t n = 0;
    for (size_t i = 0; i < limits->n_rules; i++) {
        n += limits->rules[i].statistic.kind != ST_STAT_NONE;
    }
    return n;
}

/* "ERCOT-PV, ERCOT-1191-UP". */
static void rule_names(const st_limits *limits, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < limits->n_rules && used < bytes; i++) {
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? ", " : "",
                                 limits->rules[i].id);
    }
}

static int list_limits(cli *run)
{
    char **names = NULL;
    size_t n = 0;
    st_status status = st_limits_names(run->ctx, run->data_dir, &names, &n);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    cli_table *table = cli_table_create("lfrw");
    const char *const heads[] = {"limits", "operator", "judged", "rules"};
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        cli_cell(table, CLI_BOLD, "%s", heads[h]);
    }
    for (size_t i = 0; i < n && status == ST_OK; i++) {
        st_limits *limits = NULL;
        status = st_limits_load(run->ctx, names[i], run->data_dir, &limits);
        if (status == ST_OK) {
            char rules[1024];
            rule_names(limits, rules, sizeof rules);
            cli_cell(table, CLI_PLAIN, "%s", names[i]);
            cli_cell(table, CLI_PLAIN, "%s", limits->title != NULL ? limits->title : "");
            cli_cell(table, CLI_PLAIN, "%zu of %zu", judged_rules(limits), limits->n_rules);
            cli_cell(table, CLI_PLAIN, "%s", rules);
        }
        st_limits_destroy(limits);
    }
    cli_table_print(table, &run->out, 0);
    st_names_free(names, n);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    fputc('\n', run->out.file);
    cli_wrap(&run->out, 0,
             "The rules of one, with clause, source and date: surgetank limits NAME. Rules of your "
             "own are a YAML file; copy one and give its path.");
    return 0;
}

static void field(const cli_terminal *out, const char *label, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        cli_field(out, LABEL, label, text);
    }
}

static void print_rule(const cli_terminal *out, const st_rule *rule)
{
    char words[CLI_RULE_WORDS];
    fputc('\n', out->file);
    cli_print(out, CLI_BOLD, "%s", rule->id);
    cli_print(out, CLI_PLAIN, "  %s%s%s\n", rule->status != NULL ? rule->status : "",
              rule->date != NULL && rule->date[0] != '\0' ? " " : "",
              rule->date != NULL ? rule->date : "");
    field(out, "clause", rule->text);
    field(out, "measured", cli_statistic_words(words, rule));
    if (rule->statistic.kind != ST_STAT_NONE) {
        field(out, "limit", cli_limit_words(words, rule));
        field(out, "judged at",
              rule->point == ST_POINT_LOAD ? "the load, before the batteries"
                                           : "the draw, what the grid sees");
        field(out, "needs", cli_needs_words(words, rule));
    }
    field(out, "source", rule->source);
    field(out, "", rule->url);
}

static int print_limits(cli *run, const char *names)
{
    st_limits *limits = NULL;
    const st_status status = st_limits_load(run->ctx, names, run->data_dir, &limits);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    const char *title = limits->title != NULL ? limits->title : limits->name;
    cli_print(&run->out, CLI_BOLD, "%s", strchr(names, ',') != NULL ? names : title);
    cli_print(&run->out, CLI_PLAIN, ": %zu rules, %zu of them with a number to be judged by\n",
              limits->n_rules, judged_rules(limits));
    for (size_t i = 0; i < limits->n_rules; i++) {
        print_rule(&run->out, &limits->rules[i]);
    }
    st_limits_destroy(limits);
    return 0;
}

static int run_limits(cli *run, const cli_arguments *arguments)
{
    return arguments->n_operands == 0 ? list_limits(run)
                                      : print_limits(run, arguments->operands[0]);
}

static const cli_option options[] = {CLI_COMMON_OPTIONS};

static const char *const examples[] = {
    "Whose rules are there?",
    "surgetank limits",
    "What exactly does ERCOT propose, and where is it written?",
    "surgetank limits ercot",
    "Several operators, or a file of your own:",
    "surgetank limits ieso,./our-contract.yaml",
    NULL,
};

static const cli_exit exits[] = {
    {0, "listed"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_FORMAT, "a limits file says something impossible; the message names file and line"},
    {CLI_MISSING, "no such limits; the message lists those there are"},
    {CLI_OUTPUT, "the list could not be printed"},
    {0, NULL},
};

const cli_command cli_limits = {
    .name = "limits",
    .sentence = "list the operators whose rules come with surgetank, or explain their rules",
    .usage = "[NAME|FILE.yaml,...]",
    .about = "Rules change fast: each has its source, status and date, and lives in an editable "
             "file.",
    .max_operands = 1,
    .operand = "NAME",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_limits,
};
