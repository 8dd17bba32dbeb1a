/* walk.h - a first look at a file in a child process, because stock HDF5 crashes on some damage.
 * Before every open; knows nothing of what the look does. */
#ifndef ST_IO_WALK_H
#define ST_IO_WALK_H

#include <stdint.h>

#include "io/parcel.h"

enum { ST_WALK_SECONDS = 60 };

/* Looks at one file; called in the child, which ends afterwards. Takes the HDF5 lock itself. What it
 * puts into `told` comes to the parent. */
typedef st_status (*st_walk_fn)(st_context *ctx, const char *path, const void *user,
                                st_parcel *told);

/* Runs fn(path) in a forked child. What it fails with is reported here; a child that is killed by
 * a signal or is not done after `seconds` is ST_FORMAT. Safe with other threads running: the HDF5
 * lock is held over the fork. told: what the child found, freed by the caller; NULL: nobody asks. */
st_status st_walk(st_context *ctx, const char *path, st_walk_fn fn, const void *user, int seconds,
                  st_parcel *told);

/* First words of a child process that may crash: no core file, no output, default signals, at most
 * `bytes` of memory more than now (a damaged length can make HDF5 ask for all there is); a
 * keyboard's interrupt is the parent's business. */
void st_child_begin(uint64_t bytes);

#endif
