/* yaml.c - check, then let libcyaml fill the struct.
 * Serves site, limits and unit types; knows nothing of their meaning. */
#include "model/yaml.h"

#include <ctype.h>
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/yaml_check.h"

struct st_yaml {
    const st_yaml_schema *schema;
    char *path;
    st_yaml_place *places;
    cyaml_data_t *data;
};

/* libcyaml's first complaint, in case it refuses what the check let pass. */
typedef struct complaint {
    char text[256];
} complaint;

static void on_log(cyaml_log_t level, void *user, const char *format, va_list args)
{
    complaint *first = user;
    if (level >= CYAML_LOG_ERROR && first->text[0] == '\0') {
        vsnprintf(first->text, sizeof first->text, format, args);
    }
}

/* realloc() and free() of libcyaml over st_alloc; the size stands in front of the block. */
static void *on_memory(void *user, void *old, size_t size)
{
    unsigned char *before = old == NULL ? NULL : (unsigned char *)old - ST_ALIGNMENT;
    void *block = NULL;
    if (size == 0) {
        st_free(before);
        return NULL;
    }
    if (size > SIZE_MAX - ST_ALIGNMENT ||
        st_alloc(user, size + ST_ALIGNMENT, 1, "a YAML value", &block) != ST_OK) {
        return NULL;
    }
    unsigned char *made = block;
    memcpy(made, &size, sizeof size);
    if (before != NULL) {
        size_t had;
        memcpy(&had, before, sizeof had);
        memcpy(made + ST_ALIGNMENT, old, had < size ? had : size);
        st_free(before);
    }
    return made + ST_ALIGNMENT;
}

static cyaml_config_t config(st_context *ctx, complaint *first)
{
    return (cyaml_config_t){
        .log_fn = first == NULL ? NULL : on_log,
        .log_ctx = first,
        .mem_fn = on_memory,
        .mem_ctx = ctx,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

static st_status fill(st_context *ctx, st_yaml *yaml, const char *text, size_t bytes)
{
    complaint first = {""};
    const cyaml_config_t how = config(ctx, &first);
    /* libcyaml reads numbers with strtod(), which obeys the caller's locale. */
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t caller = uselocale(c_locale);
    const cyaml_err_t error =
        cyaml_load_data((const uint8_t *)text, bytes, &how, yaml->schema->root, &yaml->data, NULL);
    uselocale(caller);
    freelocale(c_locale);
    if (error == CYAML_ERR_OOM) {
        return st_fail(ctx, ST_MEMORY, "%s: no memory left to load it", yaml->path);
    }
    if (error != CYAML_OK || yaml->data == NULL) {
        return st_fail(ctx, ST_CONFIG, "%s: %s: %s", yaml->path, cyaml_strerror(error), first.text);
    }
    return ST_OK;
}

st_status st_yaml_parse(st_context *ctx, const st_yaml_schema *schema, const char *path,
                        const char *text, size_t bytes, st_yaml **yaml)
{
    st_status status = ST_OK;
    void *block = NULL, *copy = NULL;
    st_yaml *made = NULL;
    *yaml = NULL;
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *made, "a YAML file", &block));
    made = block;
    made->schema = schema;
    ST_GOTO(status, st_copy_text(ctx, path, &made->path));
    ST_GOTO(status, st_alloc(ctx, bytes + 1, 1, "a YAML text", &copy));
    memcpy(copy, text, bytes);
    ST_GOTO(status, st_yaml_check(ctx, schema, path, copy, bytes, &made->places));
    ST_GOTO(status, fill(ctx, made, copy, bytes));
    *yaml = made;
    made = NULL;
done:
    st_free(copy);
    st_yaml_close(made);
    return status;
}

void st_yaml_close(st_yaml *yaml)
{
    if (yaml == NULL) {
        return;
    }
    const cyaml_config_t how = config(NULL, NULL);
    if (yaml->data != NULL) {
        cyaml_free(&how, yaml->schema->root, yaml->data, 0);
    }
    for (st_yaml_place *place = yaml->places, *next; place != NULL; place = next) {
        next = place->next;
        st_free(place);
    }
    st_free(yaml->path);
    st_free(yaml);
}

const void *st_yaml_data(const st_yaml *yaml)
{
    return yaml->data;
}

int st_yaml_line(const st_yaml *yaml, const char *at)
{
    int line = 1;
    size_t longest = 0;
    for (const st_yaml_place *place = yaml->places; place != NULL; place = place->next) {
        const size_t n = strlen(place->at);
        const bool above = strncmp(at, place->at, n) == 0 && strchr(".[", at[n]) != NULL;
        if (above && n >= longest) { /* strchr() finds the NUL too: the node itself */
            longest = n;
            line = place->line;
        }
    }
    return line;
}

const char *st_yaml_file(const st_yaml *yaml)
{
    return yaml->path;
}

st_status st_yaml_fail(st_context *ctx, const st_yaml *yaml, const char *at, const char *format,
                       ...)
{
    char sentence[ST_WORDS_TEXT + 400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return st_fail(ctx, ST_CONFIG, "%s:%d: %s%s%s", yaml->path, st_yaml_line(yaml, at), at,
                   at[0] != '\0' ? ": " : "", sentence);
}

st_status st_yaml_copy(st_context *ctx, const char *text, char **copy)
{
    *copy = NULL;
    if (text == NULL) {
        return ST_OK;
    }
    while (isspace((unsigned char)*text)) {
        text++;
    }
    ST_TRY(st_copy_text(ctx, text, copy));
    for (size_t n = strlen(*copy); n > 0 && isspace((unsigned char)(*copy)[n - 1]); n--) {
        (*copy)[n - 1] = '\0';
    }
    return ST_OK;
}
