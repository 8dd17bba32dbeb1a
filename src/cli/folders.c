/* folders.c - where the presets lie, and whether two names are one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_info.h"
#include "cli/cli.h"

enum { PATH_BYTES = 4096 };

static bool has_presets(const char *folder)
{
    char path[PATH_BYTES + 16];
    struct stat found;
    snprintf(path, sizeof path, "%s/sites", folder);
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

char *cli_data_dir(const char *option)
{
    /* From the program's own place, so that a copied tree works; then where the build knew them. */
    static const char *const beside[] = {"../share/surgetank", "../data", "../../data"};
    static const char *const known[] = {ST_DATA_DIR, ST_INSTALL_DATA_DIR};
    char program[PATH_BYTES / 2], path[PATH_BYTES];
    if (option != NULL) {
        return cli_copy(option);
    }
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) {
        program[n] = '\0';
        char *slash = strrchr(program, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
            snprintf(path, sizeof path, "%s/%s", program, beside[i]);
            if (has_presets(path)) {
                char *real = realpath(path, NULL);
                return real != NULL ? real : cli_copy(path);
            }
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (has_presets(known[i])) {
            return cli_copy(known[i]);
        }
    }
    return cli_copy(ST_INSTALL_DATA_DIR);
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}
