/* preset.c - looks names up in the data folder and reads small text files.
 * Serves site and limits; does not know what is in the files. */
#include "model/preset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "model/number.h"
#include "surgetank/site.h"

enum { NAMES_MAX = 1024 };
static const char suffix[] = ".yaml";

static bool ends_in_yaml(const char *name)
{
    const size_t n = strlen(name), tail = sizeof suffix - 1;
    return n > tail && strcmp(name + n - tail, suffix) == 0;
}

void st_names_free(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++) {
        st_free(names[i]);
    }
    st_free(names);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static st_status collect(st_context *ctx, DIR *folder, char **names, size_t *n)
{
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.' || !ends_in_yaml(entry->d_name) || *n == NAMES_MAX) {
            continue;
        }
        ST_TRY(st_copy_text(ctx, entry->d_name, &names[*n]));
        names[*n][strlen(names[*n]) - (sizeof suffix - 1)] = '\0';
        (*n)++;
    }
    qsort(names, *n, sizeof *names, by_name);
    return ST_OK;
}

st_status st_preset_names(st_context *ctx, const char *data_dir, const char *folder, char ***names,
                          size_t *n)
{
    st_status status = ST_OK;
    char path[4096];
    void *block = NULL;
    DIR *opened = NULL;
    size_t found = 0;
    *names = NULL;
    *n = 0;
    if (data_dir == NULL) {
        return st_fail(ctx, ST_MISSING, "there is no data folder to look for %s in", folder);
    }
    snprintf(path, sizeof path, "%s/%s", data_dir, folder);
    opened = opendir(path);
    if (opened == NULL) {
        return st_fail(ctx, ST_MISSING, "%s: %s", path, strerror(errno));
    }
    ST_GOTO(status, st_alloc(ctx, NAMES_MAX, sizeof **names, "the names of presets", &block));
    ST_GOTO(status, collect(ctx, opened, block, &found));
    *names = block;
    *n = found;
    block = NULL;
done:
    closedir(opened);
    st_names_free(block, found);
    return status;
}

static st_status unknown_preset(st_context *ctx, const char *noun, const char *folder,
                                const char *name, const char *data_dir)
{
    char **names, quoted[ST_QUOTE_TEXT];
    size_t n;
    st_words words = {0};
    ST_TRY(st_preset_names(ctx, data_dir, folder, &names, &n));
    for (size_t i = 0; i < n; i++) {
        st_words_add(&words, names[i]);
    }
    st_names_free(names, n);
    return st_fail(ctx, ST_MISSING, "unknown %s %s, known: %s (or the path of a .yaml file)", noun,
                   st_quote(name, quoted), words.text);
}

st_status st_preset_path(st_context *ctx, const char *noun, const char *folder, const char *name,
                         const char *data_dir, char **path)
{
    char joined[4096];
    *path = NULL;
    if (strchr(name, '/') != NULL || ends_in_yaml(name)) {
        return st_copy_text(ctx, name, path);
    }
    const int n = data_dir == NULL ? -1
                                   : snprintf(joined, sizeof joined, "%s/%s/%s%s", data_dir, folder,
                                              name, suffix);
    if (name[0] == '\0' || name[0] == '.' || n < 0 || (size_t)n >= sizeof joined ||
        access(joined, F_OK) != 0) {
        return unknown_preset(ctx, noun, folder, name, data_dir);
    }
    return st_copy_text(ctx, joined, path);
}

static st_status read_all(st_context *ctx, int file, const char *path, char *text, size_t bytes,
                          size_t *got)
{
    *got = 0;
    while (*got < bytes) {
        const ssize_t n = read(file, text + *got, bytes - *got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return st_fail(ctx, ST_MISSING, "%s: %s", path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        *got += (size_t)n;
    }
    return ST_OK;
}

st_status st_preset_read(st_context *ctx, const char *path, char **text, size_t *bytes)
{
    st_status status = ST_OK;
    void *block = NULL;
    struct stat about;
    *text = NULL;
    *bytes = 0;
    /* Not blocking: a pipe must be refused, not waited for. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &about) != 0) {
        status = st_fail(ctx, ST_MISSING, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(about.st_mode)) {
        status = st_fail(ctx, ST_MISSING, "%s: not a regular file", path);
        goto done;
    }
    if (about.st_size > ST_PRESET_BYTES_MAX) {
        status = st_fail(ctx, ST_CONFIG, "%s: %lld bytes, allowed: at most %d", path,
                         (long long)about.st_size, ST_PRESET_BYTES_MAX);
        goto done;
    }
    ST_GOTO(status, st_alloc(ctx, (size_t)about.st_size + 1, 1, "a YAML text", &block));
    ST_GOTO(status, read_all(ctx, file, path, block, (size_t)about.st_size, bytes));
    *text = block;
    block = NULL;
done:
    st_free(block);
    if (file >= 0) {
        close(file);
    }
    return status;
}
