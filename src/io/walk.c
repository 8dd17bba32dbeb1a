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

/* What the child says first; it fits into a pipe's atomic write. What it tells follows. */
typedef struct report {
    uint32_t magic;
    int32_t status;
    uint64_t told_bytes;
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
    report said = {REPORT_MAGIC, ST_INTERNAL, 0, ""};
    st_parcel told = {{NULL, 0}, 0, 0};
    st_child_begin(look_bytes);
    st_context *own = st_context_create();
    if (own != NULL) {
        said.status = (int32_t)fn(own, path, user, &told);
        said.told_bytes = said.status == ST_OK ? told.bytes : 0;
        snprintf(said.message, sizeof said.message, "%s", st_context_message(own));
    }
    send_all(pipe_end, &said, sizeof said);
    send_all(pipe_end, told.buffer.data, (size_t)said.told_bytes);
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

/* The other end of the pipe, and until when it may speak. */
typedef struct listener {
    int pipe_end, seconds;
    struct timespec start;
    bool late;
} listener;

/* Whether all bytes came before the child ended or the time was over. */
static bool receive(listener *from, void *data, size_t bytes)
{
    char *at = data;
    while (bytes > 0) {
        struct pollfd wait = {from->pipe_end, POLLIN, 0};
        const int ready = poll(&wait, 1, milliseconds_left(&from->start, from->seconds));
        from->late = ready == 0;
        const ssize_t n = ready <= 0 ? ready : read(from->pipe_end, at, bytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* The report and what follows it. false: the child did not come to its end. */
static bool listen_to(st_context *ctx, listener *from, report *said, st_parcel *told,
                      st_status *status)
{
    if (!receive(from, said, sizeof *said) || said->magic != REPORT_MAGIC ||
        said->told_bytes > look_bytes) {
        return false;
    }
    *status = (st_status)said->status;
    if (told == NULL || said->told_bytes == 0) {
        return true;
    }
    *status = st_buffer_need(ctx, &told->buffer, (size_t)said->told_bytes);
    told->bytes = *status == ST_OK ? (size_t)said->told_bytes : 0;
    return *status != ST_OK || receive(from, told->buffer.data, told->bytes);
}

st_status st_walk(st_context *ctx, const char *path, st_walk_fn fn, const void *user, int seconds,
                  st_parcel *told)
{
    int ends[2];
    report said = {0, ST_INTERNAL, 0, ""};
    st_status status = ST_INTERNAL;
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
    listener from = {.pipe_end = ends[0], .seconds = seconds};
    clock_gettime(CLOCK_MONOTONIC, &from.start);
    const bool heard = listen_to(ctx, &from, &said, told, &status);
    close(ends[0]);
    if (!heard || status != ST_OK) {
        kill(child, SIGKILL);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (from.late) {
        return st_fail(ctx, ST_FORMAT,
                       "%s: the HDF5 library is not done with it after %d s (damaged?)", path,
                       seconds);
    }
    if (!heard) {
        return st_fail(ctx, ST_FORMAT, "%s: the HDF5 library crashes on this file (damaged?)",
                       path);
    }
    said.message[sizeof said.message - 1] = '\0';
    return status == ST_OK ? ST_OK : st_fail(ctx, status, "%s", said.message);
}
