/* convert.c - one loop per stored type, and the copy for plain float32. */
#include "io/convert.h"

#include <math.h>
#include <stdint.h>

#include "io/byte_loops.h"

size_t st_stored_bytes(st_stored stored)
{
    static const size_t bytes[ST_STORED_TYPES] = {4, 8, 2, 2, 4};
    return bytes[stored];
}

/* x - x is 0 for finite x and NaN for all others: no branch, so the loops become vector code. */
static float finite_or_nan(float x)
{
    return x - x == 0.0f ? x : NAN;
}

static void copy_plain(const st_scaling *scaling, const float *stored, size_t step, size_t n,
                       float *out_w)
{
    /* NaN equals nothing: without a fill value nothing is compared away. */
    const float fill = scaling->has_fill ? (float)scaling->fill : NAN;
    if (step == 1) {
        st_byte_loops_choose()->watts(stored, n, fill, out_w);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        out_w[i] = stored[i * step] == fill ? NAN : finite_or_nan(stored[i * step]);
    }
}

static double power_of(const st_scaling *scaling, double fill, double stored)
{
    const double power_w = (stored * scaling->scale + scaling->add) * scaling->unit_w;
    return stored == fill ? (double)NAN : power_w;
}

static double fill_of(const st_scaling *scaling)
{
    return scaling->has_fill ? scaling->fill : (double)NAN;
}

#define DEFINE_CONVERT(name, type)                                                         \
    static void name(const st_scaling *scaling, const type *stored, size_t step, size_t n, \
                     double offset_w, float *out_w)                                        \
    {                                                                                      \
        const st_scaling local = *scaling;                                                 \
        const double fill = fill_of(scaling);                                              \
        for (size_t i = 0; i < n; i++) {                                                   \
            const double power_w = power_of(&local, fill, (double)stored[i * step]);       \
            out_w[i] = finite_or_nan((float)(power_w - offset_w));                         \
        }                                                                                  \
    }
DEFINE_CONVERT(convert_f32, float)
DEFINE_CONVERT(convert_f64, double)
DEFINE_CONVERT(convert_i16, int16_t)
DEFINE_CONVERT(convert_u16, uint16_t)
DEFINE_CONVERT(convert_i32, int32_t)

void st_convert(const st_scaling *scaling, const void *stored, size_t step, size_t n,
                double offset_w, float *out_w)
{
    if (scaling->plain && offset_w == 0.0) {
        copy_plain(scaling, stored, step, n, out_w);
        return;
    }
    switch (scaling->stored) {
    case ST_STORED_F32: convert_f32(scaling, stored, step, n, offset_w, out_w); return;
    case ST_STORED_F64: convert_f64(scaling, stored, step, n, offset_w, out_w); return;
    case ST_STORED_I16: convert_i16(scaling, stored, step, n, offset_w, out_w); return;
    case ST_STORED_U16: convert_u16(scaling, stored, step, n, offset_w, out_w); return;
    case ST_STORED_I32: convert_i32(scaling, stored, step, n, offset_w, out_w); return;
    case ST_STORED_TYPES: return;
    }
}

static double stored_at(const st_scaling *scaling, const void *stored, size_t i)
{
    switch (scaling->stored) {
    case ST_STORED_F32: return (double)((const float *)stored)[i];
    case ST_STORED_F64: return ((const double *)stored)[i];
    case ST_STORED_I16: return ((const int16_t *)stored)[i];
    case ST_STORED_U16: return ((const uint16_t *)stored)[i];
    case ST_STORED_I32: return ((const int32_t *)stored)[i];
    case ST_STORED_TYPES: break;
    }
    return (double)NAN;
}

bool st_convert_first(const st_scaling *scaling, const void *stored, size_t step, size_t n,
                      double *power_w)
{
    const double fill = fill_of(scaling);
    for (size_t i = 0; i < n; i++) {
        const double found_w = power_of(scaling, fill, stored_at(scaling, stored, i * step));
        if (isfinite(found_w) && fabs(found_w) <= (double)__FLT_MAX__) {
            *power_w = found_w;
            return true;
        }
    }
    return false;
}
