/* memory.c - memory and texts of the program itself: small, and given up on with a sentence. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void *cli_resize(void *memory, size_t count, size_t bytes)
{
    void *resized = reallocarray(memory, count > 0 ? count : 1, bytes);
    if (resized == NULL) {
        cli_complain("out of memory for %zu x %zu bytes", count, bytes);
        exit(CLI_INTERNAL);
    }
    return resized;
}

void *cli_allocate(size_t count, size_t bytes)
{
    void *memory = cli_resize(NULL, count, bytes);
    memset(memory, 0, (count > 0 ? count : 1) * bytes);
    return memory;
}

char *cli_copy(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    return memcpy(cli_allocate(bytes, 1), text, bytes);
}

char *cli_quote(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=.,:/@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        return cli_copy(word);
    }
    char *quoted = cli_allocate(4 * strlen(word) + 3, 1), *to = quoted;
    *to++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            to = stpcpy(to, "'\\''");
        } else {
            *to++ = *word;
        }
    }
    *to++ = '\'';
    return quoted;
}
