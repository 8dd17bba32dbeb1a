/* strings.h - texts in HDF5, fixed or variable length, into one block of C strings.
 * Serves attributes and datasets; all calls inside the HDF5 scope. */
#ifndef ST_IO_STRINGS_H
#define ST_IO_STRINGS_H

#include "io/library.h"

/* An HDF5 attribute or dataset, read as texts. */
typedef struct st_text_source {
    hid_t id;
    bool is_attribute;
} st_text_source;

/* All n texts of a source whose stored type is a string: *texts [n] points into its own block;
 * free with st_free once. Bytes are checked against `most_bytes`; what is no text becomes "".
 * ST_FORMAT with HDF5's reason (the caller puts the place before it), ST_MEMORY. */
st_status st_texts_read(st_context *ctx, st_text_source source, hid_t type, size_t n,
                        size_t most_bytes, char ***texts);

/* The type of all our texts: variable length, UTF-8. ST_NO_HANDLE on failure. */
hid_t st_text_type(void);

#endif
