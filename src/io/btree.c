/* btree.c - object header -> layout message -> B-tree -> chunks. */
#include "io/btree.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

enum {
    LAYOUT_MESSAGE = 0x0008,
    CONTINUATION_MESSAGE = 0x0010,
    LAYOUT_CHUNKED = 2,
    HEADER_MOST = 1 << 20, /* bytes of one piece of an object header */
    PIECES_MOST = 64,      /* pieces of one object header */
    NODE_HEAD = 24
};

/* The file while it is read. */
typedef struct source {
    st_context *ctx;
    int descriptor;
    uint64_t file_bytes;
    st_status memory; /* of the last allocation: the one failure that is not the file's fault */
} source;

static uint64_t little(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

static bool read_at(const source *file, uint64_t address, void *data, size_t bytes)
{
    unsigned char *to = data;
    if (address > file->file_bytes || bytes > file->file_bytes - address) {
        return false;
    }
    while (bytes > 0) {
        const ssize_t n = pread(file->descriptor, to, bytes, (off_t)address);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        to += n;
        address += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool take_memory(source *file, size_t count, size_t size, const char *what, void **block)
{
    file->memory = st_alloc(file->ctx, count, size, what, block);
    return file->memory == ST_OK;
}

/* --- the object header ----------------------------------------------------------------------- */

/* Address and length of the pieces of a header that are still to be read. */
typedef struct header {
    int version;
    bool ordered; /* messages of version 2 carry their creation order */
    size_t n;
    uint64_t address[PIECES_MOST], bytes[PIECES_MOST];
    uint64_t tree; /* address of the B-tree, 0 until found */
} header;

static void add_piece(header *head, uint64_t address, uint64_t bytes)
{
    if (head->n < PIECES_MOST) {
        head->address[head->n] = address;
        head->bytes[head->n++] = bytes;
    }
}

static bool open_header(const source *file, uint64_t at, header *head)
{
    unsigned char start[64] = {0};
    const uint64_t there = at < file->file_bytes ? file->file_bytes - at : 0;
    if (!read_at(file, at, start, there < sizeof start ? (size_t)there : sizeof start)) {
        return false;
    }
    if (start[0] == 1) {
        head->version = 1;
        add_piece(head, at + 16, little(start + 8, 4));
        return true;
    }
    if (memcmp(start, "OHDR", 4) != 0 || start[4] != 2) {
        return false;
    }
    const unsigned flags = start[5];
    const int width = 1 << (flags & 3);
    const unsigned skip = 6 + ((flags & 0x20) != 0 ? 16u : 0u) + ((flags & 0x10) != 0 ? 4u : 0u);
    head->version = 2;
    head->ordered = (flags & 0x04) != 0;
    add_piece(head, at + skip + (unsigned)width, little(start + skip, width));
    return true;
}

static void take_message(header *head, unsigned type, const unsigned char *body, size_t bytes,
                         const st_chunk_grid *grid)
{
    if (type == CONTINUATION_MESSAGE && bytes >= 16) {
        const uint64_t address = little(body, 8), length = little(body + 8, 8);
        /* Version 2 wraps a piece in a signature and a checksum. */
        if (head->version == 1) {
            add_piece(head, address, length);
        } else if (length > 8) {
            add_piece(head, address + 4, length - 8);
        }
    }
    const size_t dimensions = grid->rank + 1;
    if (type == LAYOUT_MESSAGE && bytes >= 11 + 4 * dimensions && body[0] == 3 &&
        body[1] == LAYOUT_CHUNKED && body[2] == dimensions) {
        head->tree = little(body + 3, 8);
    }
}

static bool read_piece(source *file, header *head, size_t piece, const st_chunk_grid *grid)
{
    const size_t prefix = head->version == 1 ? 8 : 4 + (head->ordered ? 2 : 0);
    const uint64_t bytes = head->bytes[piece];
    void *block;
    if (bytes > HEADER_MOST || !take_memory(file, (size_t)bytes, 1, "a header", &block)) {
        return false;
    }
    const unsigned char *data = block;
    bool good = read_at(file, head->address[piece], block, (size_t)bytes);
    for (size_t at = 0; good && bytes - at >= prefix;) {
        const bool old = head->version == 1;
        const unsigned type = old ? (unsigned)little(data + at, 2) : data[at];
        const size_t size = (size_t)little(data + at + (old ? 2 : 1), 2);
        at += prefix;
        good = size <= bytes - at;
        if (good) {
            take_message(head, type, data + at, size, grid);
            at += size;
        }
    }
    st_free(block);
    return good;
}

static bool find_tree(source *file, uint64_t address, const st_chunk_grid *grid, uint64_t *tree)
{
    header head = {0};
    bool good = open_header(file, address, &head);
    for (size_t piece = 0; good && head.tree == 0 && piece < head.n; piece++) {
        good = read_piece(file, &head, piece, grid);
    }
    *tree = head.tree;
    return good && head.tree != 0;
}

/* --- the tree -------------------------------------------------------------------------------- */

/* What the walk has found, and how much it may still read: the nodes of a sound tree do not
 * overlap, so a walk over more bytes than the file has is a walk in a circle. */
typedef struct walk {
    source *file;
    const st_chunk_grid *grid;
    st_chunk_index *index;
    size_t room;
    uint64_t bytes_left;
} walk;

static bool add_chunk(walk *state, const unsigned char *key, uint64_t address)
{
    const st_chunk_grid *grid = state->grid;
    uint64_t at[2] = {0, 0};
    for (unsigned d = 0; d < grid->rank; d++) {
        const unsigned axis = d + 2 - grid->rank;
        const uint64_t offset = little(key + 8 + 8 * d, 8);
        at[axis] = offset / grid->chunk[axis];
        if (offset % grid->chunk[axis] != 0) {
            return false;
        }
        if (at[axis] >= grid->count[axis]) {
            return true; /* left over from a larger extent */
        }
    }
    if (state->index->n == state->room) {
        void *block;
        const size_t room = 2 * state->room + 64;
        if (!take_memory(state->file, room, sizeof(st_chunk), "the chunk index", &block)) {
            return false;
        }
        if (state->index->n > 0) {
            memcpy(block, state->index->chunk, state->index->n * sizeof(st_chunk));
        }
        st_free(state->index->chunk);
        state->index->chunk = block;
        state->room = room;
    }
    state->index->chunk[state->index->n++] =
        (st_chunk){at[0] * grid->count[1] + at[1], address, (uint32_t)little(key, 4),
                   (uint32_t)little(key + 4, 4)};
    return true;
}

static bool walk_node(walk *state, uint64_t address, int level)
{
    unsigned char head[NODE_HEAD];
    const size_t key_bytes = 8 + 8 * (state->grid->rank + 1);
    void *block;
    if (!read_at(state->file, address, head, sizeof head) || memcmp(head, "TREE", 4) != 0 ||
        head[4] != 1 || (level >= 0 && head[5] != level)) {
        return false;
    }
    const size_t entries = (size_t)little(head + 6, 2);
    const size_t bytes = entries * (key_bytes + 8);
    if (bytes + NODE_HEAD > state->bytes_left ||
        !take_memory(state->file, bytes, 1, "a node of the chunk index", &block)) {
        return false;
    }
    state->bytes_left -= bytes + NODE_HEAD;
    bool good = read_at(state->file, address + NODE_HEAD, block, bytes);
    for (size_t i = 0; good && i < entries; i++) {
        const unsigned char *key = (unsigned char *)block + i * (key_bytes + 8);
        const uint64_t child = little(key + key_bytes, 8);
        good = head[5] == 0 ? add_chunk(state, key, child) : walk_node(state, child, head[5] - 1);
    }
    st_free(block);
    return good;
}

st_status st_btree_read(st_context *ctx, int descriptor, uint64_t file_bytes,
                        uint64_t header_address, const st_chunk_grid *grid, st_chunk_index *index,
                        bool *known)
{
    source file = {ctx, descriptor, file_bytes, ST_OK};
    uint64_t tree;
    *known = find_tree(&file, header_address, grid, &tree);
    /* A dataset without any chunk has no tree. */
    if (*known && tree != UINT64_MAX) {
        walk state = {&file, grid, index, 0, file_bytes};
        *known = walk_node(&state, tree, -1);
    }
    return file.memory;
}
