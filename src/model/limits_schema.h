/* limits_schema.h - the keys of a limits file, as libcyaml fills them in.
 * Between limits_schema.c (the tables) and limits.c (which makes rules out of it). */
#ifndef ST_MODEL_LIMITS_SCHEMA_H
#define ST_MODEL_LIMITS_SCHEMA_H

#include <stdint.h>

#include "model/statistic.h"
#include "model/yaml.h"

/* Pointers are optional keys: NULL when the file does not say. */
typedef struct st_raw_filter {
    double bandpass_hz[2];
    int64_t *order;
} st_raw_filter;

typedef struct st_raw_statistic {
    int kind; /* st_statistic_kind */
    double *number[ST_PARAMETER_NUMBERS];
    int *direction; /* st_direction */
    int *form;      /* st_share_form */
    int *lamp;      /* st_lamp */
} st_raw_statistic;

typedef struct st_raw_limit {
    double value;
    char *unit;
} st_raw_limit;

typedef struct st_raw_limits_of {
    double *value;
    char *unit;
    st_raw_limit *min_of;
    uint32_t n_min_of;
} st_raw_limits_of;

typedef struct st_raw_needs {
    double *rate_hz, *duration_s, *coverage;
} st_raw_needs;

typedef struct st_raw_rule {
    char *id, *source, *url, *date, *text;
    int status; /* index into st_status_words */
    int point;  /* st_raw_point: the file may leave it out */
    st_raw_filter *filter;
    st_raw_statistic statistic;
    st_raw_limits_of *limit;
    st_raw_needs needs;
} st_raw_rule;

typedef struct st_raw_limits {
    char *name, *title, *notes;
    st_raw_rule *rules;
    uint32_t n_rules;
} st_raw_limits;

/* 0 is what libcyaml leaves when the key is missing, and the default is the draw. */
enum { ST_RAW_POINT_DRAW, ST_RAW_POINT_LOAD };

extern const char *const st_status_words[];
extern const st_yaml_schema st_limits_schema; /* of st_raw_limits */

#endif
