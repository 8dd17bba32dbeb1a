/* trace_layout.c - the structure of a trace/1 file: netCDF-4 dimensions, CF attributes, truth. */
#include "io/trace_layout.h"

#include <math.h>

#include "io/codec.h"
#include "io/column.h"
#include "io/encode.h"
#include "io/scales.h"
#include "io/schema.h"

/* --- the power dataset ----------------------------------------------------------------------- */

/* Filters are named without being there: the chunks come encoded. A plugin that is there wants its
 * own settings and derives the values itself; for others they are written out. */
static bool add_filter(hid_t list, st_filter_id id, const unsigned *wanted, size_t n_wanted,
                       const unsigned *full, size_t n_full)
{
    const H5Z_filter_t filter = (H5Z_filter_t)id;
    const bool plugin = H5Zfilter_avail(filter) > 0;
    return H5Pset_filter(list, filter, H5Z_FLAG_OPTIONAL, plugin ? n_wanted : n_full,
                         plugin ? wanted : full) >= 0;
}

static bool set_filters(hid_t list, st_codec codec)
{
    static const unsigned lz4[] = {1 << 20}, wanted[] = {0, ST_BITSHUFFLE_LZ4},
                          full[] = {0, 4, 4, 0, ST_BITSHUFFLE_LZ4};
    switch (codec) {
    case ST_CODEC_NONE: return true;
    case ST_CODEC_DEFLATE: return H5Pset_shuffle(list) >= 0 && H5Pset_deflate(list, 4) >= 0;
    case ST_CODEC_LZ4: return add_filter(list, ST_FILTER_LZ4, lz4, 1, lz4, 1);
    case ST_CODEC_BITSHUFFLE_LZ4: return add_filter(list, ST_FILTER_BITSHUFFLE, wanted, 2, full, 5);
    }
    return false;
}

static hid_t power_list(const st_trace_spec *spec, const st_trace_layout *layout)
{
    const hsize_t chunk[2] = {layout->chunk_racks, layout->chunk_samples};
    const float no_value = NAN;
    const int32_t no_step = ST_STEP_MISSING;
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const bool good =
        list >= 0 && H5Pset_chunk(list, 2, chunk) >= 0 &&
        H5Pset_obj_track_times(list, false) >= 0 &&
        (spec->scale_w > 0.0 ? H5Pset_fill_value(list, H5T_NATIVE_INT32, &no_step)
                             : H5Pset_fill_value(list, H5T_NATIVE_FLOAT, &no_value)) >= 0 &&
        set_filters(list, spec->codec);
    if (!good) {
        st_close_list(&list);
    }
    return list;
}

static bool describe_power(hid_t power, const st_trace_spec *spec)
{
    const float no_value = NAN;
    const int32_t no_step = ST_STEP_MISSING;
    const bool scaled = spec->scale_w > 0.0;
    return st_attribute_write_text(power, "units", "W") &&
           st_attribute_write_text(power, "long_name", "electric power of a rack") &&
           st_attribute_write_integer(power, "sample_period_ns", spec->period_ns) &&
           st_attribute_write_integer(power, "start_time_ns", spec->start_ns) &&
           (scaled ? st_attribute_write(power, "_FillValue", H5T_NATIVE_INT32, 1, &no_step) &&
                         st_attribute_write_real(power, "scale_factor", spec->scale_w) &&
                         st_attribute_write_real(power, "add_offset", 0.0)
                   : st_attribute_write(power, "_FillValue", H5T_NATIVE_FLOAT, 1, &no_value));
}

static bool create_power(const st_trace_spec *spec, st_trace_layout *layout)
{
    const hsize_t size[2] = {spec->racks, (hsize_t)spec->samples};
    const size_t most_samples = ST_TRACE_CHUNK_SAMPLES;
    layout->chunk_racks = spec->racks < ST_TRACE_CHUNK_RACKS ? spec->racks : ST_TRACE_CHUNK_RACKS;
    layout->chunk_samples = size[1] < most_samples ? (size_t)size[1] : most_samples;
    hid_t list = power_list(spec, layout);
    hid_t space = H5Screate_simple(2, size, NULL);
    if (list >= 0 && space >= 0) {
        layout->power = H5Dcreate2(layout->file, "power",
                                   spec->scale_w > 0.0 ? H5T_NATIVE_INT32 : H5T_NATIVE_FLOAT, space,
                                   H5P_DEFAULT, list, H5P_DEFAULT);
    }
    st_close_space(&space);
    st_close_list(&list);
    return layout->power >= 0 && describe_power(layout->power, spec);
}

/* --- everything around it -------------------------------------------------------------------- */

enum { MEMBERS = 5 }; /* power, rack, time, rack_group, rack_rating_w */

static hid_t rack_column(const st_trace_layout *layout, const st_trace_spec *spec, const char *name,
                         st_column_type type, const char *unit, const char *long_name,
                         const void *data)
{
    const st_column column = {name, type, 1, {spec->racks}, unit, long_name, NULL};
    return st_column_write(layout->file, &column, data);
}

static bool create_members(const st_trace_spec *spec, st_trace_layout *layout)
{
    hid_t rack = rack_column(layout, spec, "rack", ST_COLUMN_TEXT, "1", "name of the rack",
                             spec->rack_names);
    hid_t time = st_scales_create_empty(layout->file, "time", (uint64_t)spec->samples);
    hid_t group = ST_NO_HANDLE, rating = ST_NO_HANDLE;
    st_scaled scaled[MEMBERS];
    size_t n = 0;
    bool good =
        rack >= 0 && time >= 0 && st_scales_make(rack, "rack") && create_power(spec, layout);
    scaled[n++] = (st_scaled){layout->power, 2, {rack, time}};
    scaled[n++] = (st_scaled){rack, 1, {rack}};
    if (good && spec->rack_groups != NULL) {
        group = rack_column(layout, spec, "rack_group", ST_COLUMN_TEXT, "1", "row or hall",
                            spec->rack_groups);
        scaled[n++] = (st_scaled){group, 1, {rack}};
        good = group >= 0;
    }
    if (good && spec->rack_rating_w != NULL) {
        rating = rack_column(layout, spec, "rack_rating_w", ST_COLUMN_F64, "W",
                             "rated power of the rack", spec->rack_rating_w);
        scaled[n++] = (st_scaled){rating, 1, {rack}};
        good = rating >= 0;
    }
    good = good && st_scales_attach(scaled, n);
    st_close_dataset(&rating);
    st_close_dataset(&group);
    st_close_dataset(&time);
    st_close_dataset(&rack);
    return good;
}

st_status st_trace_layout_create(st_context *ctx, st_staged *staged, const char *path,
                                 const st_trace_spec *spec, st_trace_layout *layout)
{
    char reason[ST_REASON_BYTES];
    ST_TRY(st_staged_open(ctx, staged, &layout->file));
    if (!st_attribute_write_text(layout->file, "Conventions", "CF-1.10") ||
        !st_attribute_write_text(layout->file, "surgetank_format", "trace/1") ||
        (spec->history != NULL &&
         !st_attribute_write_text(layout->file, "history", spec->history)) ||
        !create_members(spec, layout)) {
        return st_fail(ctx, ST_INTERNAL, "%s: HDF5 cannot make its structure: %s", path,
                       st_library_reason(reason));
    }
    return st_staged_check(ctx, staged);
}

static bool write_truth(hid_t file, const st_truth *truth)
{
    const struct {
        const char *name;
        st_column_type type;
        const char *unit, *long_name, *flags;
        const void *data;
    } rows[] = {
        {"rack", ST_COLUMN_I64, "1", "index of the rack, -1 = all", NULL, truth->rack},
        {"kind", ST_COLUMN_U8, "1", "kind of the event", ST_EVENT_WORDS, truth->kind},
        {"start_ns", ST_COLUMN_TIME, ST_UNIT_TIME, "start", NULL, truth->start_ns},
        {"end_ns", ST_COLUMN_TIME, ST_UNIT_TIME, "end", NULL, truth->end_ns},
        {"amplitude_w", ST_COLUMN_F64, "W", "height for each rack", NULL, truth->amplitude_w},
        {"frequency_hz", ST_COLUMN_F64, "Hz", "frequency of an oscillation", NULL,
         truth->frequency_hz},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    st_scaled scaled[ROWS];
    hid_t group = st_group_create(file, "truth/events");
    hid_t event = group < 0 ? ST_NO_HANDLE : st_scales_create_empty(group, "event", truth->events);
    bool good = event >= 0;
    size_t n = 0;
    for (; good && n < ROWS; n++) {
        const st_column column = {rows[n].name,      rows[n].type, 1, {truth->events}, rows[n].unit,
                                  rows[n].long_name, rows[n].flags};
        scaled[n] = (st_scaled){st_column_write(group, &column, rows[n].data), 1, {event}};
        good = scaled[n].dataset >= 0;
    }
    good = good && st_scales_attach(scaled, n);
    for (size_t i = 0; i < n; i++) {
        st_close_dataset(&scaled[i].dataset);
    }
    st_close_dataset(&event);
    st_close_group(&group);
    return good;
}

st_status st_trace_layout_finish(st_context *ctx, st_trace_layout *layout, const st_truth *truth)
{
    char reason[ST_REASON_BYTES];
    const bool good = truth == NULL || write_truth(layout->file, truth);
    st_close_dataset(&layout->power);
    const bool closed = layout->file >= 0 && H5Fclose(layout->file) >= 0;
    layout->file = ST_NO_HANDLE;
    return good && closed ? ST_OK
                          : st_fail(ctx, ST_INTERNAL, "HDF5 cannot finish the file: %s",
                                    st_library_reason(reason));
}

void st_trace_layout_close(st_trace_layout *layout)
{
    st_close_dataset(&layout->power);
    st_close_file(&layout->file);
}
