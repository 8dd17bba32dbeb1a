/* scales_write.c - making and attaching dimension scales, after the HDF5 dimension scale
 * specification 1.x. By hand: the library that does it (HL) is not part of every HDF5. */
#include <stdio.h>

#include "io/column.h"
#include "io/scales.h"

bool st_scales_make(hid_t dataset, const char *name)
{
    return st_attribute_write_fixed(dataset, "CLASS", "DIMENSION_SCALE") &&
           st_attribute_write_fixed(dataset, "NAME", name);
}

hid_t st_scales_create_empty(hid_t group, const char *name, uint64_t size)
{
    /* The words and the type by which netCDF-4 knows such a dimension. */
    char words[96];
    const hsize_t length = size;
    snprintf(words, sizeof words, "This is a netCDF dimension but not a netCDF variable.%10llu",
             (unsigned long long)size);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t id = ST_NO_HANDLE;
    if (list >= 0 && space >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
        H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0 &&
        H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) >= 0) {
        id = H5Dcreate2(group, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (id >= 0 && !st_scales_make(id, words)) {
        st_close_dataset(&id);
    }
    st_close_space(&space);
    st_close_list(&list);
    return id;
}

static bool is_own_scale(const st_scaled *scaled)
{
    return scaled->rank == 1 && scaled->scale[0] == scaled->dataset;
}

static bool write_dimension_list(const st_scaled *scaled)
{
    hobj_ref_t references[ST_SCALE_AXES_MOST];
    hvl_t lists[ST_SCALE_AXES_MOST];
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    bool good = type >= 0;
    for (unsigned d = 0; good && d < scaled->rank; d++) {
        good = H5Rcreate(&references[d], scaled->scale[d], ".", H5R_OBJECT, ST_NO_HANDLE) >= 0;
        lists[d] = (hvl_t){1, &references[d]};
    }
    good = good && st_attribute_write(scaled->dataset, "DIMENSION_LIST", type, scaled->rank, lists);
    st_close_type(&type);
    return good;
}

/* An entry of REFERENCE_LIST: who uses the scale, on which axis. */
typedef struct user {
    hobj_ref_t dataset;
    int32_t axis;
    int32_t unused; /* makes the padding defined: the same result gives the same bytes */
} user;

static hid_t user_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(user));
    if (type >= 0 && (H5Tinsert(type, "dataset", HOFFSET(user, dataset), H5T_STD_REF_OBJ) < 0 ||
                      H5Tinsert(type, "dimension", HOFFSET(user, axis), H5T_NATIVE_INT32) < 0)) {
        st_close_type(&type);
    }
    return type;
}

enum { USERS_MOST = 64 };

static bool write_reference_list(hid_t scale, const st_scaled *datasets, size_t n)
{
    user users[USERS_MOST];
    size_t found = 0;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        for (unsigned d = 0; good && !is_own_scale(&datasets[i]) && d < datasets[i].rank; d++) {
            if (datasets[i].scale[d] != scale) {
                continue;
            }
            good = found < USERS_MOST;
            if (good) {
                users[found] = (user){0, (int32_t)d, 0};
                good = H5Rcreate(&users[found++].dataset, datasets[i].dataset, ".", H5R_OBJECT,
                                 ST_NO_HANDLE) >= 0;
            }
        }
    }
    hid_t type = user_type();
    good = good && type >= 0 &&
           (found == 0 || st_attribute_write(scale, "REFERENCE_LIST", type, found, users));
    st_close_type(&type);
    return good;
}

bool st_scales_attach(const st_scaled *datasets, size_t n)
{
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        good = is_own_scale(&datasets[i]) || write_dimension_list(&datasets[i]);
    }
    for (size_t i = 0; good && i < n; i++) {
        for (unsigned d = 0; good && d < datasets[i].rank; d++) {
            const hid_t scale = datasets[i].scale[d];
            good =
                H5Aexists(scale, "REFERENCE_LIST") > 0 || write_reference_list(scale, datasets, n);
        }
    }
    return good;
}
