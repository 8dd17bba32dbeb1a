/* staged_driver.h - inside of a staged file: the pages in memory and HDF5's driver interface.
 * Between staged_file.c (names, sync, rename) and HDF5; knows neither paths nor formats. */
#ifndef ST_IO_STAGED_DRIVER_H
#define ST_IO_STAGED_DRIVER_H

#include <stdint.h>

#include "io/library.h"

enum { ST_PAGE_BYTES = 1 << 16 };

typedef struct st_page {
    uint64_t number; /* address / ST_PAGE_BYTES */
    unsigned char *data;
} st_page;

/* The file as HDF5 sees it: pages shadow the disk where structure was written. */
typedef struct st_stage {
    int descriptor;
    int error;      /* errno of the first write that failed, 0 = none */
    uint64_t end;   /* of the file, set by HDF5 */
    size_t waiting; /* bytes that the disk has not been told to begin with */
    size_t n, room;
    st_page *pages; /* [n], by number */
} st_stage;

/* Bytes at `address`. Values also go to the disk, structure only into pages. Never fails but for
 * want of memory (false); a failing disk is noted in stage->error. */
bool st_stage_write(st_stage *stage, bool structure, uint64_t address, const void *data,
                    size_t bytes);
bool st_stage_read(const st_stage *stage, uint64_t address, void *data, size_t bytes);
/* All pages to the disk, which begins with what there is, and the length of the file. A second call
 * has nothing to do. */
void st_stage_flush(st_stage *stage);
void st_stage_free(st_stage *stage);

/* Sets a file access list to write into `stage`. Inside the HDF5 scope. */
bool st_stage_set_driver(hid_t access, st_stage *stage);

#endif
