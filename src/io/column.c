/* column.c - attributes and labelled datasets. */
#include "io/column.h"

#include <stdio.h>
#include <string.h>

#include "io/strings.h"
#include "model/result.h"

bool st_attribute_write(hid_t object, const char *name, hid_t type, size_t n, const void *value)
{
    const hsize_t size = n;
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, NULL);
    hid_t id = space < 0 || type < 0
                   ? ST_NO_HANDLE
                   : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool done = id >= 0 && H5Awrite(id, type, value) >= 0;
    st_close_attribute(&id);
    st_close_space(&space);
    return done;
}

bool st_attribute_write_texts(hid_t object, const char *name, const char *const *texts, size_t n)
{
    hid_t type = st_text_type();
    const bool done = st_attribute_write(object, name, type, n, texts);
    st_close_type(&type);
    return done;
}

bool st_attribute_write_text(hid_t object, const char *name, const char *text)
{
    return st_attribute_write_texts(object, name, &text, 0);
}

bool st_attribute_write_integer(hid_t object, const char *name, int64_t value)
{
    return st_attribute_write(object, name, H5T_NATIVE_INT64, 0, &value);
}

bool st_attribute_write_real(hid_t object, const char *name, double value)
{
    return st_attribute_write(object, name, H5T_NATIVE_DOUBLE, 0, &value);
}

bool st_attribute_write_fixed(hid_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    const bool done = type >= 0 && H5Tset_size(type, strlen(text) + 1) >= 0 &&
                      st_attribute_write(object, name, type, 0, text);
    st_close_type(&type);
    return done;
}

size_t st_column_element_bytes(st_column_type type)
{
    static const size_t bytes[ST_COLUMN_TYPES] = {
        [ST_COLUMN_F64] = sizeof(double),  [ST_COLUMN_F32] = sizeof(float),
        [ST_COLUMN_I64] = sizeof(int64_t), [ST_COLUMN_I8] = sizeof(int8_t),
        [ST_COLUMN_U8] = sizeof(uint8_t),  [ST_COLUMN_TEXT] = sizeof(char *),
        [ST_COLUMN_TIME] = sizeof(int64_t)};
    return bytes[type];
}

static hid_t type_of(st_column_type type)
{
    switch (type) {
    case ST_COLUMN_F64: return H5Tcopy(H5T_NATIVE_DOUBLE);
    case ST_COLUMN_F32: return H5Tcopy(H5T_NATIVE_FLOAT);
    case ST_COLUMN_TIME:
    case ST_COLUMN_I64: return H5Tcopy(H5T_NATIVE_INT64);
    case ST_COLUMN_I8: return H5Tcopy(H5T_NATIVE_INT8);
    case ST_COLUMN_U8: return H5Tcopy(H5T_NATIVE_UINT8);
    case ST_COLUMN_TEXT: return st_text_type();
    case ST_COLUMN_TYPES: break;
    }
    return ST_NO_HANDLE;
}

static bool write_flags(hid_t dataset, const char *words)
{
    uint8_t values[64];
    size_t n = 1;
    for (const char *c = words; *c != '\0'; c++) {
        n += *c == ' ' ? 1 : 0;
    }
    n = n < sizeof values ? n : sizeof values;
    for (size_t i = 0; i < n; i++) {
        values[i] = (uint8_t)i;
    }
    return st_attribute_write(dataset, "flag_values", H5T_NATIVE_UINT8, n, values) &&
           st_attribute_write_text(dataset, "flag_meanings", words);
}

static bool label(hid_t dataset, const st_column *column)
{
    const int64_t no_time = ST_NO_TIME_NS;
    return st_attribute_write_text(dataset, "units", column->unit) &&
           st_attribute_write_text(dataset, "long_name", column->long_name) &&
           (column->type != ST_COLUMN_TIME ||
            st_attribute_write(dataset, "_FillValue", H5T_NATIVE_INT64, 1, &no_time)) &&
           (column->flags == NULL || write_flags(dataset, column->flags));
}

/* Without times of creation: the same result gives the same bytes. */
static hid_t creation_list(bool reserve)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (list >= 0 && (H5Pset_obj_track_times(list, false) < 0 ||
                      (reserve && (H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) < 0 ||
                                   H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) < 0)))) {
        st_close_list(&list);
    }
    return list;
}

/* Texts pass through a buffer of the library, which takes and clears 1 MiB for a dozen of them where
 * it is not told otherwise. */
static bool write_values(hid_t dataset, hid_t type, const void *data)
{
    enum { BUFFER = 1 << 14 };
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    const bool written = transfer >= 0 && H5Pset_buffer(transfer, BUFFER, NULL, NULL) >= 0 &&
                         H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, transfer, data) >= 0;
    st_close_list(&transfer);
    return written;
}

hid_t st_column_write(hid_t group, const st_column *column, const void *data)
{
    hsize_t size[ST_COLUMN_AXES_MOST];
    for (unsigned d = 0; d < column->rank; d++) {
        size[d] = column->size[d];
    }
    hid_t type = type_of(column->type);
    hid_t space = H5Screate_simple((int)column->rank, size, NULL);
    hid_t list = creation_list(data == NULL);
    hid_t id = type < 0 || space < 0 || list < 0
                   ? ST_NO_HANDLE
                   : H5Dcreate2(group, column->name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (id >= 0 && ((data != NULL && !write_values(id, type, data)) || !label(id, column))) {
        st_close_dataset(&id);
    }
    st_close_list(&list);
    st_close_space(&space);
    st_close_type(&type);
    return id;
}

static hid_t create_one(hid_t parent, const char *name)
{
    hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    hid_t id = ST_NO_HANDLE;
    if (list >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
        H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0) {
        id = H5Gcreate2(parent, name, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    st_close_list(&list);
    return id;
}

hid_t st_group_create(hid_t parent, const char *name)
{
    const char *slash = strchr(name, '/');
    char first[64];
    if (slash == NULL || (size_t)(slash - name) >= sizeof first) {
        return create_one(parent, name);
    }
    snprintf(first, sizeof first, "%.*s", (int)(slash - name), name);
    hid_t outer = H5Lexists(parent, first, H5P_DEFAULT) > 0 ? H5Gopen2(parent, first, H5P_DEFAULT)
                                                            : create_one(parent, first);
    hid_t id = outer < 0 ? ST_NO_HANDLE : st_group_create(outer, slash + 1);
    st_close_group(&outer);
    return id;
}
