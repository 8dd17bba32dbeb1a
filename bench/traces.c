/* traces.c - see traces.h. Talks to HDF5 itself for what the product is compared with. */
#include "traces.h"

#include <hdf5.h>

#include "core/memory.h"

enum { BAND = 16384, NAME = 24 };

st_trace_options bench_trace_options(void)
{
    return (st_trace_options){.time_axis = 1, .period_ns = BENCH_PERIOD_NS, .unit = "W"};
}

static st_status put_bands(bench *b, st_trace_writer *writer, size_t racks, size_t samples,
                           float *band)
{
    for (size_t first = 0; first < samples; first += BAND) {
        const size_t n = samples - first < BAND ? samples - first : BAND;
#pragma omp parallel for num_threads(b->threads)
        for (size_t r = 0; r < racks; r++) {
            for (size_t i = 0; i < n; i++) {
                band[r * BAND + i] = bench_power_w(r, first + i);
            }
        }
        ST_TRY(st_trace_writer_put(writer, (int64_t)first, n, band, BAND));
    }
    return ST_OK;
}

/* Racks are called r0, r1, ... */
static void name_racks(size_t racks, char (*text)[NAME], const char **names)
{
    for (size_t r = 0; r < racks; r++) {
        snprintf(text[r], NAME, "r%zu", r);
        names[r] = text[r];
    }
}

st_status bench_trace_write(bench *b, const char *path, size_t racks, size_t samples,
                            st_codec codec)
{
    st_status status = ST_OK;
    st_trace_writer *writer = NULL;
    void *band = NULL, *text = NULL, *names = NULL;
    ST_GOTO(status, st_alloc(b->ctx, racks, NAME, "rack names", &text));
    ST_GOTO(status, st_alloc(b->ctx, racks, sizeof(char *), "rack names", &names));
    ST_GOTO(status, bench_alloc(b, racks * BAND * sizeof(float), &band));
    name_racks(racks, text, names);
    const st_trace_spec spec = {.racks = racks,
                                .samples = (int64_t)samples,
                                .period_ns = BENCH_PERIOD_NS,
                                .rack_names = names,
                                .codec = codec};
    ST_GOTO(status, st_trace_writer_create(b->ctx, path, &spec, &writer));
    ST_GOTO(status, put_bands(b, writer, racks, samples, band));
    status = st_trace_writer_finish(writer, NULL);
    writer = NULL;
done:
    st_trace_writer_abandon(writer);
    bench_free(band);
    st_free(text);
    st_free(names);
    return status;
}

/* The first step that failed speaks; every id is closed in either case. */
st_status bench_trace_contiguous(bench *b, const char *path, const bench_data *data)
{
    const hsize_t shape[2] = {data->racks, data->samples};
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(2, shape, NULL);
    const hid_t power = file < 0 ? -1
                                 : H5Dcreate2(file, "power", H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT);
    const bool written =
        power >= 0 && (data->power_w == NULL || H5Dwrite(power, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                                                         H5P_DEFAULT, data->power_w) >= 0);
    if (power >= 0) {
        H5Dclose(power);
    }
    H5Sclose(space);
    const bool closed = file >= 0 && H5Fclose(file) >= 0;
    return written && closed ? ST_OK : st_fail(b->ctx, ST_OUTPUT, "%s: not written", path);
}

static bool read_band(hid_t power, hid_t space, size_t racks, size_t first, size_t n, float *buffer)
{
    const hsize_t from[2] = {0, first}, count[2] = {racks, n};
    const hid_t memory = H5Screate_simple(2, count, NULL);
    const bool done = H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL) >= 0 &&
                      H5Dread(power, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, buffer) >= 0;
    H5Sclose(memory);
    return done;
}

st_status bench_trace_h5dread(bench *b, const char *path, size_t racks, size_t samples,
                              float *buffer)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t power = file < 0 ? -1 : H5Dopen2(file, "/power", H5P_DEFAULT);
    bool done = power >= 0;
    if (power >= 0) {
        const hid_t space = H5Dget_space(power);
        for (size_t first = 0; done && first < samples; first += BAND) {
            done = read_band(power, space, racks, first,
                             samples - first < BAND ? samples - first : BAND, buffer);
        }
        H5Sclose(space);
        H5Dclose(power);
    }
    if (file >= 0) {
        H5Fclose(file);
    }
    return done ? ST_OK : st_fail(b->ctx, ST_FORMAT, "%s: HDF5 did not read /power", path);
}
