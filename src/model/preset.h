/* preset.h - from the name of a site or of limits to the text of a file.
 * A name with a '/' or ending in .yaml is a path, any other a preset of the data folder.
 * Knows folders and files; does not know what is in them. */
#ifndef ST_MODEL_PRESET_H
#define ST_MODEL_PRESET_H

#include "core/context.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_PRESET_BYTES_MAX = 1 << 20 };

/* The file that `name` means; `noun` ("site") is for the sentence, `folder` ("sites") for the
 * place. ST_MISSING lists the presets. *path by st_alloc. */
st_status st_preset_path(st_context *ctx, const char *noun, const char *folder, const char *name,
                         const char *data_dir, char **path);

/* The whole file, NUL-terminated. ST_MISSING when it cannot be read, ST_CONFIG above 1 MiB.
 * *text by st_alloc. */
st_status st_preset_read(st_context *ctx, const char *path, char **text, size_t *bytes);

/* Names of the *.yaml files of data_dir/folder, sorted; free with st_names_free of site.h. */
st_status st_preset_names(st_context *ctx, const char *data_dir, const char *folder, char ***names,
                          size_t *n);

#ifdef __cplusplus
}
#endif
#endif
