/* target_test.cpp - where a result may go, checked before a long run. */
#include "support.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

extern "C" {
#include "io/write.h"
}

namespace
{
using namespace io;

class Target : public testing::Test
{
  protected:
    st_status check(const std::string &path, const std::vector<std::string> &inputs = {})
    {
        std::vector<const char *> names;
        for (const std::string &input : inputs) {
            names.push_back(input.c_str());
        }
        st_context_clear(ctx);
        return st_summary_check_target(ctx, path.c_str(), names.data(), names.size());
    }
    Folder folder;
    Context ctx;
};

TEST_F(Target, NewAndExistingFilesAreFine)
{
    std::ofstream(folder / "old.h5") << "x";
    EXPECT_EQ(check(folder / "new.h5"), ST_OK);
    EXPECT_EQ(check(folder / "old.h5"), ST_OK);
    EXPECT_EQ(check("in_the_working_folder.h5"), ST_OK);
    EXPECT_EQ(folder.names(), std::vector<std::string>{"old.h5"});
}

TEST_F(Target, FoldersDevicesAndNoFolderAreNot)
{
    EXPECT_EQ(check(folder.path), ST_OUTPUT);
    EXPECT_NE(ctx.message().find("folder"), std::string::npos);
    EXPECT_EQ(check("/dev/full"), ST_OUTPUT);
    EXPECT_EQ(check("/dev/null"), ST_OUTPUT);
    EXPECT_EQ(check(folder / "none/a.h5"), ST_OUTPUT);
    EXPECT_EQ(check(""), ST_OUTPUT);
    std::ofstream(folder / "file") << "x";
    EXPECT_EQ(check(folder / "file/a.h5"), ST_OUTPUT);
}

TEST_F(Target, FoldersThatCannotBeWrittenAreNot)
{
    if (geteuid() == 0) {
        GTEST_SKIP() << "root may write anywhere";
    }
    chmod(folder.path.c_str(), 0500);
    EXPECT_EQ(check(folder / "a.h5"), ST_OUTPUT);
    chmod(folder.path.c_str(), 0700);
}

TEST_F(Target, InputsAreNotByAnyName)
{
    std::ofstream(folder / "in.h5") << "x";
    ASSERT_EQ(symlink((folder / "in.h5").c_str(), (folder / "link.h5").c_str()), 0);
    ASSERT_EQ(link((folder / "in.h5").c_str(), (folder / "hard.h5").c_str()), 0);
    EXPECT_EQ(check(folder / "in.h5", {folder / "other.h5", folder / "in.h5"}), ST_ARGUMENT);
    EXPECT_NE(ctx.message().find("is the input"), std::string::npos);
    EXPECT_EQ(check(folder / "link.h5", {folder / "in.h5"}), ST_ARGUMENT);
    EXPECT_EQ(check(folder / "hard.h5", {folder / "in.h5"}), ST_ARGUMENT);
    EXPECT_EQ(check(folder / "new.h5", {folder / "in.h5"}), ST_OK);
}

} // namespace
