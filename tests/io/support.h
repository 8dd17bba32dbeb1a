/* support.h - what the tests of this room share: a folder that vanishes, a context that ends with
 * its scope, and trace files made through HDF5 itself, so that the reader is judged by another hand. */
#ifndef TESTS_IO_SUPPORT_H
#define TESTS_IO_SUPPORT_H

#include <hdf5.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "surgetank/summary.h"
#include "surgetank/trace.h"

namespace io
{

/* A folder of its own for each test, removed with all that is in it. */
class Folder
{
  public:
    Folder();
    ~Folder();
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    std::string operator/(const std::string &name) const { return path + "/" + name; }
    /* Names in the folder, sorted. */
    std::vector<std::string> names() const;
    std::string path;
};

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

/* A trace that closes itself. */
class Trace
{
  public:
    Trace() = default;
    ~Trace() { st_trace_close(trace); }
    Trace(const Trace &) = delete;
    Trace &operator=(const Trace &) = delete;
    st_status open(st_context *ctx, const std::vector<std::string> &paths,
                   const st_trace_options *options = nullptr);
    const st_trace_info &info() const { return *st_trace_describe(trace); }
    const st_trace *get() const { return trace; }
    /* All of it, [racks * samples]; empty on failure. */
    std::vector<float> all(st_context *ctx) const;
    std::vector<float> part(st_context *ctx, size_t rack, size_t racks, int64_t first,
                            size_t samples) const;

  private:
    st_trace *trace = nullptr;
};

/* How a trace file is stored. */
struct Form {
    hid_t type = H5T_NATIVE_FLOAT;
    bool time_first = false;
    bool time_growing = false;          // unlimited along time
    std::vector<hsize_t> chunk;         // in the order of the file; empty = contiguous
    std::function<void(hid_t)> filters; // sets them in a creation list
    std::string unit = "W";
    double scale = 1.0, add = 0.0;
    bool scaled = false;
    double fill = NAN; // stored value that means missing; with has_fill also as _FillValue
    bool has_fill = false;
    int64_t period_ns = 1000000, start_ns = 1700000000000000000;
    size_t first_rack = 0; // rack r is called "n<first_rack + r>"
    bool names = true;
    hsize_t user_block = 0; // > 0: makes our reader leave everything to HDF5
    bool write_values = true;
    std::string dataset = "power";
    std::function<void(hid_t, hid_t)> after; // (file, power): to do damage
};

/* Stored values of the tests: value(rack, sample), a whole number that every type holds; every */
/* 23rd is missing (NaN, or form.fill where the type has no NaN). */
double stored_value(const Form &form, size_t rack, int64_t sample);
/* What st_trace_read has to give for it. */
float expected(const Form &form, size_t rack, int64_t sample, double offset_w);

void write_file(const std::string &path, const Form &form, size_t racks, int64_t samples);

void write_attribute(hid_t object, const char *name, hid_t type, const void *value);
void write_text(hid_t object, const char *name, const char *text);

bool same(float a, float b);

std::string source(const std::string &name); // of tests/io

} // namespace io
#endif
