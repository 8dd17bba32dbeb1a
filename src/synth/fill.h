/* fill.h - filling with a list of events made once. For run; st_synth_fill makes its own. */
#ifndef ST_SYNTH_FILL_H
#define ST_SYNTH_FILL_H

#include "synth/planted.h"

/* As st_synth_fill of synth.h. */
void st_synth_fill_planned(const st_synth *what, const st_plants *plants, size_t first_rack,
                           size_t racks, int64_t first_sample, size_t samples, float *out_w,
                           size_t stride);

#endif
