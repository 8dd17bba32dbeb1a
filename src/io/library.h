/* library.h - the one door to HDF5: a process-wide lock, its printing switched off, its reason kept.
 * Under everything in this room; knows no format. */
#ifndef ST_IO_LIBRARY_H
#define ST_IO_LIBRARY_H

#include <hdf5.h>

#include "core/context.h"

/* What st_library_enter changed and st_library_leave puts back. */
typedef struct st_library_scope {
    H5E_auto2_t print;
    void *user;
} st_library_scope;

/* HDF5 is not thread-safe: every call of it stands between enter and leave. Not recursive. */
void st_library_enter(st_library_scope *scope);
void st_library_leave(const st_library_scope *scope);

/* Inside the scope: HDF5's innermost message of its last failure ("unable to ... "), borrowed
 * from `text`, which has room for ST_REASON_BYTES; never empty. */
enum { ST_REASON_BYTES = 256 };
const char *st_library_reason(char *text);

/* Handles are initialised with ST_NO_HANDLE; these accept it and reset the handle. */
#define ST_NO_HANDLE ((hid_t)-1)
void st_close_file(hid_t *file);
void st_close_dataset(hid_t *dataset);
void st_close_group(hid_t *group);
void st_close_attribute(hid_t *attribute);
void st_close_space(hid_t *space);
void st_close_type(hid_t *type);
void st_close_list(hid_t *list);

/* Opens an HDF5 file for reading without file locks (read-only and network folders).
 * ST_FORMAT when it is not HDF5 or is damaged. Inside the scope. */
st_status st_library_open(st_context *ctx, const char *path, hid_t *file);

/* Before HDF5 sees the file: it exists, can be read, is a regular file. ST_MISSING, ST_FORMAT.
 * Outside the scope; bytes may be NULL. */
st_status st_check_input(st_context *ctx, const char *path, uint64_t *bytes);

#endif
