/* model_support.h - what the tests of the model share: a context, the data folder, parsed texts. */
#ifndef ST_TESTS_MODEL_SUPPORT_H
#define ST_TESTS_MODEL_SUPPORT_H

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/memory.h"
#include "model/parse.h"

namespace model
{

inline std::string data_dir()
{
    return ST_TEST_SOURCE_DIR "/data";
}

inline std::string read_file(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/* `text` with the first `from` replaced; the text must contain it. */
inline std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class Context
{
  public:
    Context() : ctx(st_context_create()) {}
    ~Context() { st_context_destroy(ctx); }
    Context(const Context &) = delete;
    Context &operator=(const Context &) = delete;
    operator st_context *() const { return ctx; }
    std::string message() const { return st_context_message(ctx); }

  private:
    st_context *ctx;
};

/* The sentence that a text makes; "" when it loads. */
inline std::string site_error(const std::string &text, st_status *status = nullptr)
{
    Context ctx;
    st_site *site = nullptr;
    const st_status got =
        st_site_parse(ctx, "bad.yaml", text.data(), text.size(), data_dir().c_str(), &site);
    EXPECT_EQ(got == ST_OK, site != nullptr);
    st_site_destroy(site);
    if (status != nullptr) {
        *status = got;
    }
    return ctx.message();
}

inline std::string limits_error(const std::string &text, st_status *status = nullptr)
{
    Context ctx;
    st_limits *limits = nullptr;
    const st_status got = st_limits_parse(ctx, "bad.yaml", text.data(), text.size(), &limits);
    EXPECT_EQ(got == ST_OK, limits != nullptr);
    st_limits_destroy(limits);
    if (status != nullptr) {
        *status = got;
    }
    return ctx.message();
}

} // namespace model

#endif
