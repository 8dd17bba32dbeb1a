/* site_stage.h - what site.c asks for each stage of its list. */
#ifndef ST_MODEL_SITE_STAGE_H
#define ST_MODEL_SITE_STAGE_H

#include "core/context.h"
#include "model/site_schema.h"
#include "model/unit_type.h"
#include "surgetank/site.h"

/* A site file while it is read. */
typedef struct st_site_reading {
    st_context *ctx;
    const st_yaml *yaml;
    const char *data_dir;
    st_unit_types *types; /* read when the first stage asks for them */
} st_site_reading;

/* Entry `index` of raw->storage, whose names are not yet taken. What was copied into *stage is the
 * caller's, also after a failure. */
st_status st_site_stage_resolve(st_site_reading *r, const st_raw_site *raw, size_t index,
                                st_stage *stage);

#endif
