/* trace_header.c - what a trace file says of itself: shape, axes, units, times, scaling.
 * read, first part; every sentence names file, dataset, what was found and what is allowed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "io/attribute.h"
#include "io/scales.h"
#include "io/trace_file.h"

static const struct {
    const char *word;
    double unit_w;
} units[] = {{"W", 1.0}, {"kW", 1e3}, {"MW", 1e6}};

static st_holder power_of(const st_trace_file *file)
{
    return (st_holder){file->power, file->path, file->dataset};
}

static st_status check_format(st_context *ctx, const st_trace_file *file)
{
    const st_holder root = {file->file, file->path, "/"};
    char *format = NULL;
    if (file->foreign) {
        return ST_OK;
    }
    if (!st_attribute_has(&root, "surgetank_format")) {
        return st_fail(
            ctx, ST_FORMAT,
            "%s: /: attribute surgetank_format is missing; allowed: \"trace/1\", or name "
            "the dataset of another file with --dataset",
            file->path);
    }
    ST_TRY(st_attribute_text(ctx, &root, "surgetank_format", &format));
    const st_status status =
        strcmp(format, "trace/1") == 0
            ? ST_OK
            : st_fail(ctx, ST_FORMAT,
                      "%s: /: attribute surgetank_format is \"%.64s\"; allowed: \"trace/1\"",
                      file->path, format);
    st_free(format);
    return status;
}

st_status st_trace_file_find_power(st_context *ctx, const st_trace_options *options,
                                   st_trace_file *file)
{
    char reason[ST_REASON_BYTES];
    ST_TRY(check_format(ctx, file));
    if (H5Lexists(file->file, file->dataset, H5P_DEFAULT) <= 0) {
        return st_fail(ctx, ST_FORMAT, "%s: dataset %s is missing; %s", file->path, file->dataset,
                       options->dataset != NULL ? "give its full path with --dataset"
                                                : "trace/1 keeps the power there");
    }
    hid_t list = H5Pcreate(H5P_DATASET_ACCESS);
    if (list >= 0) {
        /* Where HDF5 itself has to fetch, its chunk cache must hold a few of our chunks. */
        H5Pset_chunk_cache(list, 10007, (size_t)64 << 20, 1.0);
        file->power = H5Dopen2(file->file, file->dataset, list);
    }
    st_close_list(&list);
    return file->power >= 0
               ? ST_OK
               : st_fail(ctx, ST_FORMAT, "%s: %s: HDF5 cannot open it as a dataset: %s", file->path,
                         file->dataset, st_library_reason(reason));
}

/* --- shape ----------------------------------------------------------------------------------- */

static st_status find_time_axis(st_context *ctx, const st_trace_options *options, unsigned rank,
                                st_trace_file *file)
{
    st_axis_names names[2];
    file->time_axis = options->time_axis;
    if (rank == 1) {
        file->time_axis = 1;
        return ST_OK;
    }
    st_scales_names(file->power, 2, 0, &names[0]);
    st_scales_names(file->power, 2, 1, &names[1]);
    for (int axis = 0; axis < 2 && file->time_axis < 0; axis++) {
        const bool time_here = st_scales_called(&names[axis], "time");
        const bool rack_here = st_scales_called(&names[axis], "rack");
        const bool time_there = st_scales_called(&names[1 - axis], "time");
        if ((time_here && !time_there && !rack_here) ||
            (st_scales_called(&names[1 - axis], "rack") && !rack_here && !time_there)) {
            file->time_axis = axis;
        }
    }
    if (file->time_axis < 0) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: %s: its dimension scales are \"%s\" and \"%s\"; allowed: time and rack "
                       "in either order, or say which axis is time with --time-axis 0|1",
                       file->path, file->dataset, names[0].path, names[1].path);
    }
    return names[1 - file->time_axis].path[0] == '\0'
               ? ST_OK
               : st_copy_text(ctx, names[1 - file->time_axis].path, &file->rack_scale);
}

static st_status check_size(st_context *ctx, const st_trace_file *file, const char *what,
                            uint64_t found, uint64_t most)
{
    return found >= 1 && found <= most
               ? ST_OK
               : st_fail(ctx, ST_FORMAT, "%s: %s: has %llu %s; allowed: 1 to %llu", file->path,
                         file->dataset, (unsigned long long)found, what, (unsigned long long)most);
}

st_status st_trace_file_read_shape(st_context *ctx, const st_trace_options *options,
                                   st_trace_file *file)
{
    hsize_t size[2] = {1, 1};
    hid_t space = H5Dget_space(file->power);
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    const bool usable = rank == 2 || (rank == 1 && options->dataset != NULL);
    if (usable) {
        H5Sget_simple_extent_dims(space, rank == 1 ? size + 1 : size, NULL);
    }
    st_close_space(&space);
    if (!usable) {
        return st_fail(ctx, ST_FORMAT, "%s: %s: has %d dimensions; allowed: %s", file->path,
                       file->dataset, rank, options->dataset != NULL ? "1 or 2" : "2");
    }
    ST_TRY(find_time_axis(ctx, options, (unsigned)rank, file));
    const uint64_t racks = size[1 - file->time_axis], samples = size[file->time_axis];
    ST_TRY(check_size(ctx, file, "racks", racks, ST_RACKS_MOST));
    ST_TRY(check_size(ctx, file, "samples", samples, (uint64_t)ST_SAMPLES_MOST));
    file->racks = (size_t)racks;
    file->samples = (int64_t)samples;
    file->storage.grid.rank = (unsigned)rank;
    file->storage.grid.size[0] = size[0];
    file->storage.grid.size[1] = size[1];
    return ST_OK;
}

/* --- values ---------------------------------------------------------------------------------- */

hid_t st_stored_type(st_stored stored)
{
    switch (stored) {
    case ST_STORED_F32: return H5T_NATIVE_FLOAT;
    case ST_STORED_I16: return H5T_NATIVE_INT16;
    case ST_STORED_U16: return H5T_NATIVE_UINT16;
    case ST_STORED_I32: return H5T_NATIVE_INT32;
    case ST_STORED_F64:
    case ST_STORED_TYPES: break;
    }
    return H5T_NATIVE_DOUBLE;
}

static st_status read_type(st_context *ctx, st_trace_file *file)
{
    st_status status = ST_OK;
    hid_t type = H5Dget_type(file->power);
    const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    st_type_words(type, file->type_words, sizeof file->type_words);
    file->scaling.stored = ST_STORED_F64;
    file->converted = true;
    for (int stored = 0; type >= 0 && stored < ST_STORED_TYPES; stored++) {
        if (H5Tequal(type, st_stored_type((st_stored)stored)) > 0) {
            file->scaling.stored = (st_stored)stored;
            file->converted = false;
        }
    }
    if (class != H5T_FLOAT && class != H5T_INTEGER) {
        status =
            st_fail(ctx, ST_FORMAT,
                    "%s: %s: holds values of type %s; allowed: float32, float64, int16, uint16, "
                    "int32",
                    file->path, file->dataset, file->type_words);
    }
    file->step_w = class == H5T_INTEGER ? 1.0 : 0.0;
    st_close_type(&type);
    return status;
}

static st_status read_unit(st_context *ctx, const st_trace_options *options, st_trace_file *file)
{
    const st_holder power = power_of(file);
    char *word = NULL;
    if (options->unit != NULL) {
        ST_TRY(st_copy_text(ctx, options->unit, &word));
    } else {
        ST_TRY(st_attribute_text(ctx, &power, "units", &word));
    }
    file->scaling.unit_w = 0.0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].word, word) == 0) {
            file->scaling.unit_w = units[i].unit_w;
        }
    }
    st_status status = ST_OK;
    if (file->scaling.unit_w == 0.0) {
        status = st_fail(ctx, options->unit != NULL ? ST_ARGUMENT : ST_FORMAT,
                         "%s: %s: units is \"%.64s\"; allowed: W, kW, MW", file->path,
                         file->dataset, word);
    }
    st_free(word);
    return status;
}

static st_status read_times(st_context *ctx, const st_trace_options *options, st_trace_file *file)
{
    const st_holder power = power_of(file);
    file->period_ns = options->period_ns;
    if (options->period_ns == 0) {
        ST_TRY(st_attribute_integer(ctx, &power, "sample_period_ns", &file->period_ns));
    }
    if (file->period_ns <= 0) {
        return st_fail(ctx, ST_FORMAT, "%s: %s: sample_period_ns is %lld; allowed: more than 0",
                       file->path, file->dataset, (long long)file->period_ns);
    }
    if (file->foreign && !st_attribute_has(&power, "start_time_ns")) {
        file->start_unknown = true;
        file->start_ns = 0;
    } else {
        ST_TRY(st_attribute_integer(ctx, &power, "start_time_ns", &file->start_ns));
    }
    int64_t length_ns, end_ns;
    if (__builtin_mul_overflow(file->samples, file->period_ns, &length_ns) ||
        __builtin_add_overflow(file->start_ns, length_ns, &end_ns)) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: %s: %lld samples of %lld ns after %lld ns end beyond the year 2262",
                       file->path, file->dataset, (long long)file->samples,
                       (long long)file->period_ns, (long long)file->start_ns);
    }
    return ST_OK;
}

static st_status read_scaling(st_context *ctx, st_trace_file *file)
{
    const st_holder power = power_of(file);
    st_scaling *scaling = &file->scaling;
    scaling->scale = 1.0;
    scaling->add = 0.0;
    const bool scaled = st_attribute_has(&power, "scale_factor");
    const bool added = st_attribute_has(&power, "add_offset");
    if (scaled) {
        ST_TRY(st_attribute_real(ctx, &power, "scale_factor", &scaling->scale));
    }
    if (added) {
        ST_TRY(st_attribute_real(ctx, &power, "add_offset", &scaling->add));
    }
    if (!isfinite(scaling->scale) || scaling->scale == 0.0 || !isfinite(scaling->add)) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: %s: scale_factor %g and add_offset %g; allowed: finite, the factor "
                       "not 0",
                       file->path, file->dataset, scaling->scale, scaling->add);
    }
    scaling->has_fill = st_attribute_has(&power, "_FillValue");
    if (scaling->has_fill) {
        ST_TRY(st_attribute_real(ctx, &power, "_FillValue", &scaling->fill));
    }
    if (scaling->stored == ST_STORED_F32) {
        scaling->fill = (double)(float)scaling->fill;
    }
    scaling->plain = scaling->stored == ST_STORED_F32 && scaling->unit_w == 1.0 &&
                     scaling->scale == 1.0 && scaling->add == 0.0;
    file->step_w *= fabs(scaling->scale) * scaling->unit_w;
    return ST_OK;
}

st_status st_trace_file_read_values(st_context *ctx, const st_trace_options *options,
                                    st_trace_file *file)
{
    ST_TRY(read_type(ctx, file));
    ST_TRY(read_unit(ctx, options, file));
    ST_TRY(read_times(ctx, options, file));
    return read_scaling(ctx, file);
}
