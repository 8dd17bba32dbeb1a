/* unit_type.h - the battery products of data/units.yaml.
 * Consumed by site; knows no site. */
#ifndef ST_MODEL_UNIT_TYPE_H
#define ST_MODEL_UNIT_TYPE_H

#include "core/context.h"
#include "model/number.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_unit_type {
    const char *name;
    double power_w;           /* of one, W */
    double energy_j;          /* of one, J */
    double efficiency_charge; /* one way, (0, 1] */
    double efficiency_discharge;
    double price_usd;   /* of one; NaN when not stated */
    const char *source; /* borrowed from the list */
} st_unit_type;

typedef struct st_unit_types st_unit_types;

/* Reads data_dir/units.yaml. ST_MISSING, ST_CONFIG. */
st_status st_unit_types_load(st_context *ctx, const char *data_dir, st_unit_types **types);
/* False when there is no such name. */
bool st_unit_types_find(const st_unit_types *types, const char *name, st_unit_type *type);
void st_unit_types_words(const st_unit_types *types, st_words *words);
/* Whether data_dir/units.yaml has such a unit. ST_MISSING lists the known ones. */
st_status st_unit_types_check(st_context *ctx, const char *data_dir, const char *name);
/* Accepts NULL. */
void st_unit_types_free(st_unit_types *types);

#ifdef __cplusplus
}
#endif
#endif
