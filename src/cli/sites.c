/* sites.c - surgetank sites: the presets in a table, one of them in full, with its sources.
 * Prints what the site files say. */
#include "surgetank/site.h"

#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/format.h"

enum { LABEL = 14 };

/* "600 x megapack-2xl-2h", "4.68 kJ shelf in every rack". */
static void storage_words(const st_site *site, char *words, size_t bytes)
{
    size_t used = 0;
    char count[CLI_NUMBER], energy[CLI_NUMBER];
    snprintf(words, bytes, "none");
    for (size_t i = 0; i < site->n_stages && used < bytes; i++) {
        const st_stage *stage = &site->stages[i];
        if (stage->kind == ST_STAGE_SMOOTHING) {
            used += (size_t)snprintf(words + used, bytes - used, "%sGPU power smoothing",
                                     i > 0 ? ", " : "");
        } else if (stage->units > 0 && stage->unit != NULL) {
            used += (size_t)snprintf(words + used, bytes - used, "%s%s x %.64s", i > 0 ? ", " : "",
                                     cli_count(count, stage->units), stage->unit);
        } else {
            used += (size_t)snprintf(words + used, bytes - used, "%s%.64s of %s", i > 0 ? ", " : "",
                                     stage->name, cli_energy(energy, stage->energy_j));
        }
    }
}

static int list_sites(cli *run)
{
    char **names = NULL;
    size_t n = 0;
    st_status status = st_site_names(run->ctx, run->data_dir, &names, &n);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    cli_table *table = cli_table_create("lrrrf");
    const char *const heads[] = {"site", "nominal", "GPUs", "racks", "storage"};
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        cli_cell(table, CLI_BOLD, "%s", heads[h]);
    }
    for (size_t i = 0; i < n && status == ST_OK; i++) {
        st_site *site = NULL;
        char number[CLI_NUMBER], words[256];
        status = st_site_load(run->ctx, names[i], run->data_dir, &site);
        if (status == ST_OK) {
            storage_words(site, words, sizeof words);
            cli_cell(table, CLI_PLAIN, "%s", names[i]);
            cli_cell(table, CLI_PLAIN, "%s", cli_power(number, site->nominal_w));
            cli_cell(table, CLI_PLAIN, "%s", site->gpus > 0 ? cli_count(number, site->gpus) : "-");
            cli_cell(table, CLI_PLAIN, "%s", cli_count(number, site->racks));
            cli_cell(table, CLI_PLAIN, "%s", words);
        }
        st_site_destroy(site);
    }
    cli_table_print(table, &run->out, 0);
    st_names_free(names, n);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    fputc('\n', run->out.file);
    cli_wrap(&run->out, 0,
             "One of them with its sources and the contradictions in them: surgetank sites NAME. "
             "A site of your own is a YAML file; copy one and give its path.");
    return 0;
}

static void field(const cli_terminal *out, const char *label, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        cli_field(out, LABEL, label, text);
    }
}

static void control_words(const st_stage *stage, char *words, size_t bytes)
{
    char tau[CLI_NUMBER], up[CLI_NUMBER], down[CLI_NUMBER], recovery[CLI_NUMBER];
    size_t used = (size_t)snprintf(words, bytes, "smooth the draw with a time constant of %s",
                                   cli_seconds(tau, stage->tau_s));
    if (stage->control == ST_CONTROL_RAMP) {
        used += (size_t)snprintf(words + used, bytes - used,
                                 ", ramp it by at most %s/min up and %s/min down",
                                 cli_power(up, 60 * stage->ramp_up_w_per_s),
                                 cli_power(down, 60 * stage->ramp_down_w_per_s));
    }
    if (stage->soc_recovery_s > 0) {
        snprintf(words + used, bytes - used, ", bring the charge back within %s",
                 cli_seconds(recovery, stage->soc_recovery_s));
    }
}

static void print_smoothing(const cli_terminal *out, const st_stage *stage)
{
    char a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER], line[512];
    snprintf(line, sizeof line, "%.64s, GPU power smoothing in each rack", stage->name);
    fputc('\n', out->file);
    field(out, "storage", line);
    snprintf(line, sizeof line, "at least %s until %s after the rack was above %s",
             cli_power(a, stage->floor_w), cli_seconds(b, stage->stop_delay_s),
             cli_power(c, stage->active_w));
    field(out, "  floor", line);
    if (isfinite(stage->ceiling_w)) {
        field(out, "  ceiling", cli_power(a, stage->ceiling_w));
    }
    snprintf(line, sizeof line, "%s%s up, %s%s down",
             isfinite(stage->ramp_up_w_per_s) ? cli_power(a, stage->ramp_up_w_per_s) : "any",
             isfinite(stage->ramp_up_w_per_s) ? "/s" : "",
             isfinite(stage->ramp_down_w_per_s) ? cli_power(b, stage->ramp_down_w_per_s) : "any",
             isfinite(stage->ramp_down_w_per_s) ? "/s" : "");
    field(out, "  ramps", line);
    field(out, "  source", stage->source);
}

static void print_stage(const cli_terminal *out, const st_stage *stage)
{
    char a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER], line[512];
    int n = snprintf(line, sizeof line, "%.64s, ", stage->name);
    if (stage->units > 0 && stage->unit != NULL) {
        n += snprintf(line + n, sizeof line - (size_t)n, "%s x %.64s: ", cli_count(a, stage->units),
                      stage->unit);
    }
    snprintf(line + n, sizeof line - (size_t)n, "%s, %s %s", cli_power(b, stage->power_w),
             cli_energy(c, stage->energy_j),
             stage->place == ST_PLACE_RACK ? "in each rack" : "for the site");
    fputc('\n', out->file);
    field(out, "storage", line);
    snprintf(line, sizeof line, "lag %s, delay %s; efficiency %s in, %s out",
             cli_seconds(a, stage->response_s), cli_seconds(b, stage->delay_s),
             cli_percent(c, stage->efficiency_charge),
             cli_percent((char[CLI_NUMBER]){0}, stage->efficiency_discharge));
    field(out, "  response", line);
    snprintf(line, sizeof line, "%s to %s %%, from %s %%", cli_number(a, 100 * stage->soc_min),
             cli_number(b, 100 * stage->soc_max), cli_number(c, 100 * stage->soc_start));
    field(out, "  charge", line);
    control_words(stage, line, sizeof line);
    field(out, "  control", line);
    if (!isnan(stage->price_usd)) {
        snprintf(line, sizeof line, "%s USD a unit", cli_number(a, stage->price_usd));
        field(out, "  price", line);
    }
    field(out, "  source", stage->source);
}

static void print_generation(const cli_terminal *out, const st_generation *generation)
{
    char power[CLI_NUMBER], ramp[CLI_NUMBER], line[256];
    int n = snprintf(line, sizeof line, "%.64s of %s", generation->kind,
                     cli_power(power, generation->power_w));
    if (!isnan(generation->ramp_w_per_s)) {
        snprintf(line + n, sizeof line - (size_t)n, ", ramps by up to %s/min",
                 cli_power(ramp, 60 * generation->ramp_w_per_s));
    }
    fputc('\n', out->file);
    field(out, "generation", line);
    field(out, "  source", generation->source);
}

static int print_site(cli *run, const char *name)
{
    static const char *const ways[] = {
        [ST_REPLICATE_LOCKSTEP] = "lockstep: swings grow with the number of racks",
        [ST_REPLICATE_INCOHERENT] = "incoherent: swings grow with the root of the number of racks",
        [ST_REPLICATE_MEASURED] = "measured: swings grow with the coherence found per band",
    };
    st_site *site = NULL;
    const st_status status = st_site_load(run->ctx, name, run->data_dir, &site);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    const cli_terminal *out = &run->out;
    char power[CLI_NUMBER], gpus[CLI_NUMBER], racks[CLI_NUMBER], line[256];
    cli_print(out, CLI_BOLD, "%s\n", site->title != NULL ? site->title : site->name);
    field(out, "name", site->name);
    int n = snprintf(line, sizeof line, "nominal %s, %s racks", cli_power(power, site->nominal_w),
                     cli_count(racks, site->racks));
    if (site->gpus > 0) {
        snprintf(line + n, sizeof line - (size_t)n, ", %s GPUs", cli_count(gpus, site->gpus));
    }
    field(out, "size", line);
    field(out, "scaling", ways[site->replicate]);
    field(out, "source", site->source);
    field(out, "notes", site->notes);
    for (size_t i = 0; i < site->n_stages; i++) {
        if (site->stages[i].kind == ST_STAGE_SMOOTHING) {
            print_smoothing(out, &site->stages[i]);
        } else {
            print_stage(out, &site->stages[i]);
        }
    }
    for (size_t i = 0; i < site->n_generation; i++) {
        print_generation(out, &site->generation[i]);
    }
    fputc('\n', out->file);
    field(out, "file", site->path);
    st_site_destroy(site);
    return 0;
}

static int run_sites(cli *run, const cli_arguments *arguments)
{
    return arguments->n_operands == 0 ? list_sites(run) : print_site(run, arguments->operands[0]);
}

static const cli_option options[] = {CLI_COMMON_OPTIONS};

static const char *const examples[] = {
    "Which sites are there?",
    "surgetank sites",
    "Where do the numbers of Colossus 2 come from, and which contradict each other?",
    "surgetank sites colossus-2",
    NULL,
};

static const cli_exit exits[] = {
    {0, "listed"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_FORMAT, "a site file says something impossible; the message names file and line"},
    {CLI_MISSING, "no such site; the message lists those there are"},
    {CLI_OUTPUT, "the list could not be printed"},
    {0, NULL},
};

const cli_command cli_sites = {
    .name = "sites",
    .sentence = "list the sites that come with surgetank, or explain one with its sources",
    .usage = "[NAME|FILE.yaml]",
    .max_operands = 1,
    .operand = "NAME",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_sites,
};
