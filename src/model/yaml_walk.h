/* yaml_walk.h - a step through libyaml's events: the current one, where it is, what to say there.
 * Only yaml_check.c uses it; knows no key. */
#ifndef ST_MODEL_YAML_WALK_H
#define ST_MODEL_YAML_WALK_H

#include <yaml.h>

#include "model/yaml_check.h"

typedef struct st_walk {
    st_context *ctx;
    const st_yaml_schema *schema;
    const char *path;
    char *text;
    size_t bytes;
    yaml_parser_t parser;
    yaml_event_t event;    /* the current one */
    char at[ST_YAML_PATH]; /* "storage[0].control" */
    st_yaml_place **places;
} st_walk;

st_status st_walk_open(st_walk *w);
/* Steps to the next event; refuses aliases, anchors, tags and NUL characters. */
st_status st_walk_next(st_walk *w);
void st_walk_close(st_walk *w);

int st_walk_line(const st_walk *w);
/* Remembers the line of the node at w->at. */
st_status st_walk_remember(st_walk *w);
/* Appends to w->at; the result is the length to cut it back to. */
size_t st_walk_push_key(st_walk *w, const char *key);
size_t st_walk_push_index(st_walk *w, size_t index);

/* The current event in words: the value in quotes, "a list", "a mapping". */
const char *st_walk_found(const st_walk *w, char quoted[ST_QUOTE_TEXT]);
/* ST_CONFIG "file:line: at: sentence". */
st_status st_walk_fail(st_walk *w, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* ST_CONFIG "...: found ..., allowed: ...". */
st_status st_walk_refuse(st_walk *w, const char *allowed);

#endif
