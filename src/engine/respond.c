/* respond.c - the narrow stage that turns the load into what the grid sees. */
#include "detect/point.h"
#include "engine/run.h"
#include "respond/battery.h"

st_status st_run_respond(st_context *ctx, st_run *run)
{
    return ST_OK;
}
