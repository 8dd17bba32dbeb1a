/* samples.h - the samples that pass 3 reads again.
 * Keeps what fits, since spectra and measuring ask for the same stretches; knows no event. */
#ifndef ST_DETECT_SAMPLES_H
#define ST_DETECT_SAMPLES_H

#include "detect/events.h"

enum {
    ST_STRETCH = 1 << 17, /* most samples of one stretch; longer candidates are cut */
    ST_STRETCHES_KEPT = 256
};

typedef struct st_stretch {
    int64_t first;
    size_t n, place; /* in `kept` */
} st_stretch;

/* Of one row at a time; belongs to one thread. */
typedef struct st_samples {
    const st_event_input *input; /* borrowed */
    size_t row;
    float *kept; /* [ST_STRETCH], W relative to the row's offset, NaN = invalid */
    size_t used;
    st_stretch stretch[ST_STRETCHES_KEPT];
    size_t stretches;
} st_samples;

/* Forgets the row before. */
void st_samples_begin(st_samples *samples, const st_event_input *input, size_t row);

/* *values: [n] samples from `first` on, valid until the next call; n <= ST_STRETCH, inside the
 * record. */
st_status st_samples_read(st_context *ctx, st_samples *samples, int64_t first, size_t n,
                          const float **values);

#endif
