/* backends.c - the list of backends, in the order in which `auto` tries them. */
#include "engine/backends.h"

#include <stdio.h>
#include <string.h>

#include "surgetank/analysis.h"

static const struct {
    const char *name;
    const st_backend *backend; /* NULL: not in this build */
} list[] = {
#if defined(ST_HAVE_CUDA)
    {"cuda", &st_backend_cuda},
#else
    {"cuda", NULL},
#endif
    {"cpu", &st_backend_cpu},
};
static const char missing[] = "this build has no CUDA: nvcc was not found when it was configured "
                              "(install the CUDA toolkit and configure with -DST_CUDA=ON)";
enum { BACKENDS = sizeof list / sizeof list[0] };

static st_status probe(size_t i, char *text, size_t size)
{
    if (list[i].backend == NULL) {
        snprintf(text, size, "%s", missing);
        return ST_NO_DEVICE;
    }
    return list[i].backend->probe(text, size);
}

size_t st_backend_list(st_backend_info *info, size_t capacity)
{
    for (size_t i = 0; i < BACKENDS && i < capacity; i++) {
        info[i].name = list[i].name;
        info[i].usable = probe(i, info[i].text, sizeof info[i].text) == ST_OK;
    }
    return BACKENDS;
}

/* An emulated device is for tests: `auto` passes over it. */
static bool automatic(size_t i)
{
#if defined(ST_CUDA_EMULATED)
    return strcmp(list[i].name, "cuda") != 0;
#else
    (void)i;
    return true;
#endif
}

st_status st_backend_choose(st_context *ctx, const char *name, const st_backend **backend)
{
    char text[512] = "";
    const bool any = name == NULL || strcmp(name, "auto") == 0;
    for (size_t i = 0; i < BACKENDS; i++) {
        if (any ? !automatic(i) : strcmp(name, list[i].name) != 0) {
            continue;
        }
        if (probe(i, text, sizeof text) == ST_OK) {
            *backend = list[i].backend;
            return ST_OK;
        }
        if (!any) {
            return st_fail(ctx, ST_NO_DEVICE, "backend %s: %s", name, text);
        }
    }
    if (any) {
        return st_fail(ctx, ST_NO_DEVICE, "no backend: %s", text);
    }
    return st_fail(ctx, ST_ARGUMENT, "backend: found \"%s\", allowed: auto, cpu, cuda", name);
}
