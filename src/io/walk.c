/* walk.c - fork, look, report through a pipe, give up after a while. */
#include "io/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/library.h"

/* What the child says; its message fits into a pipe's atomic write. */
typedef struct report {
    uint32_t magic;
    int32_t status;
    char message[2048];
} report;

enum { REPORT_MAGIC = 0x53544b57 };
static const uint64_t look_bytes = (uint64_t)4 << 30; /* ten million names take less */

/* Bytes that this process has mapped; 0 where the system does not say. */
static uint64_t mapped_bytes(void)
{
    char text[64] = "";
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) {
        close(file);
    }
    return n <= 0 ? 0 : strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void st_child_begin(uint64_t bytes)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
    const struct rlimit none = {0, 0};
    const uint64_t mapped = mapped_bytes();
    const struct rlimit most = {mapped + bytes, mapped + bytes};
    setrlimit(RLIMIT_CORE, &none);
    if (mapped > 0) {
        setrlimit(RLIMIT_AS, &most);
    }
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        signal(crashes[i], SIG_DFL);
    }
    signal(SIGINT, SIG_IGN);
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDERR_FILENO);
        dup2(null, STDOUT_FILENO);
    }
}

static void send_all(int pipe_end, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    while (bytes > 0) {
        const ssize_t n = write(pipe_end, at, bytes);
        if (n <= 0 && errno != EINTR) {
            return;
        }
        at += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
}

_Noreturn static void run_child(int pipe_end, const char *path, st_walk_fn fn, const void *user)
{
    report said = {REPORT_MAGIC, ST_INTERNAL, ""};
    st_child_begin(look_bytes);
    st_context *own = st_context_create();
    if (own != NULL) {
        said.status = (int32_t)fn(own, path, user);
        snprintf(said.message, sizeof said.message, "%s", st_context_message(own));
    }
    send_all(pipe_end, &said, sizeof said);
    /* No exit handlers: HDF5 and OpenMP of the parent must not be wound up here. */
    _exit(0);
}

static int milliseconds_left(const struct timespec *start, int seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t gone =
        (int64_t)(now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
    const int64_t left = (int64_t)seconds * 1000 - gone;
    return left > 0 ? (int)left : 0;
}

/* Bytes of the report that came before the child ended or the time was over. */
static size_t receive(int pipe_end, report *said, int seconds, bool *late)
{
    struct timespec start;
    size_t got = 0;
    *late = false;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (got < sizeof *said) {
        struct pollfd wait = {pipe_end, POLLIN, 0};
        const int ready = poll(&wait, 1, milliseconds_left(&start, seconds));
        if (ready == 0) {
            *late = true;
            break;
        }
        const ssize_t n = ready < 0 ? -1 : read(pipe_end, (char *)said + got, sizeof *said - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    return got;
}

st_status st_walk(st_context *ctx, const char *path, st_walk_fn fn, const void *user, int seconds)
{
    int ends[2];
    report said;
    bool late;
    st_library_scope scope;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return st_fail(ctx, ST_INTERNAL, "%s: no pipe for the first look: %s", path,
                       strerror(errno));
    }
    st_library_enter(&scope);
    const pid_t child = fork();
    const int fork_error = errno;
    st_library_leave(&scope);
    if (child == 0) {
        run_child(ends[1], path, fn, user);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return st_fail(ctx, ST_INTERNAL, "%s: no process for the first look: %s", path,
                       strerror(fork_error));
    }
    const size_t got = receive(ends[0], &said, seconds, &late);
    close(ends[0]);
    if (got < sizeof said) {
        kill(child, SIGKILL);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (late) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: the HDF5 library is not done with it after %d s (damaged?)", path,
                       seconds);
    }
    if (got < sizeof said || said.magic != REPORT_MAGIC) {
        return st_fail(ctx, ST_FORMAT, "%s: the HDF5 library crashes on this file (damaged?)",
                       path);
    }
    said.message[sizeof said.message - 1] = '\0';
    return said.status == ST_OK ? ST_OK : st_fail(ctx, (st_status)said.status, "%s", said.message);
}
