/* summary_test.cpp - a result with every column goes out and comes back; the file appears whole or
 * not at all; a damaged one is refused; and the schema says the same as data/FORMAT.md. */
#include "support.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

extern "C" {
#include "io/schema.h"
#include "io/write.h"
}

namespace
{
using namespace io;

/* A result whose every column is filled, by the schema's own offsets. */
class Result
{
  public:
    Result()
    {
        const size_t sizes[ST_AXES] = {0, 3, 5, 4, 2, 3, 2, 4, 6, 2, 4, 8, 1, 100, 2, 5, 2, 1};
        std::copy(sizes, sizes + ST_AXES, result.size);
        EXPECT_EQ(st_scratch_open(ctx, testing::TempDir().c_str(), &scratch), ST_OK);
        size_t n;
        const st_schema_row *rows = st_schema(&n);
        for (size_t i = 0; i < n; i++) {
            if (rows[i].words == nullptr) {
                fill(rows[i], i);
            }
        }
        static const char *const files[] = {"one.h5", "two.h5"};
        st_provenance &about = result.about;
        about.version = "1.2.3";
        about.settings = "welch:\n  frame: 1024\n";
        about.site = about.limits = about.git_commit = about.backend = about.command_line = "";
        about.replicate = "measured";
        about.input_files = files;
        about.n_input_files = 2;
        about.input_bytes = 12345;
        about.samples = 99;
        about.coverage = 0.75;
        about.nominal_w = NAN;
        about.complete = 1;
    }
    ~Result() { st_scratch_close(scratch); }
    Result(const Result &) = delete;
    Result &operator=(const Result &) = delete;
    /* Values of a column, wherever they are. */
    const void *values(const st_schema_row &row) const
    {
        return row.words != nullptr ? row.words
                                    : static_cast<const void *>(storage.at(row.offset).data());
    }
    static size_t count(const st_result &result, const st_schema_row &row)
    {
        size_t n = 1;
        for (st_axis axis : row.axes) {
            n *= axis == ST_AXIS_NONE ? 1 : result.size[axis];
        }
        return n;
    }
    st_result result = {};

  private:
    void fill(const st_schema_row &row, size_t number)
    {
        std::vector<char> &bytes = storage[row.offset];
        const size_t n = count(result, row);
        bytes.assign(8 * std::max<size_t>(n, 1), 0);
        for (size_t i = 0; i < n; i++) {
            const double real = double(number) + 0.5 * double(i);
            const float single = float(real);
            const int64_t whole = int64_t(number * 1000 + i);
            const char small = char(i % 3);
            static const char *const texts[] = {"rack ä", "", "third"};
            switch (row.type) {
            case ST_COLUMN_F64: memcpy(&bytes[8 * i], &real, 8); break;
            case ST_COLUMN_F32: memcpy(&bytes[4 * i], &single, 4); break;
            case ST_COLUMN_TIME:
            case ST_COLUMN_I64: memcpy(&bytes[8 * i], &whole, 8); break;
            case ST_COLUMN_TEXT: memcpy(&bytes[8 * i], &texts[i % 3], 8); break;
            default: bytes[i] = small;
            }
        }
        const void *data = bytes.data();
        char *const column = reinterpret_cast<char *>(&result) + row.offset;
        if (!row.kept) {
            memcpy(column, &data, sizeof data);
            return;
        }
        st_kept kept = {scratch, 0};
        EXPECT_EQ(st_scratch_reserve(ctx, scratch, bytes.size(), &kept.offset), ST_OK);
        EXPECT_EQ(st_scratch_write(ctx, scratch, kept.offset, data, bytes.size()), ST_OK);
        memcpy(column, &kept, sizeof kept);
    }
    Context ctx;
    st_scratch *scratch = nullptr;
    std::map<size_t, std::vector<char>> storage;
};

std::string content(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

std::string path_of(const st_schema_row &row)
{
    return std::string(row.group) + "/" + row.name;
}

class Summary : public testing::Test
{
  protected:
    ~Summary() override { st_summary_close(summary); }
    st_status write(st_context *to, const char *name, const st_saved_series *saved = nullptr)
    {
        st_staged *staged = nullptr;
        const st_status status =
            st_summary_write(to, (folder / name).c_str(), &made.result, saved, &staged);
        EXPECT_EQ(staged == nullptr, status != ST_OK);
        return status == ST_OK ? st_summary_commit(to, staged) : status;
    }
    void write_and_open(const st_saved_series *saved = nullptr)
    {
        ASSERT_EQ(write(ctx, "s.h5", saved), ST_OK) << ctx.message();
        ASSERT_EQ(folder.names(), std::vector<std::string>{"s.h5"});
        ASSERT_EQ(st_summary_open(ctx, (folder / "s.h5").c_str(), &summary), ST_OK)
            << ctx.message();
    }
    Folder folder;
    Context ctx;
    Result made;
    st_summary *summary = nullptr;
};

TEST_F(Summary, EveryColumnComesBack)
{
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    write_and_open();
    for (size_t i = 0; i < n; i++) {
        const std::string path = path_of(rows[i]);
        ASSERT_TRUE(st_summary_has(summary, path.c_str())) << path;
        size_t found = 0;
        if (rows[i].type == ST_COLUMN_TEXT) {
            const char *const *texts;
            ASSERT_EQ(st_summary_strings(summary, path.c_str(), &texts, &found), ST_OK)
                << ctx.message();
            const char *const *wanted = static_cast<const char *const *>(made.values(rows[i]));
            ASSERT_EQ(found, Result::count(made.result, rows[i])) << path;
            for (size_t k = 0; k < found; k++) {
                EXPECT_STREQ(texts[k], wanted[k]) << path;
            }
            continue;
        }
        const double *reals;
        ASSERT_EQ(st_summary_reals(summary, path.c_str(), &reals, &found), ST_OK) << ctx.message();
        ASSERT_EQ(found, Result::count(made.result, rows[i])) << path;
        const void *wanted = made.values(rows[i]);
        for (size_t k = 0; k < found; k++) {
            double value = 0;
            switch (rows[i].type) {
            case ST_COLUMN_F64: value = static_cast<const double *>(wanted)[k]; break;
            case ST_COLUMN_F32: value = double(static_cast<const float *>(wanted)[k]); break;
            case ST_COLUMN_TIME:
            case ST_COLUMN_I64: value = double(static_cast<const int64_t *>(wanted)[k]); break;
            default: value = static_cast<const signed char *>(wanted)[k];
            }
            ASSERT_EQ(reals[k], value) << path << " " << k;
        }
    }
    const int64_t *integers;
    size_t found;
    ASSERT_EQ(st_summary_integers(summary, "events/start_ns", &integers, &found), ST_OK);
    EXPECT_EQ(found, 4u);
    EXPECT_EQ(integers[1] - integers[0], 1);
}

TEST_F(Summary, AttributesComeBack)
{
    const char *text;
    double number;
    write_and_open();
    ASSERT_EQ(st_summary_text(summary, "settings", &text), ST_OK);
    EXPECT_STREQ(text, "welch:\n  frame: 1024\n");
    ASSERT_EQ(st_summary_number(summary, "coverage", &number), ST_OK);
    EXPECT_EQ(number, 0.75);
    ASSERT_EQ(st_summary_number(summary, "complete", &number), ST_OK);
    EXPECT_EQ(number, 1.0);
    EXPECT_TRUE(st_summary_has(summary, "limits"));
    EXPECT_FALSE(st_summary_has(summary, "nothing"));
    EXPECT_FALSE(st_summary_has(summary, "nothing/at_all"));
    const double *reals;
    size_t n;
    EXPECT_EQ(st_summary_text(summary, "samples", &text), ST_FORMAT);
    EXPECT_EQ(st_summary_number(summary, "settings", &number), ST_FORMAT);
    EXPECT_EQ(st_summary_reals(summary, "racks/name", &reals, &n), ST_FORMAT);
    EXPECT_EQ(st_summary_reals(summary, "racks/nothing", &reals, &n), ST_FORMAT);
    EXPECT_EQ(st_summary_reals(summary, "racks", &reals, &n), ST_FORMAT);
}

TEST_F(Summary, WhatWasNotComputedIsNotWritten)
{
    made.result.racks.psd = nullptr;
    made.result.draw = {};
    made.result.sizing = {};
    made.result.size[ST_AXIS_EVENT] = 0;
    write_and_open();
    EXPECT_FALSE(st_summary_has(summary, "racks/psd"));
    EXPECT_FALSE(st_summary_has(summary, "racks/frequency_hz"));
    EXPECT_TRUE(st_summary_has(summary, "racks/mean_w"));
    EXPECT_FALSE(st_summary_has(summary, "draw"));
    EXPECT_FALSE(st_summary_has(summary, "sizing"));
    const double *scores;
    size_t n = 7;
    ASSERT_EQ(st_summary_reals(summary, "events/score", &scores, &n), ST_OK);
    EXPECT_EQ(n, 0u);
}

TEST_F(Summary, LongSeriesGoStraightToTheFile)
{
    st_scratch *scratch;
    st_series series;
    std::vector<double> values(300001);
    for (size_t i = 0; i < values.size(); i++) {
        values[i] = i % 1000 == 3 ? NAN : double(i) / 3;
    }
    ASSERT_EQ(st_scratch_open(ctx, "/tmp", &scratch), ST_OK);
    ASSERT_EQ(st_series_reserve(ctx, scratch, int64_t(values.size()), &series), ST_OK);
    ASSERT_EQ(st_series_write(ctx, &series, 0, values.size(), values.data()), ST_OK);
    const st_saved_series saved = {nullptr, &series};
    write_and_open(&saved);
    st_scratch_close(scratch);
    const double *found;
    size_t n;
    EXPECT_FALSE(st_summary_has(summary, "load/power_w"));
    ASSERT_EQ(st_summary_reals(summary, "draw/power_w", &found, &n), ST_OK) << ctx.message();
    ASSERT_EQ(n, values.size());
    for (size_t i = 0; i < n; i++) {
        ASSERT_TRUE(found[i] == values[i] || (std::isnan(found[i]) && std::isnan(values[i]))) << i;
    }
}

TEST_F(Summary, NothingHasANameBeforeTheCommit)
{
    st_staged *staged = nullptr;
    ASSERT_EQ(st_summary_write(ctx, (folder / "s.h5").c_str(), &made.result, nullptr, &staged),
              ST_OK);
    EXPECT_NE(access((folder / "s.h5").c_str(), F_OK), 0);
    ASSERT_EQ(st_summary_commit(ctx, staged), ST_OK);
    EXPECT_EQ(folder.names(), std::vector<std::string>{"s.h5"});
}

TEST_F(Summary, SameResultSameBytes)
{
    write_and_open();
    ASSERT_EQ(write(ctx, "t.h5"), ST_OK);
    EXPECT_TRUE(content(folder / "s.h5") == content(folder / "t.h5"));
}

TEST_F(Summary, AFullDiskLeavesTheOldFile)
{
    write_and_open();
    const std::string before = content(folder / "s.h5");
    for (rlim_t most : {0, 100, 4096, 60000, 80000}) {
        if (most >= before.size()) {
            continue;
        }
        const pid_t child = fork();
        if (child == 0) {
            const rlimit limit = {most, most};
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &limit);
            Context own;
            made.result.about.samples = 100;
            const st_status status = write(own, "s.h5");
            _exit(own.message().find("s.h5") == std::string::npos ? 99 : int(status));
        }
        int status;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), int(ST_OUTPUT)) << most;
        EXPECT_TRUE(content(folder / "s.h5") == before);
        EXPECT_EQ(folder.names(), std::vector<std::string>{"s.h5"});
    }
}

TEST_F(Summary, OtherFilesAreRefused)
{
    write_file(folder / "t.h5", Form(), 2, 10);
    st_summary *other = nullptr;
    EXPECT_EQ(st_summary_open(ctx, (folder / "t.h5").c_str(), &other), ST_FORMAT);
    EXPECT_NE(ctx.message().find("\"trace/1\"; allowed: \"summary/1\""), std::string::npos)
        << ctx.message();
    EXPECT_EQ(st_summary_open(ctx, (folder / "none.h5").c_str(), &other), ST_MISSING);
    EXPECT_EQ(st_summary_open(ctx, folder.path.c_str(), &other), ST_FORMAT);
    EXPECT_EQ(other, nullptr);
    Context own;
    Trace trace;
    ASSERT_EQ(write(own, "s.h5"), ST_OK);
    EXPECT_EQ(trace.open(own, {folder / "s.h5"}), ST_FORMAT);
}

TEST_F(Summary, DamageIsRefusedOrReadButNeverACrash)
{
    write_and_open();
    const std::string sound = content(folder / "s.h5");
    std::mt19937 random(13);
    size_t refused = 0;
    for (int turn = 0; turn < 60; turn++) {
        std::string bytes = sound;
        for (int hit = 0; hit < 1 + turn % 12; hit++) {
            bytes[random() % bytes.size()] = char(random() % 3 == 0 ? 0xff : random());
        }
        if (turn % 10 == 0) {
            bytes.resize(random() % bytes.size());
        }
        std::ofstream(folder / "d.h5", std::ios::binary) << bytes;
        Context own;
        st_summary *damaged = nullptr;
        const st_status status = st_summary_open(own, (folder / "d.h5").c_str(), &damaged);
        ASSERT_TRUE(status == ST_OK || status == ST_FORMAT || status == ST_MEMORY) << own.message();
        refused += status == ST_OK ? 0 : 1;
        if (status == ST_OK) {
            const char *const *texts;
            size_t n;
            st_summary_strings(damaged, "verdicts/rule", &texts, &n);
        }
        st_summary_close(damaged);
    }
    EXPECT_GT(refused, 0u);
}

/* --- the schema ------------------------------------------------------------------------------ */

TEST(Schema, RowsAreComplete)
{
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    std::set<std::string> paths, groups;
    std::string last;
    for (size_t i = 0; i < n; i++) {
        EXPECT_TRUE(paths.insert(path_of(rows[i])).second) << path_of(rows[i]) << " twice";
        EXPECT_NE(rows[i].axes[0], ST_AXIS_NONE) << path_of(rows[i]);
        EXPECT_GT(strlen(rows[i].unit), 0u) << path_of(rows[i]);
        EXPECT_GT(strlen(rows[i].long_name), 0u) << path_of(rows[i]);
        if (rows[i].group != last) {
            EXPECT_TRUE(groups.insert(rows[i].group).second)
                << rows[i].group << " is in two places";
            last = rows[i].group;
        }
    }
}

/* Every pointer of st_result between the sizes and its end is a column of some row, or the place
 * where one is kept. */
TEST(Schema, EveryColumnOfAResultIsWritten)
{
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    std::set<size_t> offsets;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].words == nullptr) {
            offsets.insert(rows[i].offset);
        }
        if (rows[i].kept) {
            offsets.insert(rows[i].offset + offsetof(st_kept, offset));
        }
    }
    for (size_t at = offsetof(st_result, racks); at < sizeof(st_result); at += sizeof(void *)) {
        EXPECT_TRUE(offsets.count(at) == 1) << "the pointer at byte " << at << " of st_result";
    }
}

/* FORMAT.md has a line for every row: path, type, axes and unit. */
TEST(Schema, IsDescribedInFormatMd)
{
    static const char *const types[] = {"float64", "float32", "int64", "int8",
                                        "uint8",   "string",  "int64"};
    const std::string text = content(std::string(ST_TEST_SOURCE_DIR) + "/data/FORMAT.md");
    ASSERT_FALSE(text.empty());
    size_t n;
    const st_schema_row *rows = st_schema(&n);
    std::string missing;
    for (size_t i = 0; i < n; i++) {
        std::string group = rows[i].group, axes;
        const bool draw = group.rfind("draw", 0) == 0;
        for (st_axis axis : rows[i].axes) {
            axes += axis == ST_AXIS_NONE
                        ? ""
                        : std::string(axes.empty() ? "" : ", ") + st_axis_name(axis);
        }
        /* The draw has the columns of the load. */
        const std::string line = "| `/" + (draw ? "load" + group.substr(4) : group) + "/" +
                                 rows[i].name + "` | " + types[rows[i].type] + " | " + axes +
                                 " | " + rows[i].unit + " | " + rows[i].long_name;
        if (text.find(draw ? line.substr(0, line.rfind(" | ")) : line) == std::string::npos) {
            missing += line + " |\n";
        }
    }
    EXPECT_EQ(missing, "") << "these lines are not in data/FORMAT.md";
}

} // namespace
