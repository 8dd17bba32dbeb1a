/* staged_driver.c - the virtual file driver through which HDF5 writes a staged file. */
#include "io/staged_driver.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include <stdlib.h>

/* HDF5's handle of an open file: its own part first. */
typedef struct driver_file {
    H5FD_t base;
    st_stage *stage;
    haddr_t allocated; /* end of what HDF5 has given out */
} driver_file;

/* The driver's settings in a file access list: which stage. */
typedef struct driver_settings {
    st_stage *stage;
} driver_settings;

static hid_t driver = ST_NO_HANDLE;

static herr_t forget_driver(void)
{
    driver = ST_NO_HANDLE;
    return 0;
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name;
    (void)flags;
    (void)most;
    const driver_settings *settings = H5Pget_driver_info(access);
    /* HDF5 owns the handle from here to close_file; it is not part of any plan. */
    driver_file *file = settings != NULL ? calloc(1, sizeof *file) : NULL;
    if (file == NULL) {
        return NULL;
    }
    file->stage = settings->stage;
    return &file->base;
}

static herr_t close_file(H5FD_t *base)
{
    driver_file *file = (driver_file *)base;
    file->stage->end = file->allocated;
    free(file);
    return 0;
}

static herr_t query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static haddr_t get_allocated(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->allocated;
}

static herr_t set_allocated(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((driver_file *)base)->allocated = address;
    return 0;
}

/* All that was given out can be read: where nothing was written there are zeros. */
static haddr_t get_end(const H5FD_t *base, H5FD_mem_t type)
{
    return get_allocated(base, type);
}

static herr_t read_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address,
                         size_t bytes, void *data)
{
    (void)type;
    (void)transfer;
    return st_stage_read(((driver_file *)base)->stage, address, data, bytes) ? 0 : -1;
}

static herr_t write_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t bytes, const void *data)
{
    (void)transfer;
    const bool structure = type != H5FD_MEM_DRAW;
    return st_stage_write(((driver_file *)base)->stage, structure, address, data, bytes) ? 0 : -1;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)601, /* of those that HDF5 leaves to private drivers */
#endif
    .name = "surgetank_staged",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .terminate = forget_driver,
    .fapl_size = sizeof(driver_settings),
    .open = open_file,
    .close = close_file,
    .query = query,
    .get_eoa = get_allocated,
    .set_eoa = set_allocated,
    .get_eof = get_end,
    .read = read_bytes,
    .write = write_bytes,
    .fl_map = H5FD_FLMAP_SINGLE,
};

bool st_stage_set_driver(hid_t access, st_stage *stage)
{
    const driver_settings settings = {stage};
    if (driver < 0) {
        driver = H5FDregister(&driver_class);
    }
    return driver >= 0 && H5Pset_driver(access, driver, &settings) >= 0;
}
