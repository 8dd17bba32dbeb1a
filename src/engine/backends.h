/* backends.h - the static list of backends: which there are, which is meant. */
#ifndef ST_ENGINE_BACKENDS_H
#define ST_ENGINE_BACKENDS_H

#include "model/backend.h"

/* "auto" or NULL: the first usable one of the list. ST_ARGUMENT for an unknown name, ST_NO_DEVICE
 * with the reason for one that is not usable here: nothing else is taken in its place. */
st_status st_backend_choose(st_context *ctx, const char *name, const st_backend **backend);

#endif
