/* support.cpp - folders, traces, and trace files by plain HDF5 calls. */
#include "support.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace io
{

namespace
{
class NothingIsLeftOpen : public testing::Environment
{
  public:
    void TearDown() override { EXPECT_EQ(H5Fget_obj_count(hid_t(H5F_OBJ_ALL), H5F_OBJ_ALL), 0); }
};
const testing::Environment *const environment =
    testing::AddGlobalTestEnvironment(new NothingIsLeftOpen);
} // namespace

static void check(bool good, const char *what)
{
    if (!good) {
        throw std::runtime_error(std::string("the test could not make its file: ") + what);
    }
}

Folder::Folder()
{
    char name[] = "/tmp/surgetank-io-XXXXXX";
    check(mkdtemp(name) != nullptr, "folder");
    path = name;
}

Folder::~Folder()
{
    for (const std::string &name : names()) {
        const std::string file = path + "/" + name;
        if (unlink(file.c_str()) != 0) {
            rmdir(file.c_str());
        }
    }
    rmdir(path.c_str());
}

std::vector<std::string> Folder::names() const
{
    std::vector<std::string> found;
    DIR *folder = opendir(path.c_str());
    for (dirent *entry; folder != nullptr && (entry = readdir(folder)) != nullptr;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            found.emplace_back(entry->d_name);
        }
    }
    if (folder != nullptr) {
        closedir(folder);
    }
    std::sort(found.begin(), found.end());
    return found;
}

st_status Trace::open(st_context *ctx, const std::vector<std::string> &paths,
                      const st_trace_options *options)
{
    std::vector<const char *> names;
    for (const std::string &path : paths) {
        names.push_back(path.c_str());
    }
    return st_trace_open(ctx, names.data(), names.size(), options, &trace);
}

std::vector<float> Trace::all(st_context *ctx) const
{
    return part(ctx, 0, info().racks, 0, size_t(info().samples));
}

std::vector<float> Trace::part(st_context *ctx, size_t rack, size_t racks, int64_t first,
                               size_t samples) const
{
    /* A stride of its own, and a mark that must survive between the rows. */
    const size_t stride = samples + 3;
    std::vector<float> wide(racks * stride, -12345.0f), out;
    if (st_trace_read(trace, ctx, rack, racks, first, samples, wide.data(), stride) != ST_OK) {
        return out;
    }
    for (size_t r = 0; r < racks; r++) {
        out.insert(out.end(), wide.begin() + long(r * stride),
                   wide.begin() + long(r * stride + samples));
        for (size_t i = samples; i < stride; i++) {
            check(wide[r * stride + i] == -12345.0f, "st_trace_read wrote between the rows");
        }
    }
    return out;
}

double stored_value(const Form &form, size_t rack, int64_t sample)
{
    if ((3 * rack + size_t(sample)) % 23 == 0) {
        return form.fill;
    }
    return double((rack * 997 + size_t(sample) * 31) % 4001);
}

float expected(const Form &form, size_t rack, int64_t sample, double offset_w)
{
    const double unit = form.unit == "W" ? 1.0 : form.unit == "kW" ? 1e3 : 1e6;
    const double stored = stored_value(form, rack, sample);
    if (std::isnan(stored) || (form.has_fill && stored == form.fill)) {
        return NAN;
    }
    return float((stored * form.scale + form.add) * unit - offset_w);
}

bool same(float a, float b)
{
    return (std::isnan(a) && std::isnan(b)) || a == b;
}

void write_attribute(hid_t object, const char *name, hid_t type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    if (H5Aexists(object, name) > 0) {
        H5Adelete(object, name);
    }
    const hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(id >= 0 && H5Awrite(id, type, value) >= 0, name);
    H5Aclose(id);
    H5Sclose(space);
}

void write_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    write_attribute(object, name, type, text);
    H5Tclose(type);
}

/* A scale by its attributes alone, as the specification has it. */
static hid_t make_scale(hid_t file, const char *name, hid_t type, size_t n, const void *data)
{
    const hsize_t size = n;
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t id = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    check(id >= 0, name);
    if (data != nullptr) {
        check(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, name);
    }
    write_text(id, "CLASS", "DIMENSION_SCALE");
    write_text(id, "NAME", name);
    H5Sclose(space);
    return id;
}

static void attach(hid_t power, const std::vector<hid_t> &scales)
{
    std::vector<hobj_ref_t> references(scales.size());
    std::vector<hvl_t> lists(scales.size());
    for (size_t i = 0; i < scales.size(); i++) {
        check(H5Rcreate(&references[i], scales[i], ".", H5R_OBJECT, -1) >= 0, "reference");
        lists[i] = {1, &references[i]};
    }
    const hsize_t n = scales.size();
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ), space = H5Screate_simple(1, &n, nullptr);
    const hid_t id = H5Acreate2(power, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
    check(id >= 0 && H5Awrite(id, type, lists.data()) >= 0, "DIMENSION_LIST");
    H5Aclose(id);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t make_power(hid_t file, const Form &form, size_t racks, int64_t samples)
{
    const int time = form.time_first ? 0 : 1;
    hsize_t size[2], most[2];
    size[time] = most[time] = hsize_t(samples);
    size[1 - time] = most[1 - time] = racks;
    most[time] = form.time_growing ? H5S_UNLIMITED : most[time];
    const hid_t space = H5Screate_simple(2, size, most), list = H5Pcreate(H5P_DATASET_CREATE);
    if (!form.chunk.empty()) {
        check(H5Pset_chunk(list, 2, form.chunk.data()) >= 0, "chunks");
    }
    if (form.filters) {
        form.filters(list);
    }
    if (form.has_fill || std::isnan(form.fill)) {
        check(H5Pset_fill_value(list, H5T_NATIVE_DOUBLE, &form.fill) >= 0, "fill value");
    }
    const hid_t id =
        H5Dcreate2(file, form.dataset.c_str(), form.type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    check(id >= 0, "power");
    if (form.write_values) {
        std::vector<double> values(racks * size_t(samples));
        for (size_t r = 0; r < racks; r++) {
            for (int64_t i = 0; i < samples; i++) {
                values[time == 0 ? size_t(i) * racks + r : r * size_t(samples) + size_t(i)] =
                    stored_value(form, r, i);
            }
        }
        check(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
              "values");
    }
    H5Pclose(list);
    H5Sclose(space);
    return id;
}

static void describe(hid_t file, hid_t power, const Form &form)
{
    write_text(file, "surgetank_format", "trace/1");
    write_text(power, "units", form.unit.c_str());
    write_attribute(power, "sample_period_ns", H5T_NATIVE_INT64, &form.period_ns);
    write_attribute(power, "start_time_ns", H5T_NATIVE_INT64, &form.start_ns);
    if (form.scaled) {
        write_attribute(power, "scale_factor", H5T_NATIVE_DOUBLE, &form.scale);
        write_attribute(power, "add_offset", H5T_NATIVE_DOUBLE, &form.add);
    }
    if (form.has_fill) {
        write_attribute(power, "_FillValue", H5T_NATIVE_DOUBLE, &form.fill);
    }
}

void write_file(const std::string &path, const Form &form, size_t racks, int64_t samples)
{
    const hid_t create = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(create, form.user_block);
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, create, H5P_DEFAULT);
    check(file >= 0, "file");
    std::vector<char> names(racks * 16, 0);
    for (size_t r = 0; r < racks; r++) {
        snprintf(&names[r * 16], 16, "n%zu", form.first_rack + r);
    }
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 16);
    const hid_t power = make_power(file, form, racks, samples);
    const hid_t rack = form.names ? make_scale(file, "rack", text, racks, names.data())
                                  : make_scale(file, "rack", H5T_IEEE_F32BE, racks, nullptr);
    const hid_t time = make_scale(file, "time", H5T_IEEE_F32BE, size_t(samples), nullptr);
    attach(power,
           form.time_first ? std::vector<hid_t>{time, rack} : std::vector<hid_t>{rack, time});
    describe(file, power, form);
    if (form.after) {
        form.after(file, power);
    }
    H5Dclose(time);
    H5Dclose(rack);
    H5Dclose(power);
    H5Tclose(text);
    H5Pclose(create);
    check(H5Fclose(file) >= 0, "close");
}

std::string source(const std::string &name)
{
    return std::string(ST_TEST_SOURCE_DIR) + "/tests/io/" + name;
}

} // namespace io
