/* yaml_check.h - the pass over libyaml's events that finds what is wrong, and remembers lines.
 * Only yaml.c uses it; knows the schema as a table, not what the words mean. */
#ifndef ST_MODEL_YAML_CHECK_H
#define ST_MODEL_YAML_CHECK_H

#include "model/yaml.h"

/* Where a node of the file stands; the first one is the newest. */
typedef struct st_yaml_place {
    struct st_yaml_place *next;
    int line;
    char at[ST_YAML_PATH];
} st_yaml_place;

/* Walks the text along the schema; ST_CONFIG with the first thing that does not fit. Plain words
 * `none` that stand for a mapping become `null` in `text`, which is what libcyaml knows.
 * *places is set in any case; its entries are freed by the caller with st_free. */
st_status st_yaml_check(st_context *ctx, const st_yaml_schema *schema, const char *path, char *text,
                        size_t bytes, st_yaml_place **places);

#endif
