/* yaml_check.c - walks libyaml's events along a libcyaml schema and says in one sentence what does
 * not fit: file, line, key, what was found, what is allowed. The depth of the recursion is that of
 * the schema, whatever the file nests. Knows no meaning of any key. */
#include "model/yaml_check.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/yaml_walk.h"

enum { LENGTH_MAX = 16384, SKIPPED_DEPTH = 8 };

static st_status check_value(st_walk *w, const cyaml_schema_value_t *value);

static void list_keys(const cyaml_schema_value_t *mapping, st_words *words)
{
    for (const cyaml_schema_field_t *f = mapping->mapping.fields; f->key != NULL; f++) {
        st_words_add(words, f->key);
    }
}

static const st_range *range_here(const st_walk *w)
{
    char plain[ST_YAML_PATH];
    size_t n = 0;
    bool inside = false;
    for (const char *c = w->at; *c != '\0'; c++) {
        inside = *c == '[' || (inside && *c != ']');
        if (!inside && *c != ']') {
            plain[n++] = *c;
        }
    }
    plain[n] = '\0';
    for (const st_yaml_range *r = w->schema->ranges; r->path != NULL; r++) {
        if (strcmp(r->path, plain) == 0) {
            return &r->range;
        }
    }
    return NULL;
}

/* --- values -------------------------------------------------------------------------------- */

static st_status check_number(st_walk *w, bool whole)
{
    const char *text = (const char *)w->event.data.scalar.value;
    const st_range *range = range_here(w);
    char allowed[ST_RANGE_TEXT + 32], interval[ST_RANGE_TEXT] = "";
    double value = 0;
    int64_t count = 0;
    bool good = whole ? st_integer_parse(text, &count) : st_real_parse(text, &value);
    if (whole) {
        value = (double)count;
    }
    if (good && (range == NULL || st_range_holds(range, value))) {
        return ST_OK;
    }
    if (range != NULL) {
        st_range_print(range, interval);
    }
    snprintf(allowed, sizeof allowed, "%s%s%s", whole ? "a whole number" : "a finite number",
             range != NULL ? ", " : "", interval);
    return st_walk_refuse(w, allowed);
}

static st_status check_word(st_walk *w, const cyaml_schema_value_t *value)
{
    st_words words = {0};
    for (uint32_t i = 0; i < value->enumeration.count; i++) {
        const char *word = value->enumeration.strings[i].str;
        if (strcmp(word, (const char *)w->event.data.scalar.value) == 0) {
            return ST_OK;
        }
        st_words_add(&words, word);
    }
    return st_walk_refuse(w, words.text);
}

static st_status check_text(st_walk *w, const cyaml_schema_value_t *value)
{
    const size_t most = value->string.max < LENGTH_MAX ? value->string.max : LENGTH_MAX;
    const char *text = (const char *)w->event.data.scalar.value;
    const size_t blanks = strspn(text, " \t\r\n");
    if (text[blanks] == '\0' || w->event.data.scalar.length > most) {
        char allowed[64];
        snprintf(allowed, sizeof allowed, "a text of 1 to %zu bytes", most);
        return st_walk_refuse(w, allowed);
    }
    return ST_OK;
}

static const char *word_for(cyaml_type_e type)
{
    switch (type) {
    case CYAML_INT:
    case CYAML_UINT: return "a whole number";
    case CYAML_FLOAT: return "a number";
    case CYAML_ENUM: return "one word";
    case CYAML_MAPPING: return "a mapping";
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED: return "a list";
    default: return "a text";
    }
}

static st_status check_scalar(st_walk *w, const cyaml_schema_value_t *value)
{
    if (w->event.type != YAML_SCALAR_EVENT) {
        return st_walk_refuse(w, word_for(value->type));
    }
    switch (value->type) {
    case CYAML_INT:
    case CYAML_UINT: return check_number(w, true);
    case CYAML_FLOAT: return check_number(w, false);
    case CYAML_ENUM: return check_word(w, value);
    default: return check_text(w, value);
    }
}

static st_status check_list(st_walk *w, const cyaml_schema_value_t *value)
{
    size_t n = 0;
    const int line = st_walk_line(w);
    if (w->event.type != YAML_SEQUENCE_START_EVENT) {
        return st_walk_refuse(w, "a list");
    }
    ST_TRY(st_walk_next(w));
    for (; w->event.type != YAML_SEQUENCE_END_EVENT; n++) {
        if (n == value->sequence.max) {
            return st_walk_fail(w, st_walk_line(w),
                                "found more than %zu entries, allowed: %u to %u", n,
                                value->sequence.min, value->sequence.max);
        }
        const size_t before = st_walk_push_index(w, n);
        ST_TRY(st_walk_remember(w));
        ST_TRY(check_value(w, value->sequence.entry));
        w->at[before] = '\0';
        ST_TRY(st_walk_next(w));
    }
    if (n < value->sequence.min) {
        return st_walk_fail(w, line, "found %zu entries, allowed: %u to %u", n, value->sequence.min,
                            value->sequence.max);
    }
    return ST_OK;
}

/* The field that the current key names; NULL, with *status set, when there is none for it. */
static const cyaml_schema_field_t *take_key(st_walk *w, const cyaml_schema_value_t *mapping,
                                            uint64_t *seen, st_status *status)
{
    char quoted[ST_QUOTE_TEXT];
    const cyaml_schema_field_t *f = mapping->mapping.fields;
    if (w->event.type != YAML_SCALAR_EVENT) {
        *status = st_walk_fail(w, st_walk_line(w), "found %s as a key, allowed: a word",
                               st_walk_found(w, quoted));
        return NULL;
    }
    while (f->key != NULL && strcmp(f->key, (const char *)w->event.data.scalar.value) != 0) {
        f++;
    }
    if (f->key == NULL) {
        st_words words = {0};
        list_keys(mapping, &words);
        *status = st_walk_fail(w, st_walk_line(w), "unknown key %s, allowed: %s",
                               st_walk_found(w, quoted), words.text);
        return NULL;
    }
    const uint64_t bit = UINT64_C(1) << (f - mapping->mapping.fields);
    if ((*seen & bit) != 0) {
        *status = st_walk_fail(w, st_walk_line(w), "the key \"%s\" is there twice, allowed: once",
                               f->key);
        return NULL;
    }
    *seen |= bit;
    return f;
}

/* Steps over a value that no key of the schema names; not over one that nests deeper than ours do,
 * since the parser's time grows with the square of the depth. */
static st_status skip_value(st_walk *w)
{
    for (size_t depth = 0;;) {
        const yaml_event_type_t type = w->event.type;
        depth += type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
        depth -= type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
        if (depth == 0) {
            return ST_OK;
        }
        if (depth > SKIPPED_DEPTH) {
            return ST_CONFIG;
        }
        ST_TRY(st_walk_next(w));
    }
}

/* The current key is unknown. Where the word that decides about keys comes later and is wrong
 * itself, that is the mistake: it replaces the sentence said about the key. */
static st_status look_for_kind(st_walk *w, const cyaml_schema_value_t *mapping)
{
    const cyaml_schema_field_t *f = mapping->mapping.fields;
    while (f->key != NULL && (strcmp(f->key, ST_YAML_KIND) != 0 || f->value.type != CYAML_ENUM)) {
        f++;
    }
    while (f->key != NULL && w->event.type == YAML_SCALAR_EVENT) {
        const bool decides = strcmp((const char *)w->event.data.scalar.value, f->key) == 0;
        ST_TRY(st_walk_next(w));
        if (decides) {
            (void)st_walk_push_key(w, f->key);
            return check_scalar(w, &f->value);
        }
        ST_TRY(skip_value(w));
        ST_TRY(st_walk_next(w));
    }
    return ST_OK;
}

/* What is said about an unknown key. */
static st_status refuse_key(st_walk *w, const cyaml_schema_value_t *mapping, st_status status)
{
    char *sentence;
    const size_t before = strlen(w->at);
    if (w->event.type != YAML_SCALAR_EVENT ||
        st_copy_text(w->ctx, st_context_message(w->ctx), &sentence) != ST_OK) {
        return status;
    }
    st_context_clear(w->ctx);
    const st_status found = look_for_kind(w, mapping);
    if (found == ST_OK || w->at[before] == '\0') {
        st_context_clear(w->ctx);
        (void)st_fail(w->ctx, status, "%s", sentence);
    }
    st_free(sentence);
    return status;
}

/* libcyaml knows the word `null`, our formats say `none`: both have four letters. The parser holds
 * its own copy of what it has read, so the text may change under it. */
static st_status accept_none(st_walk *w, const cyaml_schema_value_t *value)
{
    size_t byte = 0;
    if (w->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
        strcmp((const char *)w->event.data.scalar.value, "none") != 0) {
        st_words words = {0};
        st_words_add(&words, "none");
        list_keys(value, &words);
        return st_walk_refuse(w, words.text);
    }
    for (size_t i = 0; byte < w->bytes; byte++) { /* marks count characters, not bytes */
        if (((unsigned char)w->text[byte] & 0xc0) != 0x80 && i++ == w->event.start_mark.index) {
            break;
        }
    }
    if (byte + 4 > w->bytes || memcmp(w->text + byte, "none", 4) != 0) {
        return st_walk_fail(w, st_walk_line(w), "the word none could not be located");
    }
    memcpy(w->text + byte, "null", 4);
    return ST_OK;
}

static st_status check_mapping(st_walk *w, const cyaml_schema_value_t *value)
{
    uint64_t seen = 0;
    st_status status = ST_OK;
    const int line = st_walk_line(w);
    if (w->event.type == YAML_SCALAR_EVENT &&
        (value->flags & CYAML_FLAG_POINTER_NULL_STR) == CYAML_FLAG_POINTER_NULL_STR) {
        return accept_none(w, value);
    }
    if (w->event.type != YAML_MAPPING_START_EVENT) {
        st_words words = {0};
        list_keys(value, &words);
        char allowed[ST_WORDS_TEXT + 32];
        snprintf(allowed, sizeof allowed, "a mapping of %s", words.text);
        return st_walk_refuse(w, allowed);
    }
    ST_TRY(st_walk_next(w));
    while (w->event.type != YAML_MAPPING_END_EVENT) {
        const cyaml_schema_field_t *field = take_key(w, value, &seen, &status);
        if (field == NULL) {
            return refuse_key(w, value, status);
        }
        const size_t before = st_walk_push_key(w, field->key);
        ST_TRY(st_walk_remember(w));
        ST_TRY(st_walk_next(w));
        ST_TRY(check_value(w, &field->value));
        w->at[before] = '\0';
        ST_TRY(st_walk_next(w));
    }
    for (const cyaml_schema_field_t *f = value->mapping.fields; f->key != NULL; f++) {
        if ((f->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
            (seen >> (f - value->mapping.fields) & 1) == 0) {
            return st_walk_fail(w, line, "the key \"%s\" is missing", f->key);
        }
    }
    return ST_OK;
}

static st_status check_value(st_walk *w, const cyaml_schema_value_t *value)
{
    switch (value->type) {
    case CYAML_MAPPING: return check_mapping(w, value);
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED: return check_list(w, value);
    default: return check_scalar(w, value);
    }
}

/* --- the document -------------------------------------------------------------------------- */

static st_status check_document(st_walk *w)
{
    ST_TRY(st_walk_next(w)); /* stream start */
    ST_TRY(st_walk_next(w));
    if (w->event.type == YAML_STREAM_END_EVENT) {
        st_words words = {0};
        list_keys(w->schema->root, &words);
        return st_walk_fail(w, 1, "the file is empty, allowed: a mapping of %s", words.text);
    }
    ST_TRY(st_walk_next(w)); /* behind document start */
    ST_TRY(check_value(w, w->schema->root));
    ST_TRY(st_walk_next(w)); /* document end */
    ST_TRY(st_walk_next(w));
    return w->event.type == YAML_STREAM_END_EVENT
               ? ST_OK
               : st_walk_fail(w, st_walk_line(w), "found a second document, allowed: one");
}

st_status st_yaml_check(st_context *ctx, const st_yaml_schema *schema, const char *path, char *text,
                        size_t bytes, st_yaml_place **places)
{
    st_walk w = {.ctx = ctx, .schema = schema, .path = path, .bytes = bytes, .places = places};
    w.text = text;
    *places = NULL;
    ST_TRY(st_walk_open(&w));
    const st_status status = check_document(&w);
    st_walk_close(&w);
    return status;
}
