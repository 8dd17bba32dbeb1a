/* site.c - a site file becomes an st_site: defaults filled in, units multiplied out, everything SI.
 * First thing that respond and assess are told; knows no load. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/parse.h"
#include "model/preset.h"
#include "model/site_stage.h"

static st_status resolve_lists(st_site_reading *r, const st_raw_site *raw, st_site *site)
{
    void *block;
    ST_TRY(st_alloc(r->ctx, raw->n_storage, sizeof *site->stages, "storage stages", &block));
    site->stages = block;
    site->n_stages = raw->n_storage;
    for (size_t i = 0; i < site->n_stages; i++) {
        ST_TRY(st_site_stage_resolve(r, raw, i, &site->stages[i]));
    }
    ST_TRY(st_alloc(r->ctx, raw->n_generation, sizeof *site->generation, "generation", &block));
    site->generation = block;
    site->n_generation = raw->n_generation;
    for (size_t i = 0; i < site->n_generation; i++) {
        const st_raw_generation *from = &raw->generation[i];
        st_generation *to = &site->generation[i];
        ST_TRY(st_copy_text(r->ctx, st_generation_words[from->kind], &to->kind));
        ST_TRY(st_yaml_copy(r->ctx, from->source, &to->source));
        to->power_w = from->power_mw * 1e6;
        to->ramp_w_per_s =
            (from->ramp_mw_per_min != NULL ? *from->ramp_mw_per_min : NAN) * 1e6 / 60;
    }
    return ST_OK;
}

static st_status resolve_site(st_site_reading *r, const st_raw_site *raw, st_site *site)
{
    ST_TRY(st_yaml_copy(r->ctx, raw->name, &site->name));
    ST_TRY(st_yaml_copy(r->ctx, raw->title != NULL ? raw->title : raw->name, &site->title));
    ST_TRY(st_yaml_copy(r->ctx, raw->source, &site->source));
    ST_TRY(st_yaml_copy(r->ctx, raw->notes, &site->notes));
    site->nominal_w = raw->nominal_mw * 1e6;
    site->gpus = raw->gpus;
    site->racks = raw->racks;
    site->replicate = (st_replicate)raw->replicate;
    return resolve_lists(r, raw, site);
}

st_status st_site_parse(st_context *ctx, const char *path, const char *text, size_t bytes,
                        const char *data_dir, st_site **site)
{
    st_status status = ST_OK;
    st_yaml *yaml = NULL;
    st_site *made = NULL;
    void *block = NULL;
    st_site_reading r = {.ctx = ctx, .data_dir = data_dir};
    *site = NULL;
    ST_GOTO(status, st_yaml_parse(ctx, &st_site_schema, path, text, bytes, &yaml));
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *made, "a site", &block));
    made = block;
    r.yaml = yaml;
    ST_GOTO(status, resolve_site(&r, st_yaml_data(yaml), made));
    ST_GOTO(status, st_copy_text(ctx, path, &made->path));
    *site = made;
    made = NULL;
done:
    st_unit_types_free(r.types);
    st_site_destroy(made);
    st_yaml_close(yaml);
    return status;
}

st_status st_site_load(st_context *ctx, const char *name, const char *data_dir, st_site **site)
{
    st_status status = ST_OK;
    char *path = NULL, *text = NULL;
    size_t bytes;
    *site = NULL;
    ST_GOTO(status, st_preset_path(ctx, "site", "sites", name, data_dir, &path));
    ST_GOTO(status, st_preset_read(ctx, path, &text, &bytes));
    ST_GOTO(status, st_site_parse(ctx, path, text, bytes, data_dir, site));
    (*site)->yaml = text;
    text = NULL;
done:
    st_free(text);
    st_free(path);
    return status;
}

void st_site_destroy(st_site *site)
{
    if (site == NULL) {
        return;
    }
    for (size_t i = 0; i < site->n_stages; i++) {
        st_free(site->stages[i].name);
        st_free(site->stages[i].unit);
        st_free(site->stages[i].source);
    }
    for (size_t i = 0; i < site->n_generation; i++) {
        st_free(site->generation[i].kind);
        st_free(site->generation[i].source);
    }
    st_free(site->stages);
    st_free(site->generation);
    st_free(site->name);
    st_free(site->title);
    st_free(site->source);
    st_free(site->notes);
    st_free(site->path);
    st_free(site->yaml);
    st_free(site);
}

st_status st_site_names(st_context *ctx, const char *data_dir, char ***names, size_t *n)
{
    return st_preset_names(ctx, data_dir, "sites", names, n);
}
