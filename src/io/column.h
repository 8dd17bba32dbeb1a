/* column.h - writing attributes and labelled datasets, the same way in both formats.
 * All calls inside the HDF5 scope; they return false (or ST_NO_HANDLE) where HDF5 fails, and the
 * writers turn that into one sentence. */
#ifndef ST_IO_COLUMN_H
#define ST_IO_COLUMN_H

#include <stdint.h>

#include "io/library.h"

typedef enum st_column_type {
    ST_COLUMN_F64,
    ST_COLUMN_F32,
    ST_COLUMN_I64,
    ST_COLUMN_I8,
    ST_COLUMN_U8,
    ST_COLUMN_TEXT, /* const char * */
    ST_COLUMN_TIME, /* int64, ns since 1970; ST_NO_TIME_NS = none */
    ST_COLUMN_TYPES
} st_column_type;

enum { ST_COLUMN_AXES_MOST = 3 };

/* Of a value in memory. */
size_t st_column_element_bytes(st_column_type type);

typedef struct st_column {
    const char *name; /* of the dataset in its group */
    st_column_type type;
    unsigned rank;
    uint64_t size[ST_COLUMN_AXES_MOST];
    const char *unit, *long_name;
    const char *flags; /* words of an enumeration, separated by blanks; NULL = none */
} st_column;

/* CF units of times. */
#define ST_UNIT_TIME "nanoseconds since 1970-01-01T00:00:00"

bool st_attribute_write_text(hid_t object, const char *name, const char *text);
bool st_attribute_write_texts(hid_t object, const char *name, const char *const *texts, size_t n);
bool st_attribute_write_integer(hid_t object, const char *name, int64_t value);
bool st_attribute_write_real(hid_t object, const char *name, double value);
/* Fixed length, as the dimension scale specification wants it. */
bool st_attribute_write_fixed(hid_t object, const char *name, const char *text);
/* One value, or an array of n, of any HDF5 type; n = 0: a scalar. */
bool st_attribute_write(hid_t object, const char *name, hid_t type, size_t n, const void *value);

/* Creates a dataset, labels it, writes data (NULL: nothing yet, space set aside at once). */
hid_t st_column_write(hid_t group, const st_column *column, const void *data);

/* A new group of a netCDF-4 file, and those above it that are missing ("load/overview"); members
 * keep their order. */
hid_t st_group_create(hid_t parent, const char *name);

#endif
