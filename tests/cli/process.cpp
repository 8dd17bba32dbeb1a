// process.cpp - fork, exec, read, wait.
#include "cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace
{

struct Pipe {
    int ends[2] = {-1, -1};
    Pipe()
    {
        if (pipe2(ends, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
    }
};

// In the child: redirections, limits, then the program. Never returns.
[[noreturn]] void become(const Call &call, int out, int err)
{
    if (!call.folder.empty() && chdir(call.folder.c_str()) != 0)
        _exit(126);
    if (!call.out_to.empty() && call.out_to != "-")
        out = open(call.out_to.c_str(), O_WRONLY | O_CREAT, 0666);
    dup2(out, 1);
    dup2(err, 2);
    if (call.out_to == "-")
        close(1);
    if (call.file_bytes > 0) {
        const rlimit limit = {static_cast<rlim_t>(call.file_bytes),
                              static_cast<rlim_t>(call.file_bytes)};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    for (const std::string &variable : call.environment) {
        const size_t equal = variable.find('=');
        if (equal == std::string::npos)
            unsetenv(variable.c_str());
        else
            setenv(variable.substr(0, equal).c_str(), variable.c_str() + equal + 1, 1);
    }
    std::vector<char *> argv = {const_cast<char *>(call.program.c_str())};
    for (const std::string &word : call.words)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
}

// Reads what is there; false at the end of the stream.
bool drain(int fd, std::string &text)
{
    char bytes[8192];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n > 0)
        text.append(bytes, static_cast<size_t>(n));
    return n > 0 || (n < 0 && errno == EINTR);
}

void collect(const Call &call, pid_t child, int out, int err, Outcome &outcome)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    pollfd streams[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    std::string *texts[2] = {&outcome.out, &outcome.err};
    bool sent = call.signal == 0;
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        poll(streams, 2, 1000);
        for (int i = 0; i < 2; i++) {
            if (streams[i].fd >= 0 && (streams[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
                !drain(streams[i].fd, *texts[i]))
                streams[i].fd = -1;
        }
        if (!sent && outcome.err.find(call.signal_after) != std::string::npos) {
            kill(child, call.signal);
            sent = true;
        }
        if (std::chrono::steady_clock::now() > end) {
            kill(child, SIGKILL);
            return;
        }
    }
}

} // namespace

Outcome run(const Call &call)
{
    Outcome outcome;
    Pipe out, err;
    int terminal = -1, screen = -1;
    if (call.terminal_columns > 0) {
        winsize size = {};
        size.ws_col = static_cast<unsigned short>(call.terminal_columns);
        size.ws_row = 50;
        if (openpty(&terminal, &screen, nullptr, nullptr, &size) != 0)
            throw std::runtime_error("no terminal");
    }
    const pid_t child = fork();
    if (child < 0)
        throw std::runtime_error("no process");
    if (child == 0)
        become(call, screen >= 0 ? screen : out.ends[1], screen >= 0 ? screen : err.ends[1]);
    close(out.ends[1]);
    close(err.ends[1]);
    if (screen >= 0)
        close(screen);
    collect(call, child, terminal >= 0 ? terminal : out.ends[0], err.ends[0], outcome);
    for (int fd : {out.ends[0], err.ends[0], terminal})
        if (fd >= 0)
            close(fd);
    int status = 0;
    waitpid(child, &status, 0);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return outcome;
}

Folder::Folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "surgetank-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no folder " + name);
    path = name;
}

Folder::~Folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

std::vector<std::string> Folder::names() const
{
    std::vector<std::string> found;
    for (const auto &entry : std::filesystem::directory_iterator(path))
        found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
}

int occurs(const std::string &text, const std::string &expression)
{
    regex_t compiled;
    if (regcomp(&compiled, expression.c_str(), REG_EXTENDED) != 0)
        throw std::runtime_error("no regular expression: " + expression);
    int times = 0;
    regmatch_t match;
    for (const char *rest = text.c_str(); regexec(&compiled, rest, 1, &match, 0) == 0; times++)
        rest += match.rm_eo > 0 ? match.rm_eo : 1;
    regfree(&compiled);
    return times;
}

std::string read_text(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_text(const std::string &path, const std::string &text)
{
    std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> lines_of(const std::string &text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back(); // a terminal ends its lines with CR LF
        lines.push_back(line);
    }
    return lines;
}

size_t columns_of(const std::string &line)
{
    size_t columns = 0;
    for (size_t i = 0; i < line.size(); i++) {
        if (line[i] == '\033') {
            while (i < line.size() && !isalpha(static_cast<unsigned char>(line[i])))
                i++;
        } else {
            columns += (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
        }
    }
    return columns;
}
