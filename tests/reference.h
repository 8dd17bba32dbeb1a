/* reference.h - reads the oracles of data/reference (make_reference.py says what each one is).
 * For tests of any room; an array or value that is not there fails the test with its path. */
#ifndef ST_TESTS_REFERENCE_H
#define ST_TESTS_REFERENCE_H

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace st_reference_detail
{

inline std::string path(const std::string &file)
{
    return std::string(ST_TEST_SOURCE_DIR "/data/reference/") + file;
}

/* Raw little-endian numbers; all machines this project builds on are little-endian. */
template <typename Number> bool read(const std::string &file, std::vector<double> &values)
{
    std::ifstream in(path(file), std::ios::binary);
    if (!in) {
        return false;
    }
    const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
    const Number *numbers = reinterpret_cast<const Number *>(bytes.data());
    values.assign(numbers, numbers + bytes.size() / sizeof(Number));
    return true;
}

} // namespace st_reference_detail

/* An array by name, without ending: st_reference("welch_psd_1024"). */
inline std::vector<double> st_reference(const std::string &name)
{
    std::vector<double> values;
    if (!st_reference_detail::read<double>(name + ".f64", values) &&
        !st_reference_detail::read<float>(name + ".f32", values)) {
        throw std::runtime_error("no " + st_reference_detail::path(name) + ".f64 or .f32");
    }
    return values;
}

/* A number of values.txt: st_reference_value("rule.100.rolling_range_5s.value"). */
inline double st_reference_value(const std::string &name)
{
    std::ifstream in(st_reference_detail::path("values.txt"));
    std::string key;
    double value;
    while (in >> key >> value) {
        if (key == name) {
            return value;
        }
    }
    throw std::runtime_error("no " + name + " in " + st_reference_detail::path("values.txt"));
}

#endif
