/* summary_read.c - a summary as `show`, `check` and `merge` see it: by path, converted, kept.
 * The file may lie: every dataset of the schema is read once in a child process first. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "io/attribute.h"
#include "io/schema.h"
#include "io/strings.h"
#include "io/walk.h"
#include "surgetank/summary.h"
#include "surgetank/trace.h"

/* What was read, kept until close. */
typedef enum kept_kind { KEPT_REALS, KEPT_INTEGERS, KEPT_STRINGS, KEPT_TEXT } kept_kind;

typedef struct kept {
    struct kept *next;
    kept_kind kind;
    char *path;
    void *values;
    size_t n;
} kept;

struct st_summary {
    st_context *ctx;
    char *path;
    uint64_t bytes;
    hid_t file;
    kept *first;
};

/* Uncompressed files hold what they claim; a repacked one may be this much smaller. */
enum { RATIO_MOST = 4096 };

static kept *find(const st_summary *summary, kept_kind kind, const char *path)
{
    kept *at = summary->first;
    while (at != NULL && (at->kind != kind || strcmp(at->path, path) != 0)) {
        at = at->next;
    }
    return at;
}

/* Takes over `values`, also on failure. */
static st_status keep(st_summary *summary, kept_kind kind, const char *path, void *values, size_t n)
{
    void *block = NULL;
    st_status status = ST_OK;
    ST_GOTO(status, st_alloc(summary->ctx, 1, sizeof(kept), "a column", &block));
    kept *made = block;
    ST_GOTO(status, st_copy_text(summary->ctx, path, &made->path));
    made->kind = kind;
    made->values = values;
    made->n = n;
    made->next = summary->first;
    summary->first = made;
done:
    if (status != ST_OK) {
        st_free(block);
        st_free(values);
    }
    return status;
}

static void forget(st_summary *summary)
{
    while (summary->first != NULL) {
        kept *at = summary->first;
        summary->first = at->next;
        st_free(at->path);
        st_free(at->values);
        st_free(at);
    }
}

/* --- datasets -------------------------------------------------------------------------------- */

typedef struct opened {
    hid_t id, type;
    size_t n;
} opened;

static void close_dataset(opened *data)
{
    st_close_type(&data->type);
    st_close_dataset(&data->id);
}

static st_status open_dataset(const st_summary *summary, const char *path, opened *data)
{
    char reason[ST_REASON_BYTES];
    st_status status = ST_OK;
    *data = (opened){ST_NO_HANDLE, ST_NO_HANDLE, 0};
    if (H5Lexists(summary->file, path, H5P_DEFAULT) <= 0) {
        return st_fail(summary->ctx, ST_FORMAT, "%s: dataset %s is missing", summary->path, path);
    }
    data->id = H5Dopen2(summary->file, path, H5P_DEFAULT);
    data->type = data->id < 0 ? ST_NO_HANDLE : H5Dget_type(data->id);
    hid_t space = data->id < 0 ? ST_NO_HANDLE : H5Dget_space(data->id);
    const hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    size_t bytes;
    if (data->type < 0 || n < 0) {
        status = st_fail(summary->ctx, ST_FORMAT, "%s: dataset %s: HDF5 cannot open it: %s",
                         summary->path, path, st_library_reason(reason));
    } else if (!st_multiply((size_t)n, H5Tget_size(data->type), &bytes) ||
               bytes / RATIO_MOST > summary->bytes) {
        status = st_fail(summary->ctx, ST_FORMAT,
                         "%s: dataset %s claims %lld values in a file of %llu bytes", summary->path,
                         path, (long long)n, (unsigned long long)summary->bytes);
    }
    data->n = n > 0 ? (size_t)n : 0;
    st_close_space(&space);
    return status;
}

static st_status wrong_type(const st_summary *summary, const char *path, const opened *data,
                            const char *allowed)
{
    char words[64];
    return st_fail(summary->ctx, ST_FORMAT, "%s: dataset %s holds %s; allowed: %s", summary->path,
                   path, st_type_words(data->type, words, sizeof words), allowed);
}

static st_status read_numbers(st_summary *summary, kept_kind kind, const char *path,
                              const opened *data)
{
    char reason[ST_REASON_BYTES];
    void *values;
    const H5T_class_t class = H5Tget_class(data->type);
    if (class != H5T_INTEGER && !(kind == KEPT_REALS && class == H5T_FLOAT)) {
        return wrong_type(summary, path, data, kind == KEPT_REALS ? "numbers" : "integers");
    }
    ST_TRY(st_alloc(summary->ctx, data->n, 8, path, &values));
    const hid_t memory = kind == KEPT_REALS ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    if (H5Dread(data->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        st_free(values);
        return st_fail(summary->ctx, ST_FORMAT, "%s: dataset %s: HDF5 cannot read it: %s",
                       summary->path, path, st_library_reason(reason));
    }
    return keep(summary, kind, path, values, data->n);
}

static st_status read_strings(st_summary *summary, const char *path, const opened *data)
{
    const st_text_source source = {data->id, false};
    char **texts;
    if (H5Tget_class(data->type) != H5T_STRING) {
        return wrong_type(summary, path, data, "text");
    }
    const st_status status =
        st_texts_read(summary->ctx, source, data->type, data->n, ST_TEXT_MOST, &texts);
    if (status != ST_OK) {
        st_prefix(summary->ctx, "%s: dataset %s", summary->path, path);
        return status;
    }
    return keep(summary, KEPT_STRINGS, path, texts, data->n);
}

static st_status get(st_summary *summary, kept_kind kind, const char *path, kept **found)
{
    st_library_scope scope;
    opened data;
    *found = find(summary, kind, path);
    if (*found != NULL) {
        return ST_OK;
    }
    st_library_enter(&scope);
    st_status status = open_dataset(summary, path, &data);
    if (status == ST_OK) {
        status = kind == KEPT_STRINGS ? read_strings(summary, path, &data)
                                      : read_numbers(summary, kind, path, &data);
    }
    close_dataset(&data);
    st_library_leave(&scope);
    *found = status == ST_OK ? summary->first : NULL;
    return status;
}

st_status st_summary_reals(st_summary *summary, const char *path, const double **values, size_t *n)
{
    kept *found;
    ST_TRY(get(summary, KEPT_REALS, path, &found));
    *values = found->values;
    *n = found->n;
    return ST_OK;
}

st_status st_summary_integers(st_summary *summary, const char *path, const int64_t **values,
                              size_t *n)
{
    kept *found;
    ST_TRY(get(summary, KEPT_INTEGERS, path, &found));
    *values = found->values;
    *n = found->n;
    return ST_OK;
}

st_status st_summary_strings(st_summary *summary, const char *path, const char *const **values,
                             size_t *n)
{
    kept *found;
    ST_TRY(get(summary, KEPT_STRINGS, path, &found));
    *values = found->values;
    *n = found->n;
    return ST_OK;
}

/* --- attributes ------------------------------------------------------------------------------ */

static st_holder root_of(const st_summary *summary)
{
    return (st_holder){summary->file, summary->path, "/"};
}

bool st_summary_has(const st_summary *summary, const char *path)
{
    st_library_scope scope;
    const st_holder root = root_of(summary);
    st_library_enter(&scope);
    const bool has = H5Lexists(summary->file, path, H5P_DEFAULT) > 0 ||
                     (strchr(path, '/') == NULL && st_attribute_has(&root, path));
    st_library_leave(&scope);
    return has;
}

st_status st_summary_text(st_summary *summary, const char *attribute, const char **text)
{
    st_library_scope scope;
    const st_holder root = root_of(summary);
    kept *found = find(summary, KEPT_TEXT, attribute);
    st_status status = ST_OK;
    if (found == NULL) {
        char *read;
        st_library_enter(&scope);
        status = st_attribute_text(summary->ctx, &root, attribute, &read);
        st_library_leave(&scope);
        ST_TRY(status);
        ST_TRY(keep(summary, KEPT_TEXT, attribute, read, 1));
        found = summary->first;
    }
    *text = found->values;
    return status;
}

st_status st_summary_number(st_summary *summary, const char *attribute, double *value)
{
    st_library_scope scope;
    const st_holder root = root_of(summary);
    st_library_enter(&scope);
    const st_status status = st_attribute_real(summary->ctx, &root, attribute, value);
    st_library_leave(&scope);
    return status;
}

/* --- open and close -------------------------------------------------------------------------- */

static st_status check_format(st_summary *summary)
{
    const char *format;
    ST_TRY(st_summary_text(summary, "surgetank_format", &format));
    return strcmp(format, "summary/1") == 0
               ? ST_OK
               : st_fail(summary->ctx, ST_FORMAT,
                         "%s: /: attribute surgetank_format is \"%.64s\"; allowed: \"summary/1\"",
                         summary->path, format);
}

static st_status open_file(st_context *ctx, const char *path, st_summary **summary)
{
    st_library_scope scope;
    st_status status = ST_OK;
    void *block;
    *summary = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof **summary, "a summary", &block));
    st_summary *made = block;
    made->ctx = ctx;
    made->file = ST_NO_HANDLE;
    ST_GOTO(status, st_copy_text(ctx, path, &made->path));
    ST_GOTO(status, st_check_input(ctx, path, &made->bytes));
    st_library_enter(&scope);
    status = st_library_open(ctx, path, &made->file);
    st_library_leave(&scope);
    ST_GOTO(status, status);
    ST_GOTO(status, check_format(made));
    *summary = made;
done:
    if (status != ST_OK) {
        st_summary_close(made);
    }
    return status;
}

/* Every column once, so that what HDF5 cannot stand happens here and not in the caller. */
static st_status look(st_context *ctx, const char *path, const void *user, st_parcel *told)
{
    (void)user, (void)told;
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    st_summary *summary;
    st_status status = ST_OK;
    ST_TRY(open_file(ctx, path, &summary));
    for (size_t i = 0; i < n && status == ST_OK; i++) {
        char name[128];
        kept *found;
        snprintf(name, sizeof name, "%s/%s", rows[i].group, rows[i].name);
        const kept_kind kind = rows[i].type == ST_COLUMN_TEXT ? KEPT_STRINGS : KEPT_REALS;
        if (st_summary_has(summary, name)) {
            status = get(summary, kind, name, &found);
            forget(summary);
        }
    }
    st_summary_close(summary);
    return status;
}

st_status st_summary_open(st_context *ctx, const char *path, st_summary **summary)
{
    *summary = NULL;
    ST_TRY(st_check_input(ctx, path, NULL));
    ST_TRY(st_walk(ctx, path, look, NULL, ST_WALK_SECONDS, NULL));
    return open_file(ctx, path, summary);
}

void st_summary_close(st_summary *summary)
{
    st_library_scope scope;
    if (summary == NULL) {
        return;
    }
    forget(summary);
    st_library_enter(&scope);
    st_close_file(&summary->file);
    st_library_leave(&scope);
    st_free(summary->path);
    st_free(summary);
}
