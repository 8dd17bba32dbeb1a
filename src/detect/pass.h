/* pass.h - one streaming pass of a backend over a record: tile after tile, features to the
 * scratch file, sums for every row. The same pass serves the racks and, as a record of one rack,
 * the load. */
#ifndef ST_DETECT_PASS_H
#define ST_DETECT_PASS_H

#include "detect/features.h"

/* What is done with a tile once the backend is through with it. */
typedef st_status (*st_tile_fn)(st_context *ctx, void *user, const st_tile *tile,
                                const st_tile_result *result);

typedef struct st_pass {
    const st_backend *backend;
    const st_plan *plan;
    st_source source;
    const char *stage;  /* words for the progress line */
    st_tile_fn on_tile; /* NULL: nothing more is done */
    void *user;
    st_features features; /* reserved by st_pass_run */
    st_rack_sums sums;    /* [plan->racks], owned by the pass */
} st_pass;

/* backend, plan, source, stage, on_tile and user are set by the caller. */
st_status st_pass_run(st_context *ctx, st_scratch *scratch, st_pass *pass);
void st_pass_close(st_pass *pass);

#endif
