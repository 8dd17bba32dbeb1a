/* codec.c - LZF, the block formats of HDF5's LZ4 and bitshuffle filters, and fletcher32. */
#include "io/codec.h"

#include <lz4.h>
#include <string.h>
#include <zstd.h>

#include "io/shuffle.h"

enum {
    LZ4_BLOCK = 1 << 20, /* bytes of a block that we write: fits a cache, costs no ratio */
    LZ4_HEADER = 12,     /* total and block size */
    BITSHUFFLE_HEADER = 12
};

uint32_t st_read_be32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t st_read_be64(const unsigned char *at)
{
    return (uint64_t)st_read_be32(at) << 32 | st_read_be32(at + 4);
}

static void write_be32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (unsigned char)(value >> (24 - 8 * i));
    }
}

static void write_be64(unsigned char *at, uint64_t value)
{
    write_be32(at, (uint32_t)(value >> 32));
    write_be32(at + 4, (uint32_t)value);
}

/* A control byte below 32 starts a run of literals, any other a copy of what came before:
 * 3 bits length (7: one more byte), 13 bits distance. */
bool st_lzf_decode(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t bytes)
{
    const unsigned char *end = in + in_bytes;
    size_t at = 0;
    while (in < end) {
        const size_t control = *in++;
        if (control < 32) {
            const size_t n = control + 1;
            if (n > (size_t)(end - in) || n > bytes - at) {
                return false;
            }
            memcpy(out + at, in, n);
            in += n;
            at += n;
            continue;
        }
        size_t n = control >> 5;
        if (n == 7) {
            if (in >= end) {
                return false;
            }
            n += *in++;
        }
        n += 2;
        if (in >= end) {
            return false;
        }
        const size_t back = ((control & 31) << 8 | *in++) + 1;
        if (back > at || n > bytes - at) {
            return false;
        }
        /* Byte by byte: the copy may run into itself. */
        for (size_t i = 0; i < n; i++, at++) {
            out[at] = out[at - back];
        }
    }
    return at == bytes;
}

bool st_lz4_decode(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t bytes)
{
    if (in_bytes < LZ4_HEADER || st_read_be64(in) != bytes) {
        return false;
    }
    size_t block = st_read_be32(in + 8);
    size_t left = in_bytes - LZ4_HEADER;
    in += LZ4_HEADER;
    if (block == 0 && bytes > 0) {
        return false;
    }
    while (bytes > 0) {
        const size_t n = block < bytes ? block : bytes;
        if (left < 4 || n > LZ4_MAX_INPUT_SIZE) {
            return false;
        }
        const size_t packed = st_read_be32(in);
        in += 4;
        left -= 4;
        if (packed > left) {
            return false;
        }
        if (packed == n) {
            memcpy(out, in, n);
        } else if (packed > INT32_MAX || LZ4_decompress_safe((const char *)in, (char *)out,
                                                             (int)packed, (int)n) != (int)n) {
            return false;
        }
        in += packed;
        left -= packed;
        out += n;
        bytes -= n;
    }
    return true;
}

/* One compressed block into `to` [n bytes]. */
static bool decode_block(st_decoder *decoder, st_bitshuffle_codec codec, const unsigned char *in,
                         size_t packed, unsigned char *to, size_t n)
{
    if (codec == ST_BITSHUFFLE_ZSTD) {
        return decoder->zstd != NULL && ZSTD_decompressDCtx(decoder->zstd, to, n, in, packed) == n;
    }
    return packed <= INT32_MAX && n <= LZ4_MAX_INPUT_SIZE &&
           LZ4_decompress_safe((const char *)in, (char *)to, (int)packed, (int)n) == (int)n;
}

/* Blocks as they follow each other. */
typedef struct blocks {
    const unsigned char *in;
    size_t left;  /* bytes of in */
    size_t block; /* elements of one, but for the last; 0: damaged */
} blocks;

static blocks begin_blocks(const st_filter *filter, const unsigned char *in, size_t in_bytes,
                           size_t bytes)
{
    const size_t element = filter->element;
    blocks at = {in, in_bytes, filter->block == 0 ? st_bitshuffle_block(element) : filter->block};
    if (filter->codec != ST_BITSHUFFLE_PLAIN) {
        if (in_bytes < BITSHUFFLE_HEADER || st_read_be64(in) != bytes) {
            return (blocks){in, 0, 0};
        }
        at = (blocks){in + BITSHUFFLE_HEADER, in_bytes - BITSHUFFLE_HEADER,
                      st_read_be32(in + 8) / element};
    }
    at.block = at.block % 8 == 0 ? at.block : 0;
    return at;
}

size_t st_bitshuffle_block_bytes(const st_filter *filter, const unsigned char *in, size_t in_bytes,
                                 size_t bytes)
{
    const size_t element = filter->element, whole = bytes / element / 8 * 8;
    const size_t block = begin_blocks(filter, in, in_bytes, bytes).block;
    const size_t most = block < whole ? block : whole;
    return (most < 8 ? 8 : most) * element; /* a rest is less than 8 elements */
}

/* Passes over the next block of n bytes; *packed bytes of it are stored. NULL on damage. */
static const unsigned char *next_block(const st_filter *filter, blocks *at, size_t n,
                                       size_t *packed)
{
    *packed = n;
    if (filter->codec != ST_BITSHUFFLE_PLAIN) {
        if (at->left < 4) {
            return NULL;
        }
        *packed = st_read_be32(at->in);
        at->in += 4;
        at->left -= 4;
    }
    if (*packed > at->left) {
        return NULL;
    }
    const unsigned char *const stored = at->in;
    at->in += *packed;
    at->left -= *packed;
    return stored;
}

/* A stored block to its n elements. */
static bool undo_block(st_decoder *decoder, const st_filter *filter, const unsigned char *stored,
                       size_t packed, unsigned char *to, size_t n)
{
    const size_t bytes = n * filter->element;
    const unsigned char *rows = stored;
    if (filter->codec != ST_BITSHUFFLE_PLAIN) {
        rows = decoder->block.data;
        if (bytes > decoder->block.bytes ||
            !decode_block(decoder, filter->codec, stored, packed, decoder->block.data, bytes)) {
            return false;
        }
    }
    st_unbitshuffle(rows, to, n, filter->element);
    return true;
}

bool st_bitshuffle_decode(st_decoder *decoder, const st_filter *filter, const unsigned char *in,
                          size_t in_bytes, unsigned char *out, size_t bytes,
                          const st_wanted *wanted)
{
    const size_t element = filter->element;
    blocks at = begin_blocks(filter, in, in_bytes, bytes);
    if (at.block == 0 || (out == NULL && st_bitshuffle_block_bytes(filter, in, in_bytes, bytes) >
                                             decoder->piece.bytes)) {
        return false;
    }
    size_t first = 0, packed;
    while (bytes - first >= 8 * element) {
        const size_t left = (bytes - first) / element / 8 * 8;
        const size_t n = at.block < left ? at.block : left, end = first + n * element;
        const unsigned char *stored = next_block(filter, &at, n * element, &packed);
        if (stored == NULL) {
            return false;
        }
        if (out != NULL || (first < wanted->to && wanted->from < end)) {
            unsigned char *const to = out != NULL ? out + first : decoder->piece.data;
            if (!undo_block(decoder, filter, stored, packed, to, n)) {
                return false;
            }
            if (out == NULL) {
                wanted->fn(wanted->user, first, to, n * element);
            }
        }
        first = end;
    }
    if (at.left < bytes - first) {
        return false;
    }
    if (out != NULL) {
        memcpy(out + first, at.in, bytes - first);
    } else if (first < bytes) { /* stored at any byte, but pieces are aligned */
        memcpy(decoder->piece.data, at.in, bytes - first);
        wanted->fn(wanted->user, first, decoder->piece.data, bytes - first);
    }
    return true;
}

/* Sums of big-endian 16-bit words modulo 65535, as H5checksum does it. */
uint32_t st_fletcher32(const unsigned char *data, size_t bytes)
{
    uint32_t low = 0, high = 0;
    for (size_t words = bytes / 2; words > 0;) {
        const size_t n = words < 360 ? words : 360;
        for (size_t i = 0; i < n; i++, data += 2) {
            low += (uint32_t)data[0] << 8 | data[1];
            high += low;
        }
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
        words -= n;
    }
    if (bytes % 2 != 0) {
        low += (uint32_t)data[0] << 8;
        high += low;
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
    }
    low = (low & 0xffff) + (low >> 16);
    high = (high & 0xffff) + (high >> 16);
    return high << 16 | low;
}

size_t st_codec_bound(size_t bytes)
{
    /* LZ4 and deflate grow by less than 1 %; every block of at least 8 KiB has a size word. */
    return bytes + bytes / 64 + 4096;
}

size_t st_lz4_encode(const unsigned char *in, size_t bytes, unsigned char *out)
{
    unsigned char *at = out + LZ4_HEADER;
    write_be64(out, bytes);
    write_be32(out + 8, LZ4_BLOCK);
    while (bytes > 0) {
        const int n = (int)(bytes < LZ4_BLOCK ? bytes : LZ4_BLOCK);
        int packed =
            LZ4_compress_default((const char *)in, (char *)at + 4, n, LZ4_compressBound(n));
        if (packed <= 0) {
            return 0;
        }
        /* A size equal to the block means "stored plain", so anything not smaller is stored. */
        if (packed >= n) {
            memcpy(at + 4, in, (size_t)n);
            packed = n;
        }
        write_be32(at, (uint32_t)packed);
        at += 4 + packed;
        in += n;
        bytes -= (size_t)n;
    }
    return (size_t)(at - out);
}

size_t st_bitshuffle_lz4_encode(const unsigned char *in, size_t bytes, size_t element,
                                unsigned char *spare, unsigned char *out)
{
    const size_t block = st_bitshuffle_block(element) * element;
    unsigned char *at = out + BITSHUFFLE_HEADER;
    write_be64(out, bytes);
    write_be32(out + 8, (uint32_t)block);
    while (bytes >= 8 * element) {
        const size_t n = bytes < block ? bytes / (8 * element) * (8 * element) : block;
        st_bitshuffle(in, spare, n / element, element);
        const int packed = LZ4_compress_default((const char *)spare, (char *)at + 4, (int)n,
                                                LZ4_compressBound((int)n));
        if (packed <= 0) {
            return 0;
        }
        write_be32(at, (uint32_t)packed);
        at += 4 + packed;
        in += n;
        bytes -= n;
    }
    memcpy(at, in, bytes);
    at += bytes;
    return (size_t)(at - out);
}
