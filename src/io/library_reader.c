/* library_reader.c - a forked process, a socket for questions, a shared page for answers. */
#include "io/library_reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"
#include "io/walk.h"

struct st_library_reader {
    pthread_mutex_t lock;
    st_library_source source;
    int socket; /* -1: the process is lost */
    pid_t child;
    unsigned char *page; /* [ST_LIBRARY_READER_BYTES], shared */
};

static const uint64_t least_bytes = (uint64_t)2 << 30; /* for HDF5 and its chunk cache */

typedef struct question {
    uint64_t first[2], n[2];
} question;

typedef struct answer {
    int32_t good;
    char reason[ST_REASON_BYTES];
} answer;

static bool send_bytes(int socket, const void *data, size_t bytes)
{
    const char *at = data;
    while (bytes > 0) {
        const ssize_t n = send(socket, at, bytes, MSG_NOSIGNAL);
        if (n <= 0 && errno != EINTR) {
            return false;
        }
        at += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* seconds < 0: waits for ever. */
static bool receive_bytes(int socket, void *data, size_t bytes, int seconds)
{
    char *at = data;
    while (bytes > 0) {
        struct pollfd wait = {socket, POLLIN, 0};
        const int ready = poll(&wait, 1, seconds < 0 ? -1 : seconds * 1000);
        const ssize_t n = ready > 0 ? recv(socket, at, bytes, 0) : ready;
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

/* --- the process ----------------------------------------------------------------------------- */

static bool read_rectangle(const st_library_source *source, const question *asked, void *page)
{
    const unsigned skip = 2 - source->rank;
    const hsize_t first[2] = {asked->first[0], asked->first[1]};
    const hsize_t n[2] = {asked->n[0], asked->n[1]};
    hid_t disk = H5Dget_space(source->dataset);
    hid_t memory = H5Screate_simple((int)source->rank, n + skip, NULL);
    const bool good =
        disk >= 0 && memory >= 0 &&
        H5Sselect_hyperslab(disk, H5S_SELECT_SET, first + skip, NULL, n + skip, NULL) >= 0 &&
        H5Dread(source->dataset, source->memory_type, memory, disk, H5P_DEFAULT, page) >= 0;
    st_close_space(&memory);
    st_close_space(&disk);
    return good;
}

/* Ends with the socket: when the reader is stopped, or its process is gone. */
_Noreturn static void serve(const st_library_source *source, int socket, void *page)
{
    question asked;
    st_child_begin(least_bytes + 4 * source->chunk_bytes);
    while (receive_bytes(socket, &asked, sizeof asked, -1)) {
        answer said = {0, ""};
        H5Eclear2(H5E_DEFAULT);
        said.good = read_rectangle(source, &asked, page) ? 1 : 0;
        if (!said.good) {
            st_library_reason(said.reason);
        }
        if (!send_bytes(socket, &said, sizeof said)) {
            break;
        }
    }
    _exit(0);
}

/* --- this side ------------------------------------------------------------------------------- */

st_status st_library_reader_start(st_context *ctx, const st_library_source *source,
                                  st_library_reader **reader)
{
    int ends[2];
    void *block;
    *reader = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof **reader, "a reading process", &block));
    st_library_reader *made = block;
    made->source = *source;
    made->page = mmap(NULL, ST_LIBRARY_READER_BYTES, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const bool paired =
        made->page != MAP_FAILED && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
    made->child = paired ? fork() : -1;
    if (made->child == 0) {
        close(ends[0]);
        serve(source, ends[1], made->page);
    }
    const int error = errno;
    if (paired) {
        close(ends[1]);
    }
    if (made->child < 0) {
        if (paired) {
            close(ends[0]);
        }
        if (made->page != MAP_FAILED) {
            munmap(made->page, ST_LIBRARY_READER_BYTES);
        }
        st_free(made);
        return st_fail(ctx, ST_INTERNAL, "%s: no process to read it: %s", source->path,
                       strerror(error));
    }
    made->socket = ends[0];
    pthread_mutex_init(&made->lock, NULL);
    *reader = made;
    return ST_OK;
}

/* Under the lock. */
static void lose_child(st_library_reader *reader)
{
    if (reader->socket >= 0) {
        close(reader->socket);
        kill(reader->child, SIGKILL);
        while (waitpid(reader->child, NULL, 0) < 0 && errno == EINTR) {}
    }
    reader->socket = -1;
}

st_status st_library_reader_fetch(st_context *ctx, st_library_reader *reader,
                                  const uint64_t first[2], const uint64_t n[2], void *data)
{
    const st_library_source *source = &reader->source;
    const question asked = {{first[0], first[1]}, {n[0], n[1]}};
    st_status status = ST_OK;
    answer said;
    pthread_mutex_lock(&reader->lock);
    if (reader->socket < 0 || !send_bytes(reader->socket, &asked, sizeof asked) ||
        !receive_bytes(reader->socket, &said, sizeof said, ST_WALK_SECONDS)) {
        lose_child(reader);
        status = st_fail(ctx, ST_FORMAT,
                         "%s: %s: the HDF5 library crashes on its values, or is not done with them "
                         "after %d s (damaged?)",
                         source->path, source->name, ST_WALK_SECONDS);
    } else if (!said.good) {
        said.reason[sizeof said.reason - 1] = '\0';
        status = st_fail(ctx, ST_FORMAT, "%s: %s: HDF5 cannot read its values: %s", source->path,
                         source->name, said.reason);
    } else {
        memcpy(data, reader->page, (size_t)(n[0] * n[1]) * source->element);
    }
    pthread_mutex_unlock(&reader->lock);
    return status;
}

void st_library_reader_stop(st_library_reader *reader)
{
    if (reader != NULL) {
        lose_child(reader);
        munmap(reader->page, ST_LIBRARY_READER_BYTES);
        pthread_mutex_destroy(&reader->lock);
        st_free(reader);
    }
}
