/* refuse_test.cpp - what is not a sound trace: the status, and a sentence with file, dataset, what
 * was found and what is allowed. Damage anywhere may be refused or read, but never crashes. */
#include "support.h"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>

extern "C" {
#include "io/walk.h"
}

namespace
{
using namespace io;

struct Bad {
    const char *name;
    std::function<void(hid_t, hid_t)> damage;
    std::vector<const char *> words;
};

void without(hid_t object, const char *name)
{
    H5Adelete(object, name);
}

void with_integer(hid_t power, const char *name, int64_t value)
{
    write_attribute(power, name, H5T_NATIVE_INT64, &value);
}

/* Types of our own are closed; those of HDF5 refuse to be. */
void close_type(hid_t type)
{
    H5E_BEGIN_TRY
    {
        H5Tclose(type);
    }
    H5E_END_TRY
}

/* Replaces /power by one of another type and shape, with all attributes. */
void replace_power(hid_t file, hid_t type, std::vector<hsize_t> size)
{
    H5Ldelete(file, "power", H5P_DEFAULT);
    const hid_t space = H5Screate_simple(int(size.size()), size.data(), nullptr);
    const hid_t id = H5Dcreate2(file, "power", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    write_text(id, "units", "W");
    with_integer(id, "sample_period_ns", 1000000);
    with_integer(id, "start_time_ns", 0);
    if (size.size() == 2) {
        const char *labels[] = {"rack", "time"};
        const hsize_t two = 2;
        const hid_t text = H5Tcopy(H5T_C_S1), pair = H5Screate_simple(1, &two, nullptr);
        H5Tset_size(text, H5T_VARIABLE);
        const hid_t at = H5Acreate2(id, "DIMENSION_LABELS", text, pair, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(at, text, labels);
        H5Aclose(at);
        H5Sclose(pair);
        H5Tclose(text);
    }
    H5Dclose(id);
    H5Sclose(space);
    close_type(type);
}

hid_t text8()
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 8);
    return type;
}

void replace_column(hid_t file, const char *name, hid_t type, hsize_t n)
{
    if (H5Lexists(file, name, H5P_DEFAULT) > 0) {
        H5Ldelete(file, name, H5P_DEFAULT);
    }
    const hid_t space = H5Screate_simple(1, &n, nullptr);
    H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    close_type(type);
}

const std::vector<Bad> bads = {
    {"no_units", [](hid_t, hid_t p) { without(p, "units"); }, {"/power", "units is missing"}},
    {"no_period",
     [](hid_t, hid_t p) { without(p, "sample_period_ns"); },
     {"/power", "sample_period_ns is missing", "one integer"}},
    {"no_start",
     [](hid_t, hid_t p) { without(p, "start_time_ns"); },
     {"/power", "start_time_ns is missing", "one integer"}},
    {"bad_unit",
     [](hid_t, hid_t p) {
         without(p, "units");
         write_text(p, "units", "furlong");
     },
     {"/power", "furlong", "W, kW, MW"}},
    {"unit_is_a_number",
     [](hid_t, hid_t p) {
         without(p, "units");
         with_integer(p, "units", 3);
     },
     {"/power", "units", "int64", "text"}},
    {"period_zero",
     [](hid_t, hid_t p) { with_integer(p, "sample_period_ns", 0); },
     {"/power", "is 0", "more than 0"}},
    {"period_negative",
     [](hid_t, hid_t p) { with_integer(p, "sample_period_ns", -5); },
     {"/power", "is -5", "more than 0"}},
    {"period_is_text",
     [](hid_t, hid_t p) { write_text(p, "sample_period_ns", "1ms"); },
     {"/power", "sample_period_ns", "string", "one integer"}},
    {"period_is_real",
     [](hid_t, hid_t p) {
         const double v = 1e6;
         write_attribute(p, "sample_period_ns", H5T_NATIVE_DOUBLE, &v);
     },
     {"float64", "one integer"}},
    {"scale_zero",
     [](hid_t, hid_t p) {
         const double v = 0;
         write_attribute(p, "scale_factor", H5T_NATIVE_DOUBLE, &v);
     },
     {"/power", "scale_factor 0", "not 0"}},
    {"scale_nan",
     [](hid_t, hid_t p) {
         const double v = NAN;
         write_attribute(p, "add_offset", H5T_NATIVE_DOUBLE, &v);
     },
     {"/power", "add_offset", "finite"}},
    {"fill_is_text",
     [](hid_t, hid_t p) { write_text(p, "_FillValue", "none"); },
     {"/power", "_FillValue", "string", "one number"}},
    {"no_format",
     [](hid_t f, hid_t) { without(f, "surgetank_format"); },
     {"surgetank_format is missing", "trace/1", "--dataset"}},
    {"other_format",
     [](hid_t f, hid_t) {
         without(f, "surgetank_format");
         write_text(f, "surgetank_format", "trace/9");
     },
     {"trace/9", "trace/1"}},
    {"no_power", [](hid_t f, hid_t) { H5Ldelete(f, "power", H5P_DEFAULT); }, {"/power is missing"}},
    {"power_is_a_group",
     [](hid_t f, hid_t) {
         H5Ldelete(f, "power", H5P_DEFAULT);
         H5Gclose(H5Gcreate2(f, "power", 0, 0, 0));
     },
     {"/power", "as a dataset"}},
    {"strings",
     [](hid_t f, hid_t) {
         replace_power(f, text8(), {3, 20});
     },
     {"/power", "string", "float32"}},
    {"one_dimension",
     [](hid_t f, hid_t) { replace_power(f, H5T_NATIVE_FLOAT, {20}); },
     {"/power", "1 dimensions", "allowed: 2"}},
    {"three_dimensions",
     [](hid_t f, hid_t) {
         replace_power(f, H5T_NATIVE_FLOAT, {2, 3, 20});
     },
     {"/power", "3 dimensions", "allowed: 2"}},
    {"no_racks",
     [](hid_t f, hid_t) {
         replace_power(f, H5T_NATIVE_FLOAT, {0, 20});
     },
     {"/power", "0 racks", "1 to"}},
    {"no_samples",
     [](hid_t f, hid_t) {
         replace_power(f, H5T_NATIVE_FLOAT, {3, 0});
     },
     {"/power", "0 samples", "1 to"}},
    {"too_many_racks",
     [](hid_t f, hid_t) {
         replace_power(f, H5T_NATIVE_FLOAT, {10000001, 20});
     },
     {"/power", "10000001 racks", "10000000"}},
    {"too_many_samples",
     [](hid_t f, hid_t) {
         replace_power(f, H5T_NATIVE_FLOAT, {1, (hsize_t(1) << 48) + 1});
     },
     {"/power", "samples", "1 to 281474976710656"}},
    {"no_scales",
     [](hid_t, hid_t p) { without(p, "DIMENSION_LIST"); },
     {"/power", "dimension scales", "--time-axis"}},
    {"names_of_other_length",
     [](hid_t f, hid_t) { replace_column(f, "rack", text8(), 4); },
     {"/rack", "4 values", "3 racks"}},
    {"names_of_other_type",
     [](hid_t f, hid_t) {
         const hid_t t = H5Tcreate(H5T_OPAQUE, 4);
         replace_column(f, "rack", t, 3);
     },
     {"/rack", "opaque", "text"}},
    {"one_name_for_several",
     [](hid_t f, hid_t) { replace_column(f, "rack", text8(), 3); },
     {"/rack", "racks 0 and 1", "both called \"\"", "a name of its own for each"}},
    {"groups_are_numbers",
     [](hid_t f, hid_t) { replace_column(f, "rack_group", H5T_NATIVE_INT, 3); },
     {"/rack_group", "int32", "text"}},
    {"ratings_are_text",
     [](hid_t f, hid_t) { replace_column(f, "rack_rating_w", text8(), 3); },
     {"/rack_rating_w", "string", "numbers"}},
};

class Refused : public testing::TestWithParam<Bad>
{
};
void PrintTo(const Bad &bad, std::ostream *out)
{
    *out << bad.name;
}

TEST_P(Refused, WithASentence)
{
    Folder folder;
    Context ctx;
    Trace trace;
    Form form;
    form.after = GetParam().damage;
    write_file(folder / "bad.h5", form, 3, 20);
    EXPECT_EQ(trace.open(ctx, {folder / "bad.h5"}), ST_FORMAT);
    EXPECT_NE(ctx.message().find(folder / "bad.h5"), std::string::npos) << ctx.message();
    EXPECT_EQ(ctx.message().find('\n'), std::string::npos);
    for (const char *word : GetParam().words) {
        EXPECT_NE(ctx.message().find(word), std::string::npos)
            << ctx.message() << "\n lacks " << word;
    }
}
INSTANTIATE_TEST_SUITE_P(Io, Refused, testing::ValuesIn(bads),
                         [](const auto &one) { return std::string(one.param.name); });

class Files : public testing::Test
{
  protected:
    void expect(const std::string &path, st_status status, const char *word)
    {
        Context ctx;
        Trace trace;
        EXPECT_EQ(trace.open(ctx, {path}), status);
        EXPECT_NE(ctx.message().find(path), std::string::npos) << ctx.message();
        EXPECT_NE(ctx.message().find(word), std::string::npos) << ctx.message();
        char format[64];
        Context other;
        if (std::string(word) != "truncated") {
            EXPECT_EQ(st_file_format(other, path.c_str(), format, sizeof format), status)
                << other.message();
        }
    }
    Folder folder;
};

TEST_F(Files, MissingFolderTextAndPipe)
{
    expect(folder / "none.h5", ST_MISSING, "No such file");
    expect(folder.path, ST_FORMAT, "folder");
    std::ofstream(folder / "text.h5") << "rack,power\n1,2\n";
    expect(folder / "text.h5", ST_FORMAT, "not an HDF5 file");
    std::ofstream(folder / "empty.h5").close();
    expect(folder / "empty.h5", ST_FORMAT, "not an HDF5 file");
    ASSERT_EQ(mkfifo((folder / "pipe.h5").c_str(), 0600), 0);
    expect(folder / "pipe.h5", ST_FORMAT, "special file");
    Context ctx;
    Trace trace;
    EXPECT_EQ(trace.open(ctx, {}), ST_ARGUMENT);
    const st_trace_options axis = {nullptr, 2, 0, nullptr};
    EXPECT_EQ(trace.open(ctx, {folder / "text.h5"}, &axis), ST_ARGUMENT);
}

TEST_F(Files, TruncatedFilesSaySo)
{
    for (bool chunked : {true, false}) {
        Form form;
        form.chunk = chunked ? std::vector<hsize_t>{3, 100} : std::vector<hsize_t>();
        write_file(folder / "a.h5", form, 3, 2000);
        struct stat found;
        stat((folder / "a.h5").c_str(), &found);
        ASSERT_EQ(truncate((folder / "a.h5").c_str(), found.st_size - 3000), 0);
        expect(folder / "a.h5", ST_FORMAT, "truncated");
    }
}

TEST_F(Files, UnknownFilterIsNamed)
{
    /* Only where no plugin for it is installed. */
    if (H5Zfilter_avail(32001) > 0) {
        GTEST_SKIP() << "a Blosc plugin is installed";
    }
    Context ctx;
    Trace trace;
    EXPECT_EQ(trace.open(ctx, {source("data/blosc.h5")}), ST_FORMAT);
    EXPECT_NE(ctx.message().find("32001"), std::string::npos) << ctx.message();
    EXPECT_NE(ctx.message().find("/power"), std::string::npos) << ctx.message();
}

TEST_F(Files, FormatIsWhatTheAttributeSays)
{
    Context ctx;
    char format[64];
    write_file(folder / "a.h5", Form(), 2, 10);
    ASSERT_EQ(st_file_format(ctx, (folder / "a.h5").c_str(), format, sizeof format), ST_OK);
    EXPECT_STREQ(format, "trace/1");
    Form form;
    form.after = [](hid_t file, hid_t) { H5Adelete(file, "surgetank_format"); };
    write_file(folder / "b.h5", form, 2, 10);
    ASSERT_EQ(st_file_format(ctx, (folder / "b.h5").c_str(), format, sizeof format), ST_OK);
    EXPECT_STREQ(format, "hdf5");
}

/* --- the first look -------------------------------------------------------------------------- */

st_status crash(st_context *, const char *, const void *, st_parcel *)
{
    return raise(SIGSEGV) == 0 ? ST_OK : ST_OK;
}
st_status hang(st_context *, const char *, const void *, st_parcel *)
{
    for (;;) {
        pause();
    }
}
st_status refuse(st_context *ctx, const char *path, const void *, st_parcel *)
{
    return st_fail(ctx, ST_MISSING, "%s: it says no", path);
}

TEST(Walk, CrashTimeAndRefusal)
{
    Context a, b, c;
    EXPECT_EQ(st_walk(a, "x.h5", crash, nullptr, 10, nullptr), ST_FORMAT);
    EXPECT_EQ(a.message(), "x.h5: the HDF5 library crashes on this file (damaged?)");
    EXPECT_EQ(st_walk(b, "x.h5", hang, nullptr, 1, nullptr), ST_FORMAT);
    EXPECT_NE(b.message().find("not done with it after 1 s"), std::string::npos);
    EXPECT_EQ(st_walk(c, "x.h5", refuse, nullptr, 10, nullptr), ST_MISSING);
    EXPECT_EQ(c.message(), "x.h5: it says no");
}

/* --- damage anywhere ------------------------------------------------------------------------- */

class Damage : public testing::TestWithParam<const char *>
{
};

TEST_P(Damage, IsRefusedOrReadButNeverACrash)
{
    Folder folder;
    std::ifstream in(source(std::string("data/") + GetParam() + ".h5"), std::ios::binary);
    const std::string sound((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_FALSE(sound.empty());
    std::mt19937 random(11);
    size_t refused = 0, read = 0;
    for (int turn = 0; turn < 60; turn++) {
        std::string bytes = sound;
        const size_t hits = 1 + random() % 8;
        for (size_t hit = 0; hit < hits; hit++) {
            /* Structure lies mostly at the front. */
            const size_t room = hit % 2 == 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
            bytes[random() % room] = char(random() % 3 == 0 ? 0xff : random());
        }
        if (turn % 10 == 0) {
            bytes.resize(random() % bytes.size());
        }
        std::ofstream(folder / "a.h5", std::ios::binary) << bytes;
        Context ctx;
        Trace trace;
        const st_status status = trace.open(ctx, {folder / "a.h5"});
        ASSERT_TRUE(status == ST_OK || status == ST_FORMAT || status == ST_MEMORY) << ctx.message();
        ASSERT_EQ(status == ST_OK, ctx.message().empty()) << ctx.message();
        refused += status == ST_OK ? 0 : 1;
        if (status == ST_OK && trace.info().samples < 100000) {
            read += trace.all(ctx).empty() ? 0 : 1;
        }
    }
    EXPECT_GT(refused, 0u);
    EXPECT_GT(read, 0u);
}
INSTANTIATE_TEST_SUITE_P(Io, Damage,
                         testing::Values("contiguous", "deflate_fletcher", "lz4", "bitshuffle_zstd",
                                         "lzf_shuffle", "latest_fixed_array", "growing",
                                         "big_endian_i2"),
                         [](const auto &one) { return std::string(one.param); });

} // namespace
