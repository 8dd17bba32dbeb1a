/* attribute.h - reading attributes of a file that may lie: presence, type, count, size first.
 * Serves the trace and the summary reader; all calls inside the HDF5 scope. */
#ifndef ST_IO_ATTRIBUTE_H
#define ST_IO_ATTRIBUTE_H

#include <stdint.h>

#include "io/library.h"

/* Where an attribute is looked for, and the words for it in errors ("a.h5", "/power"). */
typedef struct st_holder {
    hid_t object;
    const char *path, *name;
} st_holder;

enum {
    ST_TEXT_MOST = 1 << 26,     /* bytes of one text */
    ST_ATTRIBUTE_MOST = 1 << 16 /* elements of one attribute */
};

bool st_attribute_has(const st_holder *holder, const char *attribute);

/* Scalars, or arrays of one element. ST_FORMAT: missing, another type (found, allowed). */
st_status st_attribute_integer(st_context *ctx, const st_holder *holder, const char *attribute,
                               int64_t *value);
/* Takes integers too. */
st_status st_attribute_real(st_context *ctx, const st_holder *holder, const char *attribute,
                            double *value);
/* *text is allocated; free with st_free. */
st_status st_attribute_text(st_context *ctx, const st_holder *holder, const char *attribute,
                            char **text);
/* An array of texts (a scalar counts as one) in one block: *texts is allocated, free with
 * st_free once. */
st_status st_attribute_texts(st_context *ctx, const st_holder *holder, const char *name,
                             char ***texts, size_t *n);

/* "float32", "int16", "string", ... of an HDF5 type, into `text` of `size` bytes. */
const char *st_type_words(hid_t type, char *text, size_t size);

#endif
