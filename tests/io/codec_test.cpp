/* codec_test.cpp - the byte orders and compressed forms, alone: round trips, and garbage. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

extern "C" {
#include "io/byte_loops.h"
#include "io/codec.h"
#include "io/shuffle.h"
}

namespace
{

using Bytes = std::vector<unsigned char>;

Bytes noise(size_t n, unsigned seed, unsigned most = 255)
{
    std::mt19937 random(seed);
    Bytes bytes(n);
    for (unsigned char &byte : bytes) {
        byte = static_cast<unsigned char>(random() % (most + 1));
    }
    return bytes;
}

TEST(Shuffle, ByteOrderIsTheOneOfHdf5)
{
    const Bytes in = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 99, 98};
    Bytes out(in.size()), back(in.size());
    st_shuffle(in.data(), out.data(), in.size(), 4);
    EXPECT_EQ(out, (Bytes{0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23, 99, 98}));
    st_unshuffle(out.data(), back.data(), in.size(), 4);
    EXPECT_EQ(back, in);
}

TEST(Shuffle, BytesComeBackForEveryWidth)
{
    for (size_t element : {0, 1, 2, 3, 4, 8}) {
        const Bytes in = noise(1003, 1);
        Bytes out(in.size()), back(in.size());
        st_shuffle(in.data(), out.data(), in.size(), element);
        st_unshuffle(out.data(), back.data(), in.size(), element);
        EXPECT_EQ(back, in) << element;
    }
}

TEST(Bitshuffle, BitKOfByteBIsRow8BPlusK)
{
    const size_t elements = 24;
    for (size_t element : {1, 2, 4, 8}) {
        const Bytes in = noise(elements * element, 2);
        Bytes out(in.size());
        st_bitshuffle(in.data(), out.data(), elements, element);
        for (size_t i = 0; i < elements; i++) {
            for (size_t b = 0; b < element; b++) {
                for (size_t k = 0; k < 8; k++) {
                    const int bit = in[i * element + b] >> k & 1;
                    const unsigned char row = out[(8 * b + k) * elements / 8 + i / 8];
                    ASSERT_EQ(row >> (i % 8) & 1, bit) << element << " " << i << " " << b;
                }
            }
        }
    }
}

TEST(Bitshuffle, BlocksComeBack)
{
    for (size_t element : {1, 2, 3, 4, 8}) {
        for (size_t elements : {8u, 16u, 504u, 512u, 520u, 2048u, 5000u}) {
            const Bytes in = noise(elements * element, 3);
            Bytes out(in.size()), back(in.size());
            st_bitshuffle(in.data(), out.data(), elements, element);
            st_unbitshuffle(out.data(), back.data(), elements, element);
            ASSERT_EQ(back, in) << element << " x " << elements;
        }
    }
}

/* --- loops of every instruction set against plain C ------------------------------------------ */

std::vector<const st_byte_loops *> usable_loops()
{
    const st_byte_loops *best = st_byte_loops_choose();
    std::vector<const st_byte_loops *> loops = {&st_byte_loops_base};
#ifdef __x86_64__
    if (best != &st_byte_loops_base) {
        loops.push_back(&st_byte_loops_v3);
    }
    if (best == &st_byte_loops_v4) {
        loops.push_back(&st_byte_loops_v4);
    }
#endif
    return loops;
}

TEST(ByteLoops, PlanesAreThoseOfPlainC)
{
    std::mt19937 random(11);
    for (const st_byte_loops *loops : usable_loops()) {
        for (size_t trial = 0; trial < 300; trial++) {
            const size_t groups = random() % 200, stride = groups + random() % 70;
            const Bytes rows = noise(7 * stride + groups, static_cast<unsigned>(trial));
            Bytes wanted(8 * groups + 1, 7), found(8 * groups + 1, 7);
            st_byte_loops_plain.plane(rows.data(), stride, groups, wanted.data());
            loops->plane(rows.data(), stride, groups, found.data());
            ASSERT_EQ(found, wanted) << loops->name << " " << groups << " " << stride;
        }
    }
}

TEST(ByteLoops, ElementsAreThoseOfPlainC)
{
    std::mt19937 random(12);
    for (const st_byte_loops *loops : usable_loops()) {
        for (size_t trial = 0; trial < 300; trial++) {
            const size_t n = random() % 300, stride = n + random() % 70, element = 1 + trial % 8;
            const Bytes planes = noise((element - 1) * stride + n, static_cast<unsigned>(trial));
            Bytes wanted(n * element + 1, 7), found(n * element + 1, 7);
            st_byte_loops_plain.interleave(planes.data(), stride, wanted.data(), n, element);
            loops->interleave(planes.data(), stride, found.data(), n, element);
            ASSERT_EQ(found, wanted) << loops->name << " " << n << " x " << element;
        }
    }
}

TEST(ByteLoops, WattsAreThoseOfPlainC)
{
    const float specials[] = {NAN, -NAN, INFINITY, -INFINITY, -0.0f, 0.0f, 1e-45f, -9999.0f, 3e38f};
    std::mt19937 random(13);
    for (const st_byte_loops *loops : usable_loops()) {
        for (float fill : {NAN, -9999.0f, 0.0f}) {
            for (size_t n : {0u, 1u, 3u, 16u, 33u, 100u, 1023u}) {
                std::vector<float> in(n + 1), wanted(n + 1), found(n + 1); /* one that stays */
                for (float &x : in) {
                    x = random() % 3 == 0 ? specials[random() % 9]
                                          : static_cast<float>(random()) * 1e-3f;
                }
                st_byte_loops_plain.watts(in.data(), n, fill, wanted.data());
                loops->watts(in.data(), n, fill, found.data());
                ASSERT_EQ(0, memcmp(wanted.data(), found.data(), n * sizeof(float)))
                    << loops->name << " " << n;
                loops->watts(in.data(), n, fill, in.data());
                ASSERT_EQ(0, memcmp(wanted.data(), in.data(), n * sizeof(float)))
                    << loops->name << " " << n << " in place";
            }
        }
    }
}

class Encoded : public testing::TestWithParam<size_t>
{
};

TEST_P(Encoded, Lz4ComesBack)
{
    for (unsigned most : {0u, 3u, 255u}) {
        const Bytes in = noise(GetParam(), 4, most);
        Bytes packed(st_codec_bound(in.size())), back(in.size());
        const size_t n = st_lz4_encode(in.data(), in.size(), packed.data());
        ASSERT_GT(n, 0u);
        ASSERT_TRUE(st_lz4_decode(packed.data(), n, back.data(), back.size()));
        EXPECT_EQ(back, in);
        EXPECT_FALSE(st_lz4_decode(packed.data(), n - 1, back.data(), back.size()));
        EXPECT_FALSE(st_lz4_decode(packed.data(), n, back.data(), back.size() - 1));
    }
}

TEST_P(Encoded, BitshuffleLz4ComesBack)
{
    Bytes spare(8192);
    st_decoder decoder = {};
    st_context *ctx = st_context_create();
    const st_filter filter = {ST_FILTER_BITSHUFFLE, 4, 0, ST_BITSHUFFLE_LZ4};
    for (unsigned most : {0u, 3u, 255u}) {
        const Bytes in = noise(GetParam() + 12, 5, most);
        Bytes packed(st_codec_bound(in.size())), back(in.size());
        const size_t n =
            st_bitshuffle_lz4_encode(in.data(), in.size(), 4, spare.data(), packed.data());
        ASSERT_GT(n, 0u);
        ASSERT_EQ(st_buffer_need(ctx, &decoder.block, in.size()), ST_OK);
        ASSERT_TRUE(st_bitshuffle_decode(&decoder, &filter, packed.data(), n, back.data(),
                                         back.size(), nullptr));
        EXPECT_EQ(back, in);
        EXPECT_FALSE(st_bitshuffle_decode(&decoder, &filter, packed.data(), n - 1, back.data(),
                                          back.size(), nullptr));
    }
    st_decoder_free(&decoder);
    st_context_destroy(ctx);
}
INSTANTIATE_TEST_SUITE_P(Sizes, Encoded,
                         testing::Values(32, 8192, 8224, 1 << 20, (1 << 20) + 4096, 3 << 20));

TEST(Fletcher32, AgreesWithTheDefinition)
{
    /* Sums of big-endian words modulo 65535, written once more without any folding. */
    for (size_t n : {1u, 2u, 3u, 720u, 721u, 100001u}) {
        const Bytes in = noise(n, 6);
        uint64_t low = 0, high = 0;
        for (size_t i = 0; i < n; i += 2) {
            low = (low + (uint64_t(in[i]) << 8) + (i + 1 < n ? in[i + 1] : 0)) % 65535;
            high = (high + low) % 65535;
        }
        const uint32_t sum = st_fletcher32(in.data(), n);
        EXPECT_EQ((sum & 0xffff) % 65535, low) << n;
        EXPECT_EQ((sum >> 16) % 65535, high) << n;
    }
}

TEST(Lzf, LiteralsCopiesAndOverlaps)
{
    /* "abc", then 9 bytes from 3 back (runs into itself), then a long copy of 264 from 1 back. */
    const Bytes in = {2, 'a', 'b', 'c', 7 << 5, 0, 2, 7 << 5, 255, 0};
    Bytes out(3 + 9 + 264);
    ASSERT_TRUE(st_lzf_decode(in.data(), in.size(), out.data(), out.size()));
    EXPECT_EQ(std::string(out.begin(), out.begin() + 12), "abcabcabcabc");
    EXPECT_EQ(std::string(out.begin() + 12, out.end()), std::string(264, 'c'));
    EXPECT_FALSE(st_lzf_decode(in.data(), in.size(), out.data(), out.size() - 1));
    const Bytes before_the_start = {0, 'a', 1 << 5, 1};
    EXPECT_FALSE(st_lzf_decode(before_the_start.data(), 4, out.data(), out.size()));
}

TEST(Decoders, SurviveGarbage)
{
    st_decoder decoder = {};
    st_context *ctx = st_context_create();
    ASSERT_EQ(st_buffer_need(ctx, &decoder.block, 4096), ST_OK);
    const st_filter_id ids[] = {ST_FILTER_DEFLATE, ST_FILTER_SHUFFLE, ST_FILTER_FLETCHER32,
                                ST_FILTER_LZF,     ST_FILTER_LZ4,     ST_FILTER_BITSHUFFLE,
                                ST_FILTER_ZSTD};
    for (unsigned seed = 0; seed < 3000; seed++) {
        Bytes in = noise(seed % 300, seed);
        if (in.size() > 12 && seed % 2 == 0) {
            /* A header that passes, so that the blocks behind it are reached. */
            const unsigned char header[] = {0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 0};
            std::copy(header, header + 12, in.begin());
        }
        Bytes out(4096);
        const st_pipeline pipeline = {
            1,
            {{ids[seed % 7], 4, seed % 3,
              static_cast<st_bitshuffle_codec>(seed % 2 == 0 ? 2 + seed / 7 % 2 : 0)}}};
        st_context_clear(ctx);
        const st_status status = st_pipeline_decode(ctx, &pipeline, 0, &decoder, in.data(),
                                                    in.size(), out.data(), out.size());
        EXPECT_TRUE(status == ST_OK || status == ST_FORMAT);
    }
    st_decoder_free(&decoder);
    st_context_destroy(ctx);
}

TEST(Pipeline, SkipsWhatTheMaskSaysAndKnowsItsLimits)
{
    st_context *ctx = st_context_create();
    st_decoder decoder = {};
    const Bytes in = noise(4096, 8);
    Bytes shuffled(4096), out(4096);
    const st_pipeline two = {2,
                             {{ST_FILTER_SHUFFLE, 4, 0, ST_BITSHUFFLE_PLAIN},
                              {ST_FILTER_DEFLATE, 4, 0, ST_BITSHUFFLE_PLAIN}}};
    st_shuffle(in.data(), shuffled.data(), in.size(), 4);
    ASSERT_EQ(st_pipeline_decode(ctx, &two, 2, &decoder, shuffled.data(), 4096, out.data(), 4096),
              ST_OK);
    EXPECT_EQ(out, in);
    ASSERT_EQ(st_pipeline_decode(ctx, &two, 3, &decoder, in.data(), 4096, out.data(), 4096), ST_OK);
    EXPECT_EQ(out, in);
    EXPECT_EQ(st_pipeline_decode(ctx, &two, 3, &decoder, in.data(), 4000, out.data(), 4096),
              ST_FORMAT);
    EXPECT_TRUE(st_pipeline_known(&two));
    const st_pipeline compressed_twice = {
        2,
        {{ST_FILTER_LZ4, 4, 0, ST_BITSHUFFLE_PLAIN}, {ST_FILTER_ZSTD, 4, 0, ST_BITSHUFFLE_PLAIN}}};
    EXPECT_FALSE(st_pipeline_known(&compressed_twice));
    const st_pipeline wide = {1, {{ST_FILTER_BITSHUFFLE, 16, 0, ST_BITSHUFFLE_PLAIN}}};
    EXPECT_FALSE(st_pipeline_known(&wide));
    st_decoder_free(&decoder);
    st_context_destroy(ctx);
}

/* --- piece by piece -------------------------------------------------------------------------- */

/* Puts pieces where they belong; 1 where no piece has been. */
struct Gathered {
    Bytes bytes;
    std::vector<char> missing;
    size_t next = 0;
    bool in_order = true;
    static void take(void *user, size_t first, const unsigned char *data, size_t n)
    {
        Gathered &to = *static_cast<Gathered *>(user);
        to.in_order = to.in_order && first >= to.next && first + n <= to.bytes.size() &&
                      first % 4 == 0 && n % 4 == 0 && reinterpret_cast<uintptr_t>(data) % 4 == 0;
        if (to.in_order) {
            std::copy(data, data + n, to.bytes.begin() + static_cast<long>(first));
            std::fill_n(to.missing.begin() + static_cast<long>(first), n, 0);
            to.next = first + n;
        }
    }
};

TEST(Pipeline, PiecesAreTheWholeChunk)
{
    st_context *ctx = st_context_create();
    st_decoder decoder = {};
    std::mt19937 random(14);
    const st_filter bits = {ST_FILTER_BITSHUFFLE, 4, 0, ST_BITSHUFFLE_LZ4};
    const st_filter shuffle = {ST_FILTER_SHUFFLE, 4, 0, ST_BITSHUFFLE_PLAIN};
    const st_filter lz4 = {ST_FILTER_LZ4, 4, 0, ST_BITSHUFFLE_PLAIN};
    const st_filter other_width = {ST_FILTER_SHUFFLE, 3, 0, ST_BITSHUFFLE_PLAIN};
    const st_pipeline pipelines[] = {{1, {bits}},         {1, {shuffle}}, {1, {lz4}},
                                     {2, {shuffle, lz4}}, {0, {}},        {1, {other_width}}};
    st_buffer kept = {};
    for (int trial = 0; trial < 300; trial++) {
        const st_pipeline &pipeline = pipelines[trial % 6];
        const size_t n = 4 * (1 + random() % 20000);
        const Bytes in = noise(n, static_cast<unsigned>(trial), 3);
        Bytes first(n), stored(st_codec_bound(n)), spare(8192), whole(n);
        st_shuffle(in.data(), first.data(), n, pipeline.filter[0].element);
        size_t bytes = n;
        if (trial % 6 == 0) {
            bytes = st_bitshuffle_lz4_encode(in.data(), n, 4, spare.data(), stored.data());
        } else if (trial % 6 == 2 || trial % 6 == 3) {
            bytes = st_lz4_encode((trial % 6 == 2 ? in : first).data(), n, stored.data());
        } else {
            stored = trial % 6 == 4 ? in : first;
        }
        ASSERT_EQ(
            st_pipeline_decode(ctx, &pipeline, 0, &decoder, stored.data(), bytes, whole.data(), n),
            ST_OK);
        ASSERT_EQ(whole, in) << trial;
        const size_t from = random() % (n / 4) * 4, to = from + 4 * (1 + random() % (n / 4));
        Gathered found = {Bytes(n), std::vector<char>(n, 1)};
        const st_wanted wanted = {4, from, to < n ? to : n, Gathered::take, &found};
        ASSERT_EQ(st_pipeline_stream(ctx, &pipeline, 0, &decoder, stored.data(), bytes, n, &wanted),
                  ST_OK);
        ASSERT_TRUE(found.in_order) << trial;
        for (size_t i = 0; i < n; i++) {
            const bool needed = i >= wanted.from && i < wanted.to;
            ASSERT_TRUE(found.missing[i] == 0 ? found.bytes[i] == in[i] : !needed)
                << trial << " byte " << i << " of " << n;
        }
        /* the same of a chunk that is kept for several reads */
        Gathered again = {Bytes(n), std::vector<char>(n, 1)};
        const st_wanted part = {4, wanted.from, wanted.to, Gathered::take, &again};
        ASSERT_EQ(st_buffer_need(ctx, &decoder.raw, bytes), ST_OK);
        std::copy_n(stored.data(), bytes, decoder.raw.data);
        ASSERT_EQ(st_pipeline_keep(ctx, &pipeline, 0, &decoder, bytes, n, 4, &kept), ST_OK);
        ASSERT_EQ(st_pipeline_stream_kept(ctx, &pipeline, 0, &decoder, kept.data, bytes, n, &part),
                  ST_OK);
        ASSERT_TRUE(again.in_order) << trial;
        for (size_t i = wanted.from; i < wanted.to; i++) {
            ASSERT_TRUE(again.missing[i] == 0 && again.bytes[i] == in[i]) << trial << " byte " << i;
        }
    }
    st_buffer_free(&kept);
    st_decoder_free(&decoder);
    st_context_destroy(ctx);
}

} // namespace
