/* tile_cache_test.cpp - threads that share decoded tiles: filled once, and the next one meanwhile. */
#include "support.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

extern "C" {
#include "core/context.h"
#include "io/tile_cache.h"
}

namespace
{
using namespace io;

enum { TILE_BYTES = 64, TILES = 4 };

class TileCache : public testing::Test
{
  protected:
    ~TileCache() override { st_tile_cache_destroy(cache); }
    void SetUp() override
    {
        ASSERT_EQ(st_tile_cache_create(ctx, TILES * TILE_BYTES, TILE_BYTES, &cache), ST_OK);
    }

    /* The thread that fills tile 0 stays in it until somebody has filled tile 1, or gives up. */
    static st_status fill(st_context *ctx, void *user, uint64_t tile, st_buffer *data)
    {
        TileCache &self = *static_cast<TileCache *>(user);
        self.filled[tile]++;
        if (tile == 1 && self.ahead_fails) {
            self.ahead_tried = true;
            return st_fail(ctx, ST_FORMAT, "tile 1 is damaged");
        }
        for (int i = 0; tile == 0 && !self.ahead_tried && i < 5000; i++) {
            self.filling = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        const st_status status = st_buffer_need(ctx, data, TILE_BYTES);
        if (status != ST_OK) {
            return status;
        }
        data->data[0] = static_cast<unsigned char>(100 + tile);
        self.ahead_tried = self.ahead_tried || tile == 1;
        return ST_OK;
    }

    int value_of(st_context *words, uint64_t tile)
    {
        Context quiet;
        const st_tile_key ahead = {0, tile + 1};
        const st_tile_request request = {{0, tile}, 1, 4, fill, this, &ahead, 1, quiet};
        const unsigned char *data = nullptr;
        size_t place = 0;
        if (st_tile_cache_get(words, cache, &request, &data, &place) != ST_OK) {
            return -1;
        }
        const int value = data[0];
        st_tile_cache_release(cache, place);
        return value;
    }

    /* Two threads want tile 0; the second comes while the first fills it. */
    void two_threads()
    {
        int first = 0;
        std::thread other([&] {
            Context words;
            first = value_of(words, 0);
        });
        while (!filling) {
            std::this_thread::yield();
        }
        EXPECT_EQ(value_of(ctx, 0), 100);
        other.join();
        EXPECT_EQ(first, 100);
        EXPECT_EQ(ctx.message(), "");
    }

    Context ctx;
    st_tile_cache *cache = nullptr;
    std::atomic<int> filled[TILES + 1] = {};
    std::atomic<bool> filling{false}, ahead_tried{false};
    bool ahead_fails = false;
};

TEST_F(TileCache, TheNextTileIsFilledWhileThisOneIs)
{
    two_threads();
    EXPECT_EQ(value_of(ctx, 1), 101);
    EXPECT_EQ(filled[0], 1);
    EXPECT_EQ(filled[1], 1) << "the second thread has waited for the first";
}

TEST_F(TileCache, ANextTileThatIsDamagedIsNobodysConcernYet)
{
    ahead_fails = true;
    two_threads();
    EXPECT_EQ(filled[1], 1);
    EXPECT_EQ(value_of(ctx, 1), -1);
    EXPECT_EQ(ctx.message(), "tile 1 is damaged");
    EXPECT_EQ(filled[0], 1);
}

TEST_F(TileCache, OneThreadFillsWhatItAsksFor)
{
    ahead_tried = true;
    for (int round = 0; round < 2; round++) {
        for (uint64_t tile = 0; tile < TILES; tile++) {
            EXPECT_EQ(value_of(ctx, tile), 100 + static_cast<int>(tile));
            EXPECT_EQ(filled[tile], 1);
        }
    }
    EXPECT_EQ(filled[TILES], 0);
}

TEST_F(TileCache, ASpentTileGivesUpItsPlaceBeforeNewMemoryIsTaken)
{
    ahead_tried = true;
    const unsigned char *first = nullptr;
    for (uint64_t tile = 0; tile < TILES; tile++) {
        const st_tile_request request = {{0, tile}, 2, 4, fill, this, nullptr, 0, nullptr};
        const unsigned char *data[2] = {};
        for (const unsigned char *&at : data) { /* both halves of it */
            size_t place = 0;
            ASSERT_EQ(st_tile_cache_get(ctx, cache, &request, &at, &place), ST_OK);
            EXPECT_EQ(at[0], 100 + tile);
            st_tile_cache_release(cache, place);
        }
        EXPECT_EQ(filled[tile], 1);
        first = tile == 0 ? data[0] : first;
        EXPECT_EQ(data[0], first);
        EXPECT_EQ(data[1], first);
    }
}

TEST_F(TileCache, WhatComesNextDoesNotDriveOutWhatIsWanted)
{
    ahead_tried = true;
    for (uint64_t tile = 2; tile < 2 + TILES; tile++) { /* all places are in use */
        const st_tile_request half = {{1, tile % TILES}, 2, 4, fill, this, nullptr, 0, nullptr};
        const unsigned char *data = nullptr;
        size_t place = 0;
        ASSERT_EQ(st_tile_cache_get(ctx, cache, &half, &data, &place), ST_OK);
        st_tile_cache_release(cache, place);
    }
    for (std::atomic<int> &count : filled) {
        count = 0;
    }
    ahead_tried = false;
    std::thread give_up([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        ahead_tried = true;
    });
    two_threads();
    give_up.join();
    EXPECT_EQ(filled[0], 1);
    EXPECT_EQ(filled[1], 0) << "tile 1 took the place of one that is still wanted";
}

} // namespace
