/* staged_pages.c - the pages that shadow a temporary file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "io/staged_driver.h"

/* Index of the first page whose number is not below `number`. */
static size_t lower(const st_stage *stage, uint64_t number)
{
    size_t low = 0, high = stage->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (stage->pages[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static st_page *find(const st_stage *stage, uint64_t number)
{
    const size_t at = lower(stage, number);
    return at < stage->n && stage->pages[at].number == number ? &stage->pages[at] : NULL;
}

/* What is on the disk; zeros beyond its end and where it cannot be read. */
static void read_disk(const st_stage *stage, uint64_t address, unsigned char *data, size_t bytes)
{
    memset(data, 0, bytes);
    while (bytes > 0) {
        const ssize_t n = pread(stage->descriptor, data, bytes, (off_t)address);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return;
        }
        data += n > 0 ? n : 0;
        address += n > 0 ? (uint64_t)n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
}

static void write_disk(st_stage *stage, uint64_t address, const unsigned char *data, size_t bytes)
{
    while (bytes > 0 && stage->error == 0) {
        const ssize_t n = pwrite(stage->descriptor, data, bytes, (off_t)address);
        if (n < 0 && errno != EINTR) {
            stage->error = errno;
        }
        if (n == 0) {
            stage->error = ENOSPC;
        }
        data += n > 0 ? n : 0;
        address += n > 0 ? (uint64_t)n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
}

/* Lets the disk begin with what it has: the sync at the end has less to wait for. A hint: what it
 * does not do, the sync does. */
static void start_disk(const st_stage *stage)
{
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(stage->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
    (void)stage;
#endif
}

/* The page of that number, made from the disk when it is new; NULL without memory. */
static st_page *need_page(st_stage *stage, uint64_t number)
{
    const size_t at = lower(stage, number);
    void *data, *pages;
    if (at < stage->n && stage->pages[at].number == number) {
        return &stage->pages[at];
    }
    /* HDF5 reports what the driver could not do; its words need no context of ours. */
    st_context *quiet = st_context_create();
    st_page *made = NULL;
    if (quiet != NULL && stage->n == stage->room) {
        const size_t room = 2 * stage->room + 64;
        if (st_alloc(quiet, room, sizeof(st_page), "pages", &pages) != ST_OK) {
            goto done;
        }
        if (stage->n > 0) {
            memcpy(pages, stage->pages, stage->n * sizeof(st_page));
        }
        st_free(stage->pages);
        stage->pages = pages;
        stage->room = room;
    }
    if (quiet != NULL && st_alloc(quiet, ST_PAGE_BYTES, 1, "a page", &data) == ST_OK) {
        made = &stage->pages[at];
        memmove(made + 1, made, (stage->n - at) * sizeof(st_page));
        stage->n++;
        *made = (st_page){number, data};
        read_disk(stage, number * ST_PAGE_BYTES, data, ST_PAGE_BYTES);
    }
done:
    st_context_destroy(quiet);
    return made;
}

bool st_stage_write(st_stage *stage, bool structure, uint64_t address, const void *data,
                    size_t bytes)
{
    enum { WORTH_STARTING = 1 << 20 };
    const unsigned char *from = data;
    if (!structure) {
        write_disk(stage, address, from, bytes);
        stage->waiting += bytes;
        if (stage->waiting >= WORTH_STARTING) {
            stage->waiting = 0;
            start_disk(stage);
        }
    }
    while (bytes > 0) {
        const uint64_t number = address / ST_PAGE_BYTES;
        const size_t skip = (size_t)(address % ST_PAGE_BYTES);
        const size_t n = bytes < ST_PAGE_BYTES - skip ? bytes : ST_PAGE_BYTES - skip;
        st_page *page = structure ? need_page(stage, number) : find(stage, number);
        if (structure && page == NULL) {
            return false;
        }
        if (page != NULL) {
            memcpy(page->data + skip, from, n);
        }
        from += n;
        address += n;
        bytes -= n;
    }
    return true;
}

bool st_stage_read(const st_stage *stage, uint64_t address, void *data, size_t bytes)
{
    unsigned char *to = data;
    while (bytes > 0) {
        const size_t skip = (size_t)(address % ST_PAGE_BYTES);
        const size_t n = bytes < ST_PAGE_BYTES - skip ? bytes : ST_PAGE_BYTES - skip;
        const st_page *page = find(stage, address / ST_PAGE_BYTES);
        if (page != NULL) {
            memcpy(to, page->data + skip, n);
        } else {
            read_disk(stage, address, to, n);
        }
        to += n;
        address += n;
        bytes -= n;
    }
    return true;
}

void st_stage_flush(st_stage *stage)
{
    for (size_t i = 0; i < stage->n; i++) {
        const uint64_t address = stage->pages[i].number * ST_PAGE_BYTES;
        const uint64_t left = address < stage->end ? stage->end - address : 0;
        write_disk(stage, address, stage->pages[i].data,
                   left < ST_PAGE_BYTES ? (size_t)left : ST_PAGE_BYTES);
    }
    if (stage->error == 0 && ftruncate(stage->descriptor, (off_t)stage->end) != 0) {
        stage->error = errno;
    }
    st_stage_free(stage);
    start_disk(stage);
}

void st_stage_free(st_stage *stage)
{
    for (size_t i = 0; i < stage->n; i++) {
        st_free(stage->pages[i].data);
    }
    st_free(stage->pages);
    stage->pages = NULL;
    stage->n = stage->room = 0;
}
