/* impulse.c - reads and checks /impulse_response. */
#include "io/impulse.h"

#include <math.h>

#include "core/memory.h"
#include "io/attribute.h"
#include "io/walk.h"

static const char *const dataset_name = "/impulse_response";

/* What is asked of the file, and what was found. */
typedef struct impulse_task {
    int64_t period_ns, most;
    double *h;
    size_t taps;
} impulse_task;

static st_status check_shape(st_context *ctx, const char *path, hid_t dataset,
                             const impulse_task *task, size_t *taps)
{
    char words[64];
    hsize_t length = 0;
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    st_status status = ST_OK;
    if (H5Sget_simple_extent_ndims(space) != 1 ||
        H5Sget_simple_extent_dims(space, &length, NULL) != 1) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: found no list of numbers; allowed: one dimension",
                         path, dataset_name);
    } else if (length < 1 || length > (hsize_t)task->most) {
        status = st_fail(ctx, ST_FORMAT,
                         "%s: %s: found %llu values; allowed: 1 to %lld, the length of the record",
                         path, dataset_name, (unsigned long long)length, (long long)task->most);
    } else if (H5Tget_class(type) != H5T_FLOAT) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: found type %s; allowed: float64", path,
                         dataset_name, st_type_words(type, words, sizeof words));
    }
    *taps = (size_t)length;
    st_close_type(&type);
    st_close_space(&space);
    return status;
}

static st_status check_period(st_context *ctx, const char *path, hid_t dataset,
                              const impulse_task *task)
{
    int64_t found_ns;
    const st_holder holder = {dataset, path, dataset_name};
    ST_TRY(st_attribute_integer(ctx, &holder, "sample_period_ns", &found_ns));
    if (found_ns != task->period_ns) {
        return st_fail(
            ctx, ST_FORMAT,
            "%s: %s: sample_period_ns: found %lld; allowed: %lld, the period of the trace", path,
            dataset_name, (long long)found_ns, (long long)task->period_ns);
    }
    return ST_OK;
}

static st_status take_values(st_context *ctx, const char *path, hid_t dataset, impulse_task *task)
{
    void *block;
    char reason[ST_REASON_BYTES];
    ST_TRY(st_alloc(ctx, task->taps, sizeof(double), "the impulse response", &block));
    task->h = block;
    if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) < 0) {
        return st_fail(ctx, ST_FORMAT, "%s: %s: cannot be read: %s", path, dataset_name,
                       st_library_reason(reason));
    }
    for (size_t i = 0; i < task->taps; i++) {
        if (!isfinite(task->h[i])) {
            return st_fail(ctx, ST_FORMAT, "%s: %s: value %zu: found %g; allowed: finite numbers",
                           path, dataset_name, i, task->h[i]);
        }
        task->h[i] *= (double)task->period_ns * 1e-9;
    }
    return ST_OK;
}

static st_status read_open(st_context *ctx, const char *path, impulse_task *task)
{
    hid_t file = ST_NO_HANDLE, dataset = ST_NO_HANDLE;
    st_status status = ST_OK;
    ST_GOTO(status, st_library_open(ctx, path, &file));
    if (H5Lexists(file, dataset_name, H5P_DEFAULT) > 0) {
        dataset = H5Dopen2(file, dataset_name, H5P_DEFAULT);
    }
    if (dataset < 0) {
        status = st_fail(ctx, ST_FORMAT, "%s: found no dataset %s", path, dataset_name);
        goto done;
    }
    ST_GOTO(status, check_shape(ctx, path, dataset, task, &task->taps));
    ST_GOTO(status, check_period(ctx, path, dataset, task));
    ST_GOTO(status, take_values(ctx, path, dataset, task));
done:
    st_close_dataset(&dataset);
    st_close_file(&file);
    return status;
}

static st_status read_in_scope(st_context *ctx, const char *path, impulse_task *task)
{
    st_library_scope scope;
    st_library_enter(&scope);
    const st_status status = read_open(ctx, path, task);
    st_library_leave(&scope);
    return status;
}

/* In the child: the same reading, into memory that ends with it. */
static st_status look(st_context *ctx, const char *path, const void *user, st_parcel *told)
{
    (void)told;
    impulse_task task = *(const impulse_task *)user;
    const st_status status = read_in_scope(ctx, path, &task);
    st_free(task.h);
    return status;
}

st_status st_impulse_read(st_context *ctx, const char *path, int64_t period_ns, int64_t most,
                          double **h, size_t *taps)
{
    impulse_task task = {period_ns, most, NULL, 0};
    *h = NULL;
    ST_TRY(st_check_input(ctx, path, NULL));
    ST_TRY(st_walk(ctx, path, look, &task, ST_WALK_SECONDS, NULL));
    const st_status status = read_in_scope(ctx, path, &task);
    if (status != ST_OK) {
        st_free(task.h);
        return status;
    }
    *h = task.h;
    *taps = task.taps;
    return ST_OK;
}
