/* scales_read.c - what the axes of a dataset are called. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "io/scales.h"
#include "io/strings.h"

enum { RANK_MOST = 32 };

static void copy_name(char *to, const char *from)
{
    snprintf(to, ST_SCALE_NAME_BYTES, "%s", from);
}

static hid_t open_list(hid_t object, const char *attribute, unsigned n, hid_t *type)
{
    hid_t id =
        H5Aexists(object, attribute) > 0 ? H5Aopen(object, attribute, H5P_DEFAULT) : ST_NO_HANDLE;
    hid_t space = id < 0 ? ST_NO_HANDLE : H5Aget_space(id);
    *type = id < 0 ? ST_NO_HANDLE : H5Aget_type(id);
    if (id >= 0 && (*type < 0 || space < 0 || H5Sget_simple_extent_npoints(space) != n)) {
        st_close_attribute(&id);
    }
    st_close_space(&space);
    return id;
}

/* A text attribute of a scale; stays empty when there is none. */
static void read_text(hid_t object, const char *attribute, unsigned n, unsigned index, char *to)
{
    hid_t type = ST_NO_HANDLE;
    hid_t id = open_list(object, attribute, n, &type);
    st_context *quiet = st_context_create();
    char **texts = NULL;
    if (id >= 0 && quiet != NULL && H5Tget_class(type) == H5T_STRING) {
        const st_text_source source = {id, true};
        if (st_texts_read(quiet, source, type, n, 1 << 16, &texts) == ST_OK) {
            copy_name(to, texts[index]);
        }
        st_free(texts);
    }
    st_context_destroy(quiet);
    st_close_type(&type);
    st_close_attribute(&id);
}

static void read_scale(hid_t dataset, hobj_ref_t reference, st_axis_names *names)
{
    hid_t scale = H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, &reference);
    if (scale < 0) {
        return;
    }
    if (H5Iget_name(scale, names->path, ST_SCALE_NAME_BYTES) <= 0) {
        names->path[0] = '\0';
    }
    read_text(scale, "NAME", 1, 0, names->name);
    H5Oclose(scale);
}

/* DIMENSION_LIST: for every axis a list of references to its scales. */
static void read_dimension_list(hid_t dataset, unsigned rank, unsigned axis, st_axis_names *names)
{
    hvl_t lists[RANK_MOST];
    hid_t type = ST_NO_HANDLE;
    hid_t id = open_list(dataset, "DIMENSION_LIST", rank, &type);
    hid_t base = id >= 0 && H5Tget_class(type) == H5T_VLEN ? H5Tget_super(type) : ST_NO_HANDLE;
    hid_t space = id < 0 ? ST_NO_HANDLE : H5Aget_space(id);
    hid_t memory = H5Tvlen_create(H5T_STD_REF_OBJ);
    if (base >= 0 && memory >= 0 && H5Tequal(base, H5T_STD_REF_OBJ) > 0 &&
        H5Aread(id, memory, lists) >= 0) {
        if (lists[axis].len > 0 && lists[axis].p != NULL) {
            read_scale(dataset, ((const hobj_ref_t *)lists[axis].p)[0], names);
        }
        H5Dvlen_reclaim(memory, space, H5P_DEFAULT, lists);
    }
    st_close_type(&memory);
    st_close_space(&space);
    st_close_type(&base);
    st_close_type(&type);
    st_close_attribute(&id);
}

void st_scales_names(hid_t dataset, unsigned rank, unsigned axis, st_axis_names *names)
{
    *names = (st_axis_names){"", "", ""};
    if (rank <= RANK_MOST && axis < rank) {
        read_text(dataset, "DIMENSION_LABELS", rank, axis, names->label);
        read_dimension_list(dataset, rank, axis, names);
    }
}

bool st_scales_called(const st_axis_names *names, const char *word)
{
    const char *slash = strrchr(names->path, '/');
    return strcmp(names->label, word) == 0 || strcmp(names->name, word) == 0 ||
           (slash != NULL && strcmp(slash + 1, word) == 0);
}
