/* write.c - the last stage: who made this from what, and the file. */
#include <math.h>

#include "build_info.h"
#include "engine/run.h"
#include "io/write.h"

const char *st_version(void)
{
    return ST_VERSION;
}

const char *st_git_commit(void)
{
    return ST_GIT_COMMIT;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static const char *const replicate_words[] = {
    [ST_REPLICATE_LOCKSTEP] = "lockstep",
    [ST_REPLICATE_INCOHERENT] = "incoherent",
    [ST_REPLICATE_MEASURED] = "measured",
};

static void tell_provenance(st_run *run, const char *settings_yaml)
{
    const st_analysis *asked = run->asked;
    run->result.about = (st_provenance){
        .version = ST_VERSION,
        .git_commit = ST_GIT_COMMIT,
        .backend = run->backend->name,
        .command_line = text_or_empty(asked->command_line),
        .settings = settings_yaml,
        .site = asked->site != NULL ? asked->site->yaml : "",
        .limits = asked->limits != NULL ? asked->limits->yaml : "",
        .input_files = run->trace->paths,
        .n_input_files = run->trace->files,
        .input_bytes = run->trace->bytes,
        .samples = run->plan->samples,
        .coverage = run->coverage,
        .start_ns = run->plan->start_ns,
        .period_ns = run->plan->period_ns,
        .recorded_racks = (int64_t)run->plan->racks,
        .site_racks = run->site_racks,
        .replicate =
            replicate_words[asked->site != NULL ? asked->site->replicate : ST_REPLICATE_LOCKSTEP],
        .nominal_w = asked->site != NULL ? asked->site->nominal_w : (double)NAN,
        .complete = 1,
    };
}

st_status st_run_write(st_context *ctx, st_run *run)
{
    char *settings_yaml = NULL;
    st_staged *staged = NULL;
    const st_saved_series saved = {&run->load, &run->draw};
    ST_TRY(st_progress(ctx, "write", 0.0, 1.0, "files"));
    ST_TRY(st_settings_yaml(ctx, &run->settings, &settings_yaml));
    tell_provenance(run, settings_yaml);
    const st_status status = st_summary_write(ctx, run->asked->output, &run->result,
                                              run->asked->save_series ? &saved : NULL, &staged);
    st_settings_yaml_free(settings_yaml);
    if (status != ST_OK) {
        return status;
    }
    /* The disk is at work: time to give back what the run kept in another file. */
    st_scratch_close(run->scratch);
    run->scratch = NULL;
    return st_summary_commit(ctx, staged);
}
