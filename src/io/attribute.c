/* attribute.c - attributes, checked before they are read. */
#include "io/attribute.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "io/strings.h"

const char *st_type_words(hid_t type, char *text, size_t size)
{
    static const struct {
        H5T_class_t class;
        const char *word;
    } words[] = {
        {H5T_STRING, "string"}, {H5T_COMPOUND, "compound"},  {H5T_ENUM, "enumeration"},
        {H5T_VLEN, "list"},     {H5T_ARRAY, "array"},        {H5T_REFERENCE, "reference"},
        {H5T_OPAQUE, "opaque"}, {H5T_BITFIELD, "bit field"}, {H5T_TIME, "time"},
    };
    const H5T_class_t class = H5Tget_class(type);
    const size_t bits = 8 * H5Tget_size(type);
    const char *big = H5Tget_order(type) == H5T_ORDER_BE && bits > 8 ? "big-endian " : "";
    snprintf(text, size, "unknown type");
    if (class == H5T_FLOAT) {
        snprintf(text, size, "%sfloat%zu", big, bits);
    } else if (class == H5T_INTEGER) {
        snprintf(text, size, "%s%sint%zu", big, H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].class == class) {
            snprintf(text, size, "%s", words[i].word);
        }
    }
    return text;
}

bool st_attribute_has(const st_holder *holder, const char *attribute)
{
    return H5Aexists(holder->object, attribute) > 0;
}

/* An attribute, opened, with its type and number of elements. */
typedef struct opened {
    hid_t id, type;
    size_t n;
} opened;

static void close_attribute(opened *attribute)
{
    st_close_type(&attribute->type);
    st_close_attribute(&attribute->id);
}

static st_status open_attribute(st_context *ctx, const st_holder *holder, const char *name,
                                const char *allowed, opened *attribute)
{
    char reason[ST_REASON_BYTES];
    hid_t space = ST_NO_HANDLE;
    st_status status = ST_OK;
    *attribute = (opened){ST_NO_HANDLE, ST_NO_HANDLE, 0};
    if (!st_attribute_has(holder, name)) {
        return st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s is missing; allowed: %s", holder->path,
                       holder->name, name, allowed);
    }
    attribute->id = H5Aopen(holder->object, name, H5P_DEFAULT);
    attribute->type = attribute->id < 0 ? ST_NO_HANDLE : H5Aget_type(attribute->id);
    space = attribute->id < 0 ? ST_NO_HANDLE : H5Aget_space(attribute->id);
    const hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    if (attribute->type < 0 || n < 0) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s: HDF5 cannot read it: %s",
                         holder->path, holder->name, name, st_library_reason(reason));
    } else if (n < 1 || n > ST_ATTRIBUTE_MOST) {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s has %lld values; allowed: %s",
                         holder->path, holder->name, name, (long long)n, allowed);
    }
    attribute->n = n > 0 ? (size_t)n : 0;
    st_close_space(&space);
    return status;
}

static st_status wrong_type(st_context *ctx, const st_holder *holder, const char *name,
                            const opened *attribute, const char *allowed)
{
    char words[64];
    return st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s is %zu x %s; allowed: %s", holder->path,
                   holder->name, name, attribute->n,
                   st_type_words(attribute->type, words, sizeof words), allowed);
}

static st_status read_number(st_context *ctx, const st_holder *holder, const char *name,
                             const char *allowed, bool reals_too, hid_t memory, void *value)
{
    char reason[ST_REASON_BYTES];
    opened attribute;
    st_status status = open_attribute(ctx, holder, name, allowed, &attribute);
    if (status == ST_OK) {
        const H5T_class_t class = H5Tget_class(attribute.type);
        if (attribute.n != 1 || (class != H5T_INTEGER && !(reals_too && class == H5T_FLOAT))) {
            status = wrong_type(ctx, holder, name, &attribute, allowed);
        } else if (H5Aread(attribute.id, memory, value) < 0) {
            status = st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s: HDF5 cannot read it: %s",
                             holder->path, holder->name, name, st_library_reason(reason));
        }
    }
    close_attribute(&attribute);
    return status;
}

st_status st_attribute_integer(st_context *ctx, const st_holder *holder, const char *attribute,
                               int64_t *value)
{
    return read_number(ctx, holder, attribute, "one integer", false, H5T_NATIVE_INT64, value);
}

st_status st_attribute_real(st_context *ctx, const st_holder *holder, const char *attribute,
                            double *value)
{
    return read_number(ctx, holder, attribute, "one number", true, H5T_NATIVE_DOUBLE, value);
}

st_status st_attribute_texts(st_context *ctx, const st_holder *holder, const char *name,
                             char ***texts, size_t *n)
{
    opened attribute;
    *texts = NULL;
    *n = 0;
    st_status status = open_attribute(ctx, holder, name, "text", &attribute);
    if (status == ST_OK && H5Tget_class(attribute.type) != H5T_STRING) {
        status = wrong_type(ctx, holder, name, &attribute, "text");
    } else if (status == ST_OK) {
        const st_text_source source = {attribute.id, true};
        status = st_texts_read(ctx, source, attribute.type, attribute.n, ST_TEXT_MOST, texts);
        if (status != ST_OK) {
            st_prefix(ctx, "%s: %s: attribute %s", holder->path, holder->name, name);
        }
        *n = status == ST_OK ? attribute.n : 0;
    }
    close_attribute(&attribute);
    return status;
}

st_status st_attribute_text(st_context *ctx, const st_holder *holder, const char *attribute,
                            char **text)
{
    char **texts;
    size_t n;
    *text = NULL;
    ST_TRY(st_attribute_texts(ctx, holder, attribute, &texts, &n));
    st_status status = ST_OK;
    if (n == 1) {
        status = st_copy_text(ctx, texts[0], text);
    } else {
        status = st_fail(ctx, ST_FORMAT, "%s: %s: attribute %s has %zu texts; allowed: one",
                         holder->path, holder->name, attribute, n);
    }
    st_free(texts);
    return status;
}
