/* summary_write.c - a result into a summary file: a loop over the schema.
 * write: the last word of the sentence. What is in the file is in schema.c, how it gets on the
 * disk whole or not at all is in staged_file.c. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "io/column.h"
#include "io/scales.h"
#include "io/schema.h"
#include "io/staged_file.h"
#include "io/write.h"

enum {
    COLUMNS_MOST = 64,    /* of one group */
    PIECE_BYTES = 1 << 18 /* of a kept column, on its way from one file to the other */
};

/* One group while it is written. */
typedef struct group {
    st_context *ctx;
    const char *path; /* of the file, for errors */
    const st_result *result;
    hid_t id;
    size_t n;
    const st_schema_row *row[COLUMNS_MOST];
    st_scaled scaled[COLUMNS_MOST];
    hid_t scale[ST_AXES]; /* the dimension of each axis that is in use */
} group;

static st_status fail(const group *at, const char *where)
{
    char reason[ST_REASON_BYTES];
    return st_fail(at->ctx, ST_INTERNAL, "%s: HDF5 cannot write %s: %s", at->path, where,
                   st_library_reason(reason));
}

static bool is_coordinate(const st_schema_row *row)
{
    return row->axes[1] == ST_AXIS_NONE && strcmp(row->name, st_axis_name(row->axes[0])) == 0;
}

static bool uses_axis(const st_schema_row *row, st_axis axis)
{
    return row->axes[0] == axis || row->axes[1] == axis || row->axes[2] == axis;
}

/* Coordinates are written where a column needs them, all others where they were computed. */
static bool is_wanted(const st_schema_row *row, const st_schema_row *rows, size_t n,
                      const st_result *result)
{
    bool wanted = st_schema_data(row, result) != NULL;
    if (wanted && is_coordinate(row)) {
        wanted = false;
        for (size_t i = 0; i < n; i++) {
            wanted = wanted || (!is_coordinate(&rows[i]) && uses_axis(&rows[i], row->axes[0]) &&
                                st_schema_data(&rows[i], result) != NULL);
        }
    }
    return wanted;
}

/* Rows [first, first + n) of a column pass through `values`. */
static st_status copy_piece(group *at, hid_t dataset, const st_column *column, const st_kept *kept,
                            const hsize_t first[], const hsize_t n[], size_t row_bytes,
                            void *values)
{
    hid_t type = H5Dget_type(dataset), disk = H5Dget_space(dataset);
    hid_t memory = H5Screate_simple((int)column->rank, n, NULL);
    st_status status = st_scratch_read(at->ctx, kept->scratch, kept->offset + first[0] * row_bytes,
                                       values, n[0] * row_bytes);
    if (status == ST_OK && (type < 0 || disk < 0 || memory < 0 ||
                            H5Sselect_hyperslab(disk, H5S_SELECT_SET, first, NULL, n, NULL) < 0 ||
                            H5Dwrite(dataset, type, memory, disk, H5P_DEFAULT, values) < 0)) {
        status = fail(at, column->name);
    }
    st_close_space(&memory);
    st_close_space(&disk);
    st_close_type(&type);
    return status;
}

/* The space of the dataset is set aside; its values come from the scratch file in pieces of whole
 * rows, so that memory does not depend on their number. */
static st_status copy_kept(group *at, hid_t dataset, const st_column *column, const st_kept *kept)
{
    st_status status = ST_OK;
    void *values = NULL;
    size_t row_bytes = st_column_element_bytes(column->type);
    hsize_t first[ST_COLUMN_AXES_MOST] = {0}, n[ST_COLUMN_AXES_MOST] = {0};
    for (unsigned d = 1; d < column->rank; d++) {
        n[d] = column->size[d];
        row_bytes *= column->size[d];
    }
    const uint64_t fit = row_bytes < PIECE_BYTES ? PIECE_BYTES / row_bytes : 1;
    ST_TRY(st_alloc(at->ctx, fit, row_bytes, "a piece of a column", &values));
    for (; status == ST_OK && first[0] < column->size[0]; first[0] += fit) {
        const uint64_t left = column->size[0] - first[0];
        n[0] = left < fit ? left : fit;
        status = copy_piece(at, dataset, column, kept, first, n, row_bytes, values);
    }
    st_free(values);
    return status;
}

static st_status write_row(group *at, const st_schema_row *row)
{
    const st_result *result = at->result;
    st_column column = {row->name, row->type, 0, {0}, row->unit, row->long_name, row->flags};
    while (column.rank < ST_COLUMN_AXES_MOST && row->axes[column.rank] != ST_AXIS_NONE) {
        column.size[column.rank] = result->size[row->axes[column.rank]];
        column.rank++;
    }
    if (at->n == COLUMNS_MOST) {
        return st_fail(at->ctx, ST_INTERNAL, "%s: group %s has more than %d columns", at->path,
                       row->group, COLUMNS_MOST);
    }
    st_scaled *scaled = &at->scaled[at->n];
    at->row[at->n] = row;
    const void *data = st_schema_data(row, result);
    *scaled =
        (st_scaled){st_column_write(at->id, &column, row->kept ? NULL : data), column.rank, {0}};
    if (scaled->dataset < 0) {
        return fail(at, row->name);
    }
    at->n++;
    if (row->kept) {
        ST_TRY(copy_kept(at, scaled->dataset, &column, data));
    }
    return !is_coordinate(row) || st_scales_make(scaled->dataset, row->name) ? ST_OK
                                                                             : fail(at, row->name);
}

/* The dataset that is the dimension of an axis: a coordinate of the group, or one made now. */
static hid_t scale_of(group *at, st_axis axis)
{
    for (size_t i = 0; i < at->n && at->scale[axis] < 0; i++) {
        if (at->row[i]->axes[0] == axis && is_coordinate(at->row[i])) {
            at->scale[axis] = at->scaled[i].dataset;
        }
    }
    if (at->scale[axis] < 0) {
        at->scale[axis] =
            st_scales_create_empty(at->id, st_axis_name(axis), at->result->size[axis]);
    }
    return at->scale[axis];
}

static st_status attach_scales(group *at)
{
    for (size_t i = 0; i < at->n; i++) {
        for (unsigned d = 0; d < at->scaled[i].rank; d++) {
            at->scaled[i].scale[d] = scale_of(at, at->row[i]->axes[d]);
            if (at->scaled[i].scale[d] < 0) {
                return fail(at, st_axis_name(at->row[i]->axes[d]));
            }
        }
    }
    return st_scales_attach(at->scaled, at->n) ? ST_OK : fail(at, "its dimensions");
}

static void close_group(group *at)
{
    for (int axis = 0; axis < ST_AXES; axis++) {
        bool own = at->scale[axis] >= 0;
        for (size_t i = 0; i < at->n; i++) {
            own = own && at->scale[axis] != at->scaled[i].dataset;
        }
        if (own) {
            st_close_dataset(&at->scale[axis]);
        }
    }
    for (size_t i = 0; i < at->n; i++) {
        st_close_dataset(&at->scaled[i].dataset);
    }
    st_close_group(&at->id);
}

/* --- the long series ------------------------------------------------------------------------- */

/* power_w [time]. */
static st_status write_series(group *at, const st_series *series)
{
    const st_column column = {
        "power_w", ST_COLUMN_F64, 1, {(uint64_t)series->samples}, "W", "power, NaN where invalid",
        NULL};
    const st_kept kept = {series->scratch, series->offset};
    st_status status = ST_OK;
    hid_t time = st_scales_create_empty(at->id, "time", (uint64_t)series->samples);
    hid_t power = st_column_write(at->id, &column, NULL);
    const st_scaled scaled = {power, 1, {time}};
    if (time < 0 || power < 0 ||
        !st_attribute_write_integer(power, "sample_period_ns", at->result->about.period_ns) ||
        !st_attribute_write_integer(power, "start_time_ns", at->result->about.start_ns) ||
        !st_scales_attach(&scaled, 1)) {
        status = fail(at, "power_w");
        goto done;
    }
    status = copy_kept(at, power, &column, &kept);
done:
    st_close_dataset(&power);
    st_close_dataset(&time);
    return status;
}

/* --- groups and root ------------------------------------------------------------------------- */

static st_status write_group(st_context *ctx, const char *path, hid_t file, const st_result *result,
                             const st_schema_row *rows, size_t n, const st_series *series)
{
    group at = {.ctx = ctx, .path = path, .result = result, .id = ST_NO_HANDLE};
    st_status status = ST_OK;
    bool any = series != NULL;
    for (int axis = 0; axis < ST_AXES; axis++) {
        at.scale[axis] = ST_NO_HANDLE;
    }
    for (size_t i = 0; i < n; i++) {
        any = any || is_wanted(&rows[i], rows, n, result);
    }
    if (!any) {
        return ST_OK;
    }
    at.id = st_group_create(file, rows[0].group);
    if (at.id < 0) {
        return fail(&at, rows[0].group);
    }
    for (size_t i = 0; i < n; i++) {
        if (is_wanted(&rows[i], rows, n, result)) {
            ST_GOTO(status, write_row(&at, &rows[i]));
        }
    }
    ST_GOTO(status, attach_scales(&at));
    if (series != NULL) {
        ST_GOTO(status, write_series(&at, series));
    }
done:
    close_group(&at);
    return status;
}

static bool write_root(hid_t file, const st_provenance *about)
{
    const struct {
        const char *name, *text;
    } texts[] = {
        {"Conventions", "CF-1.10"},
        {"surgetank_format", "summary/1"},
        {"surgetank_version", about->version},
        {"git_commit", about->git_commit},
        {"backend", about->backend},
        {"command_line", about->command_line},
        {"settings", about->settings},
        {"site", about->site},
        {"limits", about->limits},
        {"replicate", about->replicate},
    };
    const struct {
        const char *name;
        int64_t value;
    } integers[] = {
        {"input_bytes", (int64_t)about->input_bytes},
        {"samples", about->samples},
        {"start_time_ns", about->start_ns},
        {"sample_period_ns", about->period_ns},
        {"recorded_racks", about->recorded_racks},
        {"site_racks", about->site_racks},
        {"complete", about->complete},
    };
    bool good = true;
    for (size_t i = 0; good && i < sizeof texts / sizeof texts[0]; i++) {
        good = st_attribute_write_text(file, texts[i].name,
                                       texts[i].text != NULL ? texts[i].text : "");
    }
    for (size_t i = 0; good && i < sizeof integers / sizeof integers[0]; i++) {
        good = st_attribute_write_integer(file, integers[i].name, integers[i].value);
    }
    return good && st_attribute_write_real(file, "coverage", about->coverage) &&
           st_attribute_write_real(file, "nominal_w", about->nominal_w) &&
           (about->n_input_files == 0 ||
            st_attribute_write_texts(file, "input_files", about->input_files,
                                     about->n_input_files));
}

static const st_series *series_of(const char *name, const st_saved_series *saved)
{
    if (saved == NULL) {
        return NULL;
    }
    return strcmp(name, "load") == 0 ? saved->load : strcmp(name, "draw") == 0 ? saved->draw : NULL;
}

static st_status write_all(st_context *ctx, st_staged *staged, const char *path,
                           const st_result *result, const st_saved_series *saved)
{
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    hid_t file = ST_NO_HANDLE;
    st_status status = ST_OK;
    ST_GOTO(status, st_staged_open(ctx, staged, &file));
    const group root = {.ctx = ctx, .path = path, .id = file};
    if (!write_root(file, &result->about)) {
        status = fail(&root, "its attributes");
        goto done;
    }
    for (size_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && strcmp(rows[last].group, rows[first].group) == 0;) {
            last++;
        }
        ST_GOTO(status, write_group(ctx, path, file, result, rows + first, last - first,
                                    series_of(rows[first].group, saved)));
        ST_GOTO(status, st_staged_check(ctx, staged));
    }
    if (H5Fflush(file, H5F_SCOPE_LOCAL) < 0) {
        status = fail(&root, "its end");
    }
done:
    st_close_file(&file);
    return status;
}

st_status st_summary_write(st_context *ctx, const char *path, const st_result *result,
                           const st_saved_series *saved, st_staged **staged)
{
    st_library_scope scope;
    ST_TRY(st_staged_create(ctx, path, staged));
    st_library_enter(&scope);
    const st_status status = write_all(ctx, *staged, path, result, saved);
    st_library_leave(&scope);
    if (status != ST_OK) {
        st_staged_abandon(*staged);
        *staged = NULL;
        return status;
    }
    st_staged_flush(*staged);
    return ST_OK;
}

st_status st_summary_commit(st_context *ctx, st_staged *staged)
{
    return st_staged_commit(ctx, staged);
}

st_status st_summary_check_target(st_context *ctx, const char *path, const char *const *inputs,
                                  size_t n)
{
    struct stat target, input;
    ST_TRY(st_staged_check_target(ctx, path));
    const bool there = stat(path, &target) == 0;
    for (size_t i = 0; there && i < n; i++) {
        if (stat(inputs[i], &input) == 0 && input.st_dev == target.st_dev &&
            input.st_ino == target.st_ino) {
            return st_fail(ctx, ST_ARGUMENT, "%s: is the input %s; allowed: another name", path,
                           inputs[i]);
        }
    }
    return ST_OK;
}
