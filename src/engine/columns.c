/* columns.c - allocation of result columns by the schema. */
#include "engine/columns.h"

#include <string.h>

#include "core/memory.h"
#include "io/schema.h"

st_status st_columns_take(st_context *ctx, st_columns *columns, size_t count, size_t size,
                          const char *what, void **out)
{
    *out = NULL;
    if (columns->n == ST_MAX_COLUMNS) {
        return st_fail(ctx, ST_INTERNAL, "more than %d columns in a result", ST_MAX_COLUMNS);
    }
    ST_TRY(st_alloc(ctx, count, size, what, out));
    columns->block[columns->n++] = *out;
    return ST_OK;
}

static bool belongs(const st_schema_row *row, const char *group)
{
    const size_t length = strlen(group);
    return row->words == NULL && row->type != ST_COLUMN_TEXT && !row->kept &&
           strncmp(row->group, group, length) == 0 &&
           (row->group[length] == '\0' || row->group[length] == '/');
}

static st_status allocate_row(st_context *ctx, st_columns *columns, const st_schema_row *row,
                              st_result *result)
{
    size_t count = 1;
    void *block;
    for (int a = 0; a < ST_COLUMN_AXES_MOST && row->axes[a] != ST_AXIS_NONE; a++) {
        if (!st_multiply(count, result->size[row->axes[a]], &count)) {
            return st_fail(ctx, ST_MEMORY, "%s/%s does not fit into memory", row->group, row->name);
        }
    }
    ST_TRY(st_columns_take(ctx, columns, count, st_column_element_bytes(row->type), row->name,
                           &block));
    memcpy((char *)result + row->offset, &block, sizeof block);
    return ST_OK;
}

st_status st_columns_allocate(st_context *ctx, st_columns *columns, const char *group,
                              st_result *result)
{
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    for (size_t i = 0; i < n; i++) {
        if (belongs(&rows[i], group)) {
            ST_TRY(allocate_row(ctx, columns, &rows[i], result));
        }
    }
    return ST_OK;
}

void st_columns_close(st_columns *columns)
{
    for (size_t i = 0; i < columns->n; i++) {
        st_free(columns->block[i]);
    }
    columns->n = 0;
}
