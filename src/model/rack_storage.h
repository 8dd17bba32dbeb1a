/* rack_storage.h - the stages between the racks and their sum, and where each rack starts in them.
 * Made by respond before the pass over the racks; read by every backend. */
#ifndef ST_MODEL_RACK_STORAGE_H
#define ST_MODEL_RACK_STORAGE_H

#include "formula/rack_stage.h"

typedef struct st_rack_storage {
    size_t stages;              /* >= 1; each takes what the one before it leaves */
    const st_rack_stage *stage; /* [stages] */
    const double *first_w;      /* [stages][racks], first valid load; 0 where there is none */
    const double *prime_w;      /* [stages][racks], L0 (METHODS 6); first_w where there is none */
    const double *calendar;     /* [ST_CALENDAR_POINTS], calendar fade over charge */
} st_rack_storage;

#endif
