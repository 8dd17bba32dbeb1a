/* convert.h - stored values to watts: scaling, units, what is invalid, the rack's offset.
 * The innermost loop of read; knows no file and no layout beyond two strides. */
#ifndef ST_IO_CONVERT_H
#define ST_IO_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

/* Types that are read as they are stored; everything else comes through HDF5 as float64. */
typedef enum st_stored {
    ST_STORED_F32,
    ST_STORED_F64,
    ST_STORED_I16,
    ST_STORED_U16,
    ST_STORED_I32,
    ST_STORED_TYPES
} st_stored;

size_t st_stored_bytes(st_stored stored);

/* power in W = (stored * scale + add) * unit_w, in float64, in this order. */
typedef struct st_scaling {
    st_stored stored;
    double scale, add, unit_w;
    bool has_fill;
    double fill; /* compared with the stored value */
    bool plain;  /* float32 in W: nothing to compute */
} st_scaling;

/* n stored values, `step` elements apart, to out_w[n] = float32(power - offset_w); NaN where the
 * stored value is the fill value, or the power or the result is not finite. Plain values, one after
 * the other, may be converted in place. */
void st_convert(const st_scaling *scaling, const void *stored, size_t step, size_t n,
                double offset_w, float *out_w);

/* The first valid power among n values; false when there is none. */
bool st_convert_first(const st_scaling *scaling, const void *stored, size_t step, size_t n,
                      double *power_w);

#endif
