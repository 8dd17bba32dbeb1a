/* scales.h - dimension scales, read and written as the HDF5 dimension scale specification and
 * netCDF-4 have them. Serves both formats; all calls inside the HDF5 scope. */
#ifndef ST_IO_SCALES_H
#define ST_IO_SCALES_H

#include <stdint.h>

#include "io/library.h"

enum { ST_SCALE_NAME_BYTES = 256 };

/* What an axis of a dataset is called; empty where nothing is said. */
typedef struct st_axis_names {
    char label[ST_SCALE_NAME_BYTES]; /* DIMENSION_LABELS */
    char path[ST_SCALE_NAME_BYTES];  /* of the first attached scale */
    char name[ST_SCALE_NAME_BYTES];  /* NAME of that scale */
} st_axis_names;

/* Names of axis `axis` of a dataset with `rank` axes. */
void st_scales_names(hid_t dataset, unsigned rank, unsigned axis, st_axis_names *names);
/* Whether one of them is `word`. */
bool st_scales_called(const st_axis_names *names, const char *word);

/* --- writing --------------------------------------------------------------------------------- */

enum { ST_SCALE_AXES_MOST = 4 };

/* A dataset and the scales of its axes. */
typedef struct st_scaled {
    hid_t dataset;
    unsigned rank;
    hid_t scale[ST_SCALE_AXES_MOST];
} st_scaled;

/* Turns a 1-D dataset into a scale; `name` is what netCDF shows. false on failure. */
bool st_scales_make(hid_t dataset, const char *name);
/* Creates a dimension without coordinate values, as netCDF-4 does: no space in the file. */
hid_t st_scales_create_empty(hid_t group, const char *name, uint64_t size);
/* Attaches the scales to all datasets: DIMENSION_LIST there, REFERENCE_LIST on each scale. A
 * dataset that is itself the scale of its axis is left alone. */
bool st_scales_attach(const st_scaled *datasets, size_t n);

#endif
