// summary_file.h - writes small summary/1 files by hand, whole or with something missing.
// Test equipment; stands apart from the library's writer so that reader and writer can not share a
// mistake. data/FORMAT.md is what both obey.
#ifndef ST_TESTS_CLI_SUMMARY_FILE_H
#define ST_TESTS_CLI_SUMMARY_FILE_H

#include <hdf5.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

class SummaryFile
{
  public:
    explicit SummaryFile(const std::string &path, const std::string &format = "summary/1")
    {
        file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        if (file < 0)
            throw std::runtime_error("no " + path);
        text_type = H5Tcopy(H5T_C_S1);
        H5Tset_size(text_type, H5T_VARIABLE);
        H5Tset_cset(text_type, H5T_CSET_UTF8);
        attribute("surgetank_format", format);
        attribute("surgetank_version", "0.1.0");
        attribute("git_commit", "0123456789ab");
        attribute("backend", "cpu");
        attribute("command_line", "surgetank analyze trace.h5 -o summary.h5");
    }
    ~SummaryFile()
    {
        H5Tclose(text_type);
        H5Fclose(file);
    }
    SummaryFile(const SummaryFile &) = delete;
    SummaryFile &operator=(const SummaryFile &) = delete;

    void attribute(const char *name, const std::string &text)
    {
        const char *value = text.c_str();
        write_attribute(name, text_type, &value);
    }
    void attribute(const char *name, int64_t value)
    {
        write_attribute(name, H5T_NATIVE_INT64, &value);
    }
    void attribute(const char *name, double value)
    {
        write_attribute(name, H5T_NATIVE_DOUBLE, &value);
    }
    void column(const std::string &path, const std::vector<double> &values)
    {
        write(path, H5T_NATIVE_DOUBLE, values.size(), values.data());
    }
    void column(const std::string &path, const std::vector<int64_t> &values)
    {
        write(path, H5T_NATIVE_INT64, values.size(), values.data());
    }
    void column(const std::string &path, const std::vector<uint8_t> &values)
    {
        write(path, H5T_NATIVE_UINT8, values.size(), values.data());
    }
    void column(const std::string &path, const std::vector<std::string> &values)
    {
        std::vector<const char *> texts;
        for (const std::string &value : values)
            texts.push_back(value.c_str());
        write(path, text_type, texts.size(), texts.data());
    }

  private:
    hid_t file = -1, text_type = -1;

    void write_attribute(const char *name, hid_t type, const void *value)
    {
        const hid_t space = H5Screate(H5S_SCALAR);
        if (H5Aexists(file, name) > 0)
            H5Adelete(file, name);
        const hid_t a = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        if (a < 0 || H5Awrite(a, type, value) < 0)
            throw std::runtime_error(std::string("no attribute ") + name);
        H5Aclose(a);
        H5Sclose(space);
    }
    void write(const std::string &path, hid_t type, size_t n, const void *values)
    {
        const hsize_t size = n;
        const hid_t space = H5Screate_simple(1, &size, nullptr);
        const hid_t with_groups = H5Pcreate(H5P_LINK_CREATE);
        H5Pset_create_intermediate_group(with_groups, 1);
        const hid_t d =
            H5Dcreate2(file, path.c_str(), type, space, with_groups, H5P_DEFAULT, H5P_DEFAULT);
        if (d < 0 || (n > 0 && H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0))
            throw std::runtime_error("no dataset " + path);
        H5Dclose(d);
        H5Pclose(with_groups);
        H5Sclose(space);
    }
};

// One row of /verdicts.
struct Row {
    std::string rule;
    int point, judged, status; // enumerations of limits.h and summary.h
    double value, limit;
    std::string unit, reason;
    int64_t window_start_ns;
};

inline const int64_t start_ns = 1767225600000000000; // 2026-01-01T00:00:00Z

inline void add_verdicts(SummaryFile &file, const std::vector<Row> &rows)
{
    std::vector<std::string> rule, unit, reason;
    std::vector<uint8_t> point, judged, status;
    std::vector<double> value, limit, margin;
    std::vector<int64_t> window;
    for (const Row &row : rows) {
        rule.push_back(row.rule);
        unit.push_back(row.unit);
        reason.push_back(row.reason);
        point.push_back(static_cast<uint8_t>(row.point));
        judged.push_back(static_cast<uint8_t>(row.judged));
        status.push_back(static_cast<uint8_t>(row.status));
        value.push_back(row.value);
        limit.push_back(row.limit);
        margin.push_back((row.limit - row.value) / row.limit);
        window.push_back(row.window_start_ns);
    }
    file.column("/verdicts/rule", rule);
    file.column("/verdicts/point", point);
    file.column("/verdicts/judged", judged);
    file.column("/verdicts/status", status);
    file.column("/verdicts/value", value);
    file.column("/verdicts/limit", limit);
    file.column("/verdicts/unit", unit);
    file.column("/verdicts/margin", margin);
    file.column("/verdicts/window_start_ns", window);
    file.column("/verdicts/reason", reason);
}

// The least that a finished run leaves: racks and levels of load and draw.
void add_levels(SummaryFile &file);
// Everything that `show` has a section for.
void add_events(SummaryFile &file);
void add_battery(SummaryFile &file);
void add_bands(SummaryFile &file);
// The text of a small site: "test-site", one stage "field" of 10 x megapack-2xl-2h.
std::string site_yaml();

#endif
