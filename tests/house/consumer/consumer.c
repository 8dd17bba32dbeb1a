/* consumer.c - a stranger's program: proves that headers and library arrive where they are found.
 * Knows the public headers only. */
#include <surgetank/status.h>

#include <stdio.h>

int main(void)
{
    st_context *ctx = st_context_create();
    if (!ctx)
        return 1;
    printf("surgetank says %s, \"%s\"\n", st_status_name(ST_OK), st_context_message(ctx));
    st_context_destroy(ctx);
    return 0;
}
