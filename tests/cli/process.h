// process.h - runs the surgetank program as a user does: words in, text and an exit code out.
// Test equipment; knows nothing of the library.
#ifndef ST_TESTS_CLI_PROCESS_H
#define ST_TESTS_CLI_PROCESS_H

#include <filesystem>
#include <string>
#include <vector>

struct Outcome {
    int code = -1;   // exit code, -1 when killed
    int signal = 0;  // that killed it
    std::string out; // standard output; of a terminal: everything
    std::string err; // standard error
};

struct Call {
    std::vector<std::string> words;       // after the program's name
    std::filesystem::path folder;         // to run in; empty = here
    std::vector<std::string> environment; // "NAME=value", added; "NAME" removes
    std::string out_to;                   // file for standard output; "-" = closed
    int terminal_columns = 0;             // > 0: output and errors go to a terminal of that width
    int signal = 0;                       // sent once standard error has shown `signal_after`
    std::string signal_after;
    long file_bytes = 0; // > 0: no file may grow beyond (RLIMIT_FSIZE)
    std::string program = ST_TEST_CLI;
};

// Runs it to the end; a run of more than two minutes is killed.
Outcome run(const Call &call);

inline Outcome run(std::vector<std::string> words, const std::filesystem::path &folder = {})
{
    Call call;
    call.words = std::move(words);
    call.folder = folder;
    return run(call);
}

// A folder of its own that goes away with the object.
class Folder
{
  public:
    Folder();
    ~Folder();
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    std::string operator/(const std::string &name) const { return (path / name).string(); }
    // Names in it, sorted.
    std::vector<std::string> names() const;
    std::filesystem::path path;
};

// How often an extended regular expression occurs in a text. (POSIX, because compilers with
// sanitizers see ghosts in std::regex.)
int occurs(const std::string &text, const std::string &expression);

std::string read_text(const std::string &path);
void write_text(const std::string &path, const std::string &text);
std::vector<std::string> lines_of(const std::string &text);
// Columns of a line of UTF-8, escape sequences not counted.
size_t columns_of(const std::string &line);

#endif
