/* samples.c - re-reading, once per stretch where memory allows. */
#include "detect/samples.h"

void st_samples_begin(st_samples *samples, const st_event_input *input, size_t row)
{
    samples->input = input;
    samples->row = row;
    samples->used = samples->stretches = 0;
}

st_status st_samples_read(st_context *ctx, st_samples *samples, int64_t first, size_t n,
                          const float **values)
{
    for (size_t i = 0; i < samples->stretches; i++) {
        const st_stretch *kept = &samples->stretch[i];
        if (kept->first <= first && first + (int64_t)n <= kept->first + (int64_t)kept->n) {
            *values = samples->kept + kept->place + (first - kept->first);
            return ST_OK;
        }
    }
    if (samples->stretches == ST_STRETCHES_KEPT || n > ST_STRETCH - samples->used) {
        samples->used = samples->stretches = 0;
    }
    const st_source *source = &samples->input->source;
    float *place = samples->kept + samples->used;
    ST_TRY(source->read(source->state, ctx, samples->row, 1, first, n, place, n));
    samples->stretch[samples->stretches++] = (st_stretch){first, n, samples->used};
    samples->used += n;
    *values = place;
    return ST_OK;
}
