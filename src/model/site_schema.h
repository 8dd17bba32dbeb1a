/* site_schema.h - the keys of a site file, as libcyaml fills them in: units as people write them.
 * Between site_schema.c (the tables) and site.c (which makes SI out of it). */
#ifndef ST_MODEL_SITE_SCHEMA_H
#define ST_MODEL_SITE_SCHEMA_H

#include <stdint.h>

#include "model/yaml.h"

/* Pointers are optional keys: NULL when the file does not say. */
typedef struct st_raw_control {
    int *mode; /* st_control */
    double *tau_s, *ramp_mw_per_min, *ramp_up_mw_per_min, *ramp_down_mw_per_min, *soc_recovery_s;
} st_raw_control;

typedef struct st_raw_stage {
    char *name;
    int kind;  /* st_stage_kind */
    int place; /* st_place */
    char *unit;
    int64_t *units;
    double *power_mw, *energy_mwh, *response_s, *delay_s, *efficiency_charge, *efficiency_discharge;
    double *soc_min, *soc_max, *soc_start;
    double *floor_w, *active_w, *stop_delay_s, *ramp_up_w_per_s, *ramp_down_w_per_s, *ceiling_w;
    st_raw_control control;
    char *source;
} st_raw_stage;

typedef struct st_raw_generation {
    int kind; /* index into st_generation_words */
    double power_mw;
    double *ramp_mw_per_min;
    char *source;
} st_raw_generation;

typedef struct st_raw_site {
    char *name, *title, *source, *notes;
    double nominal_mw;
    int64_t gpus, racks;
    int replicate; /* st_replicate */
    st_raw_stage *storage;
    uint32_t n_storage;
    st_raw_generation *generation;
    uint32_t n_generation;
} st_raw_site;

extern const char *const st_generation_words[];
extern const st_yaml_schema st_site_schema; /* of st_raw_site */

#endif
