/* yaml.h - a YAML text becomes a struct, or one sentence that names file, line and allowed words.
 * libcyaml fills the struct; its schema is also the table that a check of our own walks first over
 * libyaml's events, because libcyaml alone knows neither ranges nor lines nor the words it wanted.
 * Under site, limits and unit types; knows nothing of their meaning. */
#ifndef ST_MODEL_YAML_H
#define ST_MODEL_YAML_H

#include <cyaml/cyaml.h>

#include "core/context.h"
#include "model/number.h"

enum { ST_YAML_PATH = 160 };

/* Rows of a schema: one word out of an array of cyaml_strval_t, and a text that may be missing. */
#define ST_YAML_WORD(key, flags, structure, member, words)                       \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), structure, member, words, \
                     CYAML_ARRAY_LEN(words))
#define ST_YAML_WORD_PTR(key, flags, structure, member, words)                       \
    CYAML_FIELD_ENUM_PTR(key, CYAML_FLAG_STRICT | (flags), structure, member, words, \
                         CYAML_ARRAY_LEN(words))
/* The word of this key says what the other keys of its mapping may be: a wrong one is told first. */
#define ST_YAML_KIND          "kind"
#define ST_YAML_OPTIONAL_TEXT (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* Permitted range of the number at `path`, written without indices: "storage.power_mw". */
typedef struct st_yaml_range {
    const char *path;
    st_range range;
} st_yaml_range;

/* `root` is a pointer to a mapping. A mapping field with CYAML_FLAG_POINTER_NULL_STR may also be
 * the plain word `none`. Numbers without a row in `ranges` need only be finite. */
typedef struct st_yaml_schema {
    const cyaml_schema_value_t *root;
    const st_yaml_range *ranges; /* ends with a NULL path */
} st_yaml_schema;

/* A loaded text: the filled struct, and the line of every key. */
typedef struct st_yaml st_yaml;

/* Fills the struct. ST_CONFIG for everything that is wrong with the text; `path` is for the
 * sentences. `text` need not be NUL-terminated and is borrowed for the call. */
st_status st_yaml_parse(st_context *ctx, const st_yaml_schema *schema, const char *path,
                        const char *text, size_t bytes, st_yaml **yaml);
/* The struct that the schema describes; borrowed. */
const void *st_yaml_data(const st_yaml *yaml);
/* As it was given; borrowed. */
const char *st_yaml_file(const st_yaml *yaml);
/* Line of "storage[0].power_mw", or of the nearest node above it. */
int st_yaml_line(const st_yaml *yaml, const char *at);
/* ST_CONFIG "file:line: at: sentence". */
st_status st_yaml_fail(st_context *ctx, const st_yaml *yaml, const char *at, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));
/* Accepts NULL. */
void st_yaml_close(st_yaml *yaml);

/* Copy of a loaded text without white space at its ends; NULL stays NULL. */
st_status st_yaml_copy(st_context *ctx, const char *text, char **copy);

#endif
