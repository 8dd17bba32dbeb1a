/* schema.h - the summary as a table: which column of a result becomes which dataset.
 * write: the one place to add a column; data/FORMAT.md describes the same rows (a test compares). */
#ifndef ST_IO_SCHEMA_H
#define ST_IO_SCHEMA_H

#include "io/column.h"
#include "model/result.h"

/* flag_meanings, in the order of the enumerations of summary.h and limits.h. */
#define ST_EVENT_WORDS   "spike dip step_up step_down oscillation gap"
#define ST_VERDICT_WORDS "PASS FAIL INDETERMINATE"
#define ST_POINT_WORDS   "load draw"

typedef struct st_schema_row {
    const char *group; /* "racks", "load/overview" */
    const char *name;
    st_column_type type;
    st_axis axes[ST_COLUMN_AXES_MOST];
    const char *unit, *long_name;
    size_t offset;            /* of the column in st_result: a pointer, or an st_kept */
    const char *flags;        /* words of an enumeration or NULL */
    const char *const *words; /* values that are the same in every file; offset is not used */
    bool kept;                /* in the scratch file */
} st_schema_row;

/* All rows; the rows of a group stand together, a group stands after the one it lies in. */
const st_schema_row *st_schema(size_t *n);

/* Name of an axis. Where the group has a 1-D column of that name, that column is the dimension's
 * coordinate; otherwise the dimension has no values. */
const char *st_axis_name(st_axis axis);

/* The column's values in a result, or where they are kept (an st_kept); NULL = not computed. */
const void *st_schema_data(const st_schema_row *row, const st_result *result);

#endif
