/* columns.h - the arrays of a result: allocated by the schema's shapes, freed at once. */
#ifndef ST_ENGINE_COLUMNS_H
#define ST_ENGINE_COLUMNS_H

#include "core/context.h"
#include "model/result.h"

enum { ST_MAX_COLUMNS = 256 };

typedef struct st_columns {
    void *block[ST_MAX_COLUMNS];
    size_t n;
} st_columns;

/* Zeroed array owned by `columns`. */
st_status st_columns_take(st_context *ctx, st_columns *columns, size_t count, size_t size,
                          const char *what, void **out);
/* Allocates every numeric column of the schema in `group` ("racks") and the groups inside it, at the
 * sizes in result->size, all zero. Columns of text are borrowed from whoever owns the words, kept
 * ones are set aside in the scratch file by whoever fills them. */
st_status st_columns_allocate(st_context *ctx, st_columns *columns, const char *group,
                              st_result *result);
void st_columns_close(st_columns *columns);

#endif
