/* compare.h - two summaries, dataset by dataset, straight from HDF5 and past our own reader. */
#ifndef ST_TESTS_ENGINE_COMPARE_H
#define ST_TESTS_ENGINE_COMPARE_H

#include <hdf5.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace compare
{

/* Numeric datasets as float64 and text datasets as one joined string. */
struct File {
    std::map<std::string, std::vector<double>> numbers;
    std::map<std::string, std::string> texts;
};

inline std::string text_of(hid_t set, hid_t type, size_t n)
{
    std::string joined;
    std::vector<char *> values(n, nullptr);
    hid_t space = H5Dget_space(set);
    if (n > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0) {
        for (char *value : values) {
            joined += std::string(value != nullptr ? value : "") + "\n";
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, values.data());
    }
    H5Sclose(space);
    return joined;
}

inline herr_t visit(hid_t root, const char *name, const H5O_info_t *info, void *user)
{
    if (info->type != H5O_TYPE_DATASET) {
        return 0;
    }
    File *file = static_cast<File *>(user);
    hid_t set = H5Dopen2(root, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    const size_t n = static_cast<size_t>(H5Sget_simple_extent_npoints(space));
    if (H5Tget_class(type) == H5T_STRING) {
        file->texts[name] = text_of(set, type, n);
    } else {
        std::vector<double> &values = file->numbers[name];
        values.resize(n);
        if (n > 0) {
            H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        }
    }
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return 0;
}

inline File read(const std::string &path)
{
    File file;
    hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id >= 0) {
        H5Ovisit(id, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &file);
        H5Fclose(id);
    }
    return file;
}

/* What differs, a line each; "" when every dataset is the same. relative 0: bit for bit. A value
 * may be off by `relative` of the largest finite value of its dataset. */
inline std::string difference(const File &a, const File &b, double relative)
{
    std::string report;
    if (a.texts != b.texts) {
        report += "texts differ\n";
    }
    if (a.numbers.size() != b.numbers.size()) {
        report += "not the same datasets\n";
    }
    for (const auto &[name, x] : a.numbers) {
        const auto other = b.numbers.find(name);
        if (other == b.numbers.end() || other->second.size() != x.size()) {
            report += name + ": missing or of another size\n";
            continue;
        }
        const std::vector<double> &y = other->second;
        double scale = 0.0, worst = 0.0;
        size_t at = 0;
        for (double value : x) {
            scale = std::isfinite(value) ? std::fmax(scale, std::fabs(value)) : scale;
        }
        for (size_t i = 0; i < x.size(); i++) {
            const bool same = std::memcmp(&x[i], &y[i], sizeof(double)) == 0 ||
                              (std::isnan(x[i]) && std::isnan(y[i]));
            const double off = same ? 0.0 : std::fabs(x[i] - y[i]);
            if (!same && !(off <= worst)) {
                worst = std::isnan(off) ? INFINITY : off;
                at = i;
            }
        }
        if (worst > relative * scale) {
            report += name + "[" + std::to_string(at) + "]: " + std::to_string(x[at]) +
                      " against " + std::to_string(y[at]) + "\n";
        }
    }
    return report;
}

} // namespace compare

#endif
