/* forms_test.cpp - every way in which a trace may be stored gives the same numbers: by our own
 * decoding, by HDF5 (a user block makes the reader leave all to it), in parts, and from files that
 * other programs wrote. */
#include "support.h"

#include <gtest/gtest.h>

#include <random>

namespace
{
using namespace io;

const size_t racks = 19;
const int64_t samples = 353;

struct Case {
    std::string name;
    Form form;
};

void deflate(hid_t list)
{
    H5Pset_deflate(list, 3);
}
void shuffle_deflate(hid_t list)
{
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 3);
}
void everything(hid_t list)
{
    H5Pset_fletcher32(list);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 3);
    H5Pset_fletcher32(list);
}
void checksum(hid_t list)
{
    H5Pset_fletcher32(list);
}
void nbit(hid_t list)
{
    H5Pset_nbit(list);
}

/* A type in one order of axes, in all storages. */
struct Group {
    std::string name;
    std::vector<Case> cases;
};

Form form_of(hid_t type, bool whole, bool time_first)
{
    Form form;
    form.type = type;
    form.time_first = time_first;
    form.fill = whole ? 32000 : NAN;
    form.has_fill = whole;
    form.scaled = whole && time_first;
    form.scale = form.scaled ? 0.125 : 1.0;
    form.add = form.scaled ? 777.0 : 0.0;
    form.unit = type == H5T_NATIVE_INT32 ? "MW" : type == H5T_NATIVE_DOUBLE ? "kW" : "W";
    return form;
}

std::vector<Case> all_storages(Form form)
{
    const std::pair<const char *, std::function<void(hid_t)>> filters[] = {
        {"plain", nullptr},         {"deflate", deflate},   {"shuffle_deflate", shuffle_deflate},
        {"everything", everything}, {"checksum", checksum}, {"nbit", nbit}};
    std::vector<Case> cases = {{"contiguous", form}};
    for (const auto &[name, filter] : filters) {
        form.filters = filter;
        form.chunk = {7, 5};
        cases.push_back({std::string(name) + ", small chunks", form});
        form.chunk =
            form.time_first ? std::vector<hsize_t>{100, racks} : std::vector<hsize_t>{4, 100};
        cases.push_back({name, form});
    }
    return cases;
}

std::vector<Group> all_groups()
{
    const std::pair<const char *, hid_t> types[] = {
        {"f32", H5T_NATIVE_FLOAT},  {"f64", H5T_NATIVE_DOUBLE}, {"i16", H5T_NATIVE_INT16},
        {"u16", H5T_NATIVE_UINT16}, {"i32", H5T_NATIVE_INT32},  {"f32be", H5T_IEEE_F32BE},
        {"i16be", H5T_STD_I16BE},   {"i64", H5T_NATIVE_INT64},  {"u32", H5T_NATIVE_UINT32}};
    std::vector<Group> groups;
    for (const auto &[name, type] : types) {
        for (bool time_first : {false, true}) {
            groups.push_back({std::string(name) + (time_first ? "_time_rack" : "_rack_time"),
                              all_storages(form_of(type, name[0] != 'f', time_first))});
        }
    }
    return groups;
}

template <class Param> std::string name_of(const testing::TestParamInfo<Param> &info)
{
    return info.param.name;
}
void PrintTo(const Group &one, std::ostream *out)
{
    *out << one.name;
}

class Forms : public testing::TestWithParam<Group>
{
  protected:
    Folder folder;
    Context ctx;
};

void expect_values(const Form &form, const Trace &trace, const std::vector<float> &found)
{
    ASSERT_EQ(found.size(), racks * size_t(samples));
    for (size_t r = 0; r < racks; r++) {
        for (int64_t i = 0; i < samples; i++) {
            const float value = found[r * size_t(samples) + size_t(i)];
            ASSERT_TRUE(same(value, expected(form, r, i, trace.info().offset_w[r])))
                << "rack " << r << " sample " << i << " is " << value;
        }
    }
}

/* Random rectangles against the whole. */
void expect_parts(st_context *ctx, const Trace &trace, const std::vector<float> &whole)
{
    std::mt19937 random(7);
    for (int turn = 0; turn < 20; turn++) {
        const size_t rack = random() % racks, n = 1 + random() % (racks - rack);
        const int64_t first = int64_t(random() % size_t(samples));
        const size_t length = 1 + random() % size_t(samples - first);
        const std::vector<float> part = trace.part(ctx, rack, n, first, length);
        ASSERT_EQ(part.size(), n * length);
        for (size_t i = 0; i < part.size(); i++) {
            const size_t at = (rack + i / length) * size_t(samples) + size_t(first) + i % length;
            ASSERT_TRUE(same(part[i], whole[at]));
        }
    }
}

TEST_P(Forms, AsExpectedInPartsAndAsHdf5ReadsIt)
{
    for (const Case &one : GetParam().cases) {
        SCOPED_TRACE(one.name);
        Form form = one.form;
        Trace ours, library;
        write_file(folder / "a.h5", form, racks, samples);
        ASSERT_EQ(ours.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
        const std::vector<float> found = ours.all(ctx);
        expect_values(form, ours, found);
        expect_parts(ctx, ours, found);
        form.user_block = 512;
        write_file(folder / "b.h5", form, racks, samples);
        ASSERT_EQ(library.open(ctx, {folder / "b.h5"}), ST_OK) << ctx.message();
        ASSERT_NE(std::string(library.info().layouts[0]).find("read by HDF5"), std::string::npos);
        const std::vector<float> other = library.all(ctx);
        ASSERT_EQ(found.size(), other.size());
        for (size_t i = 0; i < found.size(); i++) {
            ASSERT_TRUE(same(found[i], other[i])) << i;
        }
        for (size_t r = 0; r < racks; r++) {
            ASSERT_EQ(ours.info().offset_w[r], library.info().offset_w[r]);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Io, Forms, testing::ValuesIn(all_groups()), name_of<Group>);

/* --- files of other programs ----------------------------------------------------------------- */

class Fixtures : public testing::TestWithParam<const char *>
{
};

/* The formula of make_fixtures.py. */
double fixture_w(size_t rack, size_t sample)
{
    return (7 * rack + sample) % 41 == 0
               ? double(NAN)
               : 1000.0 * double(rack) + double((sample * 37 + rack * 101) % 997) * 0.25;
}

TEST_P(Fixtures, DecodeAsTheyWereWritten)
{
    const std::string name = GetParam();
    const double step = name == "bitshuffle_i16" || name == "big_endian_i2" ? 1.0 : 0.0;
    Context ctx;
    Trace trace;
    ASSERT_EQ(trace.open(ctx, {source("data/" + name + ".h5")}), ST_OK) << ctx.message();
    const st_trace_info &info = trace.info();
    ASSERT_EQ(info.racks, 11u);
    ASSERT_EQ(info.samples, 103);
    EXPECT_STREQ(info.rack_names[10], "r10");
    EXPECT_EQ(info.start_ns, 1700000000000000000);
    EXPECT_EQ(info.period_ns, 1000000);
    const std::vector<float> found = trace.all(ctx);
    ASSERT_EQ(found.size(), 11u * 103u);
    for (size_t r = 0; r < 11; r++) {
        for (size_t i = 0; i < 103; i++) {
            const double power_w = double(found[r * 103 + i]) + info.offset_w[r];
            if (std::isnan(fixture_w(r, i))) {
                ASSERT_TRUE(std::isnan(power_w)) << r << " " << i;
            } else {
                ASSERT_NEAR(power_w, fixture_w(r, i), step / 2 + 1e-9) << r << " " << i;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Io, Fixtures,
                         testing::Values("contiguous", "lzf", "lzf_shuffle", "deflate",
                                         "deflate_fletcher", "fletcher", "lz4", "lz4_blocks",
                                         "zstd", "bitshuffle", "bitshuffle_lz4",
                                         "bitshuffle_lz4_small", "bitshuffle_zstd",
                                         "bitshuffle_f64", "bitshuffle_i16", "time_rack_lz4",
                                         "time_rack_chunks", "big_endian", "big_endian_i2", "int64",
                                         "latest_fixed_array", "latest_single", "latest_extensible",
                                         "latest_extensible_time", "latest_both", "growing"),
                         [](const auto &one) { return std::string(one.param); });

} // namespace
