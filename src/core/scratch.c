/* scratch.c - the nameless file, by pwrite and pread. */
#include "core/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/memory.h"

enum { SCRATCH_ALIGN = 4096 };

struct st_scratch {
    int file;
    _Atomic uint64_t reserved;
    char *folder; /* for errors */
};

st_status st_scratch_open(st_context *ctx, const char *folder, st_scratch **scratch)
{
    st_status status = ST_OK;
    void *block = NULL;
    char path[4096];
    *scratch = NULL;
    const int n = snprintf(path, sizeof path, "%s/.surgetank-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        return st_fail(ctx, ST_OUTPUT, "%s: the path is too long (at most %zu characters)", folder,
                       sizeof path - 20);
    }
    ST_TRY(st_alloc(ctx, 1, sizeof **scratch, "the scratch file", &block));
    st_scratch *made = block;
    made->file = -1;
    ST_GOTO(status, st_copy_text(ctx, folder, &made->folder));
    made->file = mkstemp(path);
    if (made->file < 0) {
        status = st_fail(ctx, ST_OUTPUT, "%s: cannot make a scratch file here: %s", folder,
                         strerror(errno));
        goto done;
    }
    unlink(path);
    *scratch = made;
done:
    if (status != ST_OK) {
        st_free(made->folder);
        st_free(made);
    }
    return status;
}

void st_scratch_close(st_scratch *scratch)
{
    if (scratch != NULL) {
        close(scratch->file);
        st_free(scratch->folder);
        st_free(scratch);
    }
}

st_status st_scratch_reserve(st_context *ctx, st_scratch *scratch, uint64_t bytes, uint64_t *offset)
{
    uint64_t reserved = atomic_load(&scratch->reserved), next;
    do {
        if (bytes > INT64_MAX / 2 - reserved) {
            return st_fail(ctx, ST_CAPACITY, "the scratch file in %s would need %llu bytes more",
                           scratch->folder, (unsigned long long)bytes);
        }
        next = reserved + (bytes + SCRATCH_ALIGN - 1) / SCRATCH_ALIGN * SCRATCH_ALIGN;
    } while (!atomic_compare_exchange_weak(&scratch->reserved, &reserved, next));
    *offset = reserved;
    return ST_OK;
}

st_status st_scratch_write(st_context *ctx, st_scratch *scratch, uint64_t offset, const void *data,
                           size_t bytes)
{
    const unsigned char *at = data;
    while (bytes > 0) {
        const ssize_t n = pwrite(scratch->file, at, bytes, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return st_fail(ctx, ST_OUTPUT,
                           "%s: the scratch file in this folder cannot be written: %s",
                           scratch->folder, strerror(errno));
        }
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return ST_OK;
}

st_status st_scratch_read(st_context *ctx, const st_scratch *scratch, uint64_t offset, void *data,
                          size_t bytes)
{
    unsigned char *at = data;
    while (bytes > 0) {
        const ssize_t n = pread(scratch->file, at, bytes, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return st_fail(ctx, ST_OUTPUT,
                           "%s: the scratch file in this folder cannot be read back: %s",
                           scratch->folder, n < 0 ? strerror(errno) : "it ends too early");
        }
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return ST_OK;
}

st_status st_scratch_read_rows(st_context *ctx, const st_scratch *scratch, uint64_t offset,
                               void *data, size_t rows, size_t row_bytes, size_t pitch)
{
    enum { AT_ONCE = 16 };
    for (size_t done = 0; done < rows;) {
        struct iovec parts[AT_ONCE];
        const size_t n = rows - done < AT_ONCE ? rows - done : AT_ONCE;
        unsigned char *at = (unsigned char *)data + done * pitch;
        for (size_t i = 0; i < n; i++) {
            parts[i] = (struct iovec){at + i * pitch, row_bytes};
        }
        const ssize_t got = preadv(scratch->file, parts, (int)n, (off_t)offset);
        for (size_t i = 0; i < n && got != (ssize_t)(n * row_bytes); i++) {
            ST_TRY(
                st_scratch_read(ctx, scratch, offset + i * row_bytes, at + i * pitch, row_bytes));
        }
        offset += n * row_bytes;
        done += n;
    }
    return ST_OK;
}

st_status st_series_reserve(st_context *ctx, st_scratch *scratch, int64_t samples,
                            st_series *series)
{
    *series = (st_series){scratch, 0, samples};
    if (samples < 0 || (uint64_t)samples > INT64_MAX / (2 * sizeof(double))) {
        return st_fail(ctx, ST_CAPACITY, "a series of %lld samples is out of range",
                       (long long)samples);
    }
    return st_scratch_reserve(ctx, scratch, (uint64_t)samples * sizeof(double), &series->offset);
}

st_status st_series_write(st_context *ctx, const st_series *series, int64_t first, size_t n,
                          const double *values)
{
    return st_scratch_write(ctx, series->scratch, series->offset + (uint64_t)first * sizeof(double),
                            values, n * sizeof(double));
}

st_status st_series_read(st_context *ctx, const st_series *series, int64_t first, size_t n,
                         double *values)
{
    return st_scratch_read(ctx, series->scratch, series->offset + (uint64_t)first * sizeof(double),
                           values, n * sizeof(double));
}
