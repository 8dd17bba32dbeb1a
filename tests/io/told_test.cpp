/* told_test.cpp - what one process found out of a file and another believes: the same again, and
 * nothing of it where reading would trip over it. */
#include "support.h"

#include <gtest/gtest.h>

#include <functional>

extern "C" {
#include "core/memory.h"
#include "io/trace_file.h"
}

namespace
{
using namespace io;

const size_t racks = 5;
const int64_t samples = 90;

/* A file that closes itself. */
struct File {
    File() : file() { file.descriptor = -1, file.file = file.power = ST_NO_HANDLE; }
    ~File() { st_trace_file_close(&file); }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    st_trace_file file;
};

struct Parcel {
    Parcel() : told() {}
    ~Parcel() { st_parcel_free(&told); }
    Parcel(const Parcel &) = delete;
    Parcel &operator=(const Parcel &) = delete;
    st_parcel told;
};

void add_ratings(hid_t file, hid_t)
{
    const hsize_t n = racks;
    const double ratings_w[racks] = {1.0, 2.0, 3.0, 4.0, 5.0};
    const hid_t space = H5Screate_simple(1, &n, nullptr);
    const hid_t id = H5Dcreate2(file, "rack_rating_w", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                                H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, ratings_w);
    H5Dclose(id);
    H5Sclose(space);
}

/* Contiguous, or in chunks. */
class Told : public testing::TestWithParam<bool>
{
  protected:
    void SetUp() override
    {
        const st_trace_options options = ST_TRACE_OPTIONS_DEFAULT;
        Form form;
        form.chunk = GetParam() ? std::vector<hsize_t>{2, 40} : std::vector<hsize_t>{};
        form.after = add_ratings;
        write_file(folder / "a.h5", form, racks, samples);
        ASSERT_EQ(st_trace_file_open(ctx, (folder / "a.h5").c_str(), &options, &found.file), ST_OK)
            << ctx.message();
    }

    /* What another process makes of it, which knows the path and the size alone. */
    st_status hear(st_parcel *told, File *other)
    {
        Context quiet;
        other->file.bytes = found.file.bytes;
        EXPECT_EQ(st_copy_text(quiet, found.file.path, &other->file.path), ST_OK);
        const st_status status = st_trace_file_hear(quiet, told, &other->file);
        EXPECT_EQ(status == ST_OK, quiet.message().empty());
        EXPECT_TRUE(status == ST_OK || quiet.message().find("astray") != std::string::npos);
        return status;
    }

    /* The same of what a process tells that believes something else. */
    st_status hear_of(const std::function<void(st_trace_file *)> &twist)
    {
        Parcel parcel;
        File other;
        st_trace_file twisted = found.file;
        std::vector<st_chunk> chunks(twisted.storage.index.chunk,
                                     twisted.storage.index.chunk + twisted.storage.index.n);
        twisted.storage.index.chunk = chunks.data();
        twist(&twisted);
        EXPECT_EQ(st_trace_file_tell(ctx, &twisted, &parcel.told), ST_OK);
        return hear(&parcel.told, &other);
    }

    Folder folder;
    Context ctx;
    File found;
};

TEST_P(Told, IsTheSameAgain)
{
    Parcel parcel;
    File other;
    ASSERT_EQ(st_trace_file_tell(ctx, &found.file, &parcel.told), ST_OK);
    ASSERT_EQ(hear(&parcel.told, &other), ST_OK);
    EXPECT_EQ(parcel.told.taken, parcel.told.bytes);
    const st_trace_file &a = found.file, &b = other.file;
    EXPECT_STREQ(a.layout_words, b.layout_words);
    EXPECT_EQ(a.start_ns, b.start_ns);
    ASSERT_EQ(b.racks, racks);
    ASSERT_NE(b.rack_rating_w, nullptr);
    for (size_t r = 0; r < racks; r++) {
        EXPECT_STREQ(a.rack_names[r], b.rack_names[r]);
        EXPECT_NE(a.rack_names[r], b.rack_names[r]);
        EXPECT_EQ(b.rack_rating_w[r], double(r + 1));
    }
    EXPECT_EQ(b.rack_groups, nullptr);
    ASSERT_EQ(a.storage.index.n, b.storage.index.n);
    EXPECT_EQ(a.storage.index.n, GetParam() ? 9U : 0U);
    for (size_t i = 0; i < a.storage.index.n; i++) {
        EXPECT_EQ(a.storage.index.chunk[i].key, b.storage.index.chunk[i].key);
        EXPECT_EQ(a.storage.index.chunk[i].address, b.storage.index.chunk[i].address);
    }
}

TEST_P(Told, HalfOfItIsNothing)
{
    Parcel whole;
    ASSERT_EQ(st_trace_file_tell(ctx, &found.file, &whole.told), ST_OK);
    for (size_t bytes = 0; bytes < whole.told.bytes; bytes++) {
        Parcel part;
        File other;
        ASSERT_EQ(st_parcel_put(ctx, &part.told, whole.told.buffer.data, bytes), ST_OK);
        ASSERT_EQ(hear(&part.told, &other), ST_FORMAT) << bytes;
    }
}

TEST_P(Told, NumbersThatReadingWouldTripOverAreRefused)
{
    const std::function<void(st_trace_file *)> twists[] = {
        [](st_trace_file *f) { f->time_axis = 2; },
        [](st_trace_file *f) { f->time_axis = -1; },
        [](st_trace_file *f) { f->racks--; },
        [](st_trace_file *f) { f->samples++; },
        [](st_trace_file *f) { f->samples = -f->samples; },
        [](st_trace_file *f) { f->period_ns = 0; },
        [](st_trace_file *f) { f->scaling.stored = ST_STORED_TYPES; },
        [](st_trace_file *f) { f->scaling.stored = ST_STORED_I16; },
        [](st_trace_file *f) { f->storage.element = 8; },
        [](st_trace_file *f) { f->storage.layout = static_cast<st_layout>(3); },
        [](st_trace_file *f) { f->storage.pipeline.n = ST_FILTERS_MOST + 1; },
        [](st_trace_file *f) { f->storage.grid.rank = 3; },
        [](st_trace_file *f) { f->storage.grid.chunk[0] = 0; },
        [](st_trace_file *f) { f->storage.grid.size[1] = 0; },
    };
    ASSERT_EQ(hear_of([](st_trace_file *) {}), ST_OK);
    for (size_t i = 0; i < sizeof twists / sizeof twists[0]; i++) {
        EXPECT_EQ(hear_of(twists[i]), ST_FORMAT) << i;
    }
}

TEST_P(Told, PlacesOutsideOfTheFileAreRefused)
{
    const std::function<void(st_trace_file *)> stretches[] = {
        [](st_trace_file *f) { f->storage.address = f->bytes; },
        [](st_trace_file *f) { f->storage.address = f->bytes - 4 * racks * samples + 1; },
        [](st_trace_file *f) { f->storage.address = UINT64_MAX - 1; },
    };
    const std::function<void(st_trace_file *)> chunks[] = {
        [](st_trace_file *f) { f->storage.tile_bytes++; },
        [](st_trace_file *f) { f->storage.grid.count[1]++; },
        [](st_trace_file *f) { f->storage.grid.chunk[0] = UINT64_MAX / 2; },
        [](st_trace_file *f) { f->storage.index.chunk[4].address = f->bytes + 1; },
        [](st_trace_file *f) { f->storage.index.chunk[4].bytes = UINT32_MAX; },
        [](st_trace_file *f) { f->storage.index.chunk[8].key = 9; },
        [](st_trace_file *f) { f->storage.index.chunk[4].key = 3; },
    };
    for (const auto &twist : chunks) {
        EXPECT_EQ(GetParam() ? hear_of(twist) : ST_FORMAT, ST_FORMAT) << &twist - chunks;
    }
    for (const auto &twist : stretches) {
        EXPECT_EQ(GetParam() ? ST_FORMAT : hear_of(twist), ST_FORMAT) << &twist - stretches;
    }
}

INSTANTIATE_TEST_SUITE_P(Io, Told, testing::Bool(),
                         [](const auto &form) { return form.param ? "chunks" : "contiguous"; });

} // namespace
