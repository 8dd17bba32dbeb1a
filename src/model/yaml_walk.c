/* yaml_walk.c - stepping, lines and sentences of the check.
 * Serves yaml_check.c; knows no key. */
#include "model/yaml_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

int st_walk_line(const st_walk *w)
{
    return (int)w->event.start_mark.line + 1;
}

/* --- sentences ----------------------------------------------------------------------------- */

st_status st_walk_fail(st_walk *w, int line, const char *format, ...)
{
    char sentence[ST_WORDS_TEXT + 400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return st_fail(w->ctx, ST_CONFIG, "%s:%d: %s%s%s", w->path, line, w->at,
                   w->at[0] != '\0' ? ": " : "", sentence);
}

const char *st_walk_found(const st_walk *w, char quoted[ST_QUOTE_TEXT])
{
    switch (w->event.type) {
    case YAML_SCALAR_EVENT: return st_quote((const char *)w->event.data.scalar.value, quoted);
    case YAML_SEQUENCE_START_EVENT: return "a list";
    case YAML_MAPPING_START_EVENT: return "a mapping";
    default: return "nothing";
    }
}

st_status st_walk_refuse(st_walk *w, const char *allowed)
{
    char quoted[ST_QUOTE_TEXT];
    return st_walk_fail(w, st_walk_line(w), "found %s, allowed: %s", st_walk_found(w, quoted),
                        allowed);
}

/* --- events -------------------------------------------------------------------------------- */

static st_status parser_failed(st_walk *w)
{
    const yaml_parser_t *p = &w->parser;
    const char *problem = p->problem != NULL ? p->problem : "cannot be read";
    const bool reader = p->error == YAML_READER_ERROR; /* knows the byte, not the line */
    int line = (int)p->problem_mark.line + 1;
    if (p->error == YAML_MEMORY_ERROR) {
        return st_fail(w->ctx, ST_MEMORY, "%s: no memory left to read it", w->path);
    }
    if (reader) {
        line = 1;
        for (size_t i = 0; i < p->problem_offset && i < w->bytes; i++) {
            line += w->text[i] == '\n';
        }
    }
    return st_walk_fail(w, line, "not %s: %s", reader ? "UTF-8 text" : "YAML", problem);
}

/* Steps to the next event. Aliases could make a small file expand without bound, and tags would
 * change what a value means: the formats need neither. */
st_status st_walk_next(st_walk *w)
{
    yaml_event_delete(&w->event);
    if (!yaml_parser_parse(&w->parser, &w->event)) {
        memset(&w->event, 0, sizeof w->event);
        return parser_failed(w);
    }
    const yaml_event_t *e = &w->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (e->type == YAML_ALIAS_EVENT) {
        anchor = e->data.alias.anchor;
    } else if (e->type == YAML_SCALAR_EVENT) {
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
    }
    if (anchor != NULL || tag != NULL) {
        char quoted[ST_QUOTE_TEXT];
        return st_walk_fail(w, st_walk_line(w), "found the %s %s, allowed: plain values, no %s",
                            tag != NULL ? "tag" : "anchor",
                            st_quote((const char *)(tag != NULL ? tag : anchor), quoted),
                            tag != NULL ? "tags" : "anchors or aliases");
    }
    if (e->type == YAML_SCALAR_EVENT &&
        strlen((const char *)e->data.scalar.value) != e->data.scalar.length) {
        return st_walk_fail(w, st_walk_line(w), "found a NUL character in a value, allowed: text");
    }
    return ST_OK;
}

/* --- places -------------------------------------------------------------------------------- */

st_status st_walk_remember(st_walk *w)
{
    void *block;
    ST_TRY(st_alloc(w->ctx, 1, sizeof(st_yaml_place), "the lines of a YAML file", &block));
    st_yaml_place *place = block;
    place->line = st_walk_line(w);
    memcpy(place->at, w->at, sizeof place->at);
    place->next = *w->places;
    *w->places = place;
    return ST_OK;
}

/* Paths are made of keys of the schema and small indices, so they fit. */
size_t st_walk_push_key(st_walk *w, const char *key)
{
    const size_t before = strlen(w->at);
    snprintf(w->at + before, sizeof w->at - before, "%s%s", before > 0 ? "." : "", key);
    return before;
}

size_t st_walk_push_index(st_walk *w, size_t index)
{
    const size_t before = strlen(w->at);
    snprintf(w->at + before, sizeof w->at - before, "[%zu]", index);
    return before;
}

/* --- open and close ------------------------------------------------------------------------ */

st_status st_walk_open(st_walk *w)
{
    if (!yaml_parser_initialize(&w->parser)) {
        return st_fail(w->ctx, ST_MEMORY, "%s: no memory left to read it", w->path);
    }
    yaml_parser_set_encoding(&w->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&w->parser, (const unsigned char *)w->text, w->bytes);
    return ST_OK;
}

void st_walk_close(st_walk *w)
{
    yaml_event_delete(&w->event);
    yaml_parser_delete(&w->parser);
}
