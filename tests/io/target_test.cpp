/* target_test.cpp - where a result may go, checked before a long run. */
#include "support.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

extern "C" {
#include "io/staged_file.h"
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

/* --- what a process leaves that ends on the way ---------------------------------------------- */

st_status begin(st_context *ctx, const std::string &path, st_staged **staged)
{
    st_library_scope scope;
    hid_t file = ST_NO_HANDLE;
    const st_status created = st_staged_create(ctx, path.c_str(), staged);
    if (created != ST_OK) {
        return created;
    }
    st_library_enter(&scope);
    const st_status opened = st_staged_open(ctx, *staged, &file);
    st_close_file(&file);
    st_library_leave(&scope);
    return opened;
}

TEST_F(Target, AKilledProcessLeavesNothing)
{
    st_staged *staged = nullptr;
    ASSERT_EQ(begin(ctx, folder / "a.h5", &staged), ST_OK);
    const bool nameless = folder.names().empty();
    st_staged_abandon(staged);
    EXPECT_TRUE(folder.names().empty());
    if (!nameless) {
        GTEST_SKIP() << "this file system has no files without a name";
    }
    const pid_t child = fork();
    if (child == 0) {
        const st_status status = begin(ctx, folder / "a.h5", &staged);
        _exit(status == ST_OK ? 0 : 1);
    }
    int how = -1;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    EXPECT_EQ(how, 0);
    EXPECT_TRUE(folder.names().empty());
}

TEST_F(Target, ANewFileHasTheUsersPermissionsAndTakesTheNameOfAnOldOne)
{
    std::ofstream(folder / "a.h5") << "old";
    st_staged *staged = nullptr;
    const mode_t mask = umask(0027);
    const st_status begun = begin(ctx, folder / "a.h5", &staged);
    umask(mask);
    ASSERT_EQ(begun, ST_OK) << ctx.message();
    ASSERT_EQ(st_staged_commit(ctx, staged), ST_OK) << ctx.message();
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a.h5"});
    struct stat found = {};
    ASSERT_EQ(stat((folder / "a.h5").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0640u);
    EXPECT_GT(found.st_size, 8);
}

} // namespace
