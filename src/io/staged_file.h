/* staged_file.h - an output file that appears under its name whole or not at all, and the HDF5
 * driver that writes into it. Under both writers; knows no format.
 *
 * Stock HDF5 does not survive a failing disk: a write that fails inside its cache ends in a crash
 * or an endless exit. So HDF5 writes through a driver of ours that never fails: structure is kept
 * in memory, values go straight to the temporary file with our own pwrite, and the first error is
 * remembered and told when the caller asks. Memory holds the structure only, so files may be of
 * any size; nothing is known under the final name before everything is on the disk. */
#ifndef ST_IO_STAGED_FILE_H
#define ST_IO_STAGED_FILE_H

#include <stdint.h>

#include "io/library.h"

typedef struct st_staged st_staged;

/* Makes a temporary file beside `path`, without a name where the file system can: a killed process
 * leaves nothing behind there. ST_OUTPUT: the folder cannot take it, the name is a folder
 * or a device. Outside the HDF5 scope. */
st_status st_staged_create(st_context *ctx, const char *path, st_staged **staged);

/* A new HDF5 file in it. Inside the scope; once. */
st_status st_staged_open(st_context *ctx, st_staged *staged, hid_t *file);

/* ST_OUTPUT when any write has failed so far. */
st_status st_staged_check(st_context *ctx, const st_staged *staged);

/* After the HDF5 file is closed: writes the structure and lets the disk begin. An error is told by
 * commit. */
void st_staged_flush(st_staged *staged);
/* Flushes, syncs, renames. Frees in every case; on
 * failure the temporary file is gone and nothing under the name has changed. */
st_status st_staged_commit(st_context *ctx, st_staged *staged);
/* Gives up. Accepts NULL. */
void st_staged_abandon(st_staged *staged);

/* The name can take a file: its folder is there and it is no folder, device or pipe itself. */
st_status st_staged_check_target(st_context *ctx, const char *path);

#endif
