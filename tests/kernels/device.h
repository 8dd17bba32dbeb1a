/* device.h - the device that the tests of the kernels run on: a GPU where there is one, the emulated
 * device in the preset `emulate`, where every test runs under several schedules. */
#ifndef ST_TESTS_KERNELS_DEVICE_H
#define ST_TESTS_KERNELS_DEVICE_H

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "model/backend.h"

#ifdef ST_CUDA_EMULATED
#include "emulation/control.h"
#endif

/* Sanitizers make everything several times slower: less data, fewer schedules. */
#if defined(ST_SANITIZE_ADDRESS) || defined(ST_SANITIZE_THREAD)
constexpr bool small_data = true;
#else
constexpr bool small_data = false;
#endif

/* "" or why there is no device. */
inline std::string missing_device()
{
    char text[512] = "";
    return st_backend_cuda.probe(text, sizeof text) == ST_OK ? "" : text;
}

#define SKIP_WITHOUT_DEVICE()                     \
    do {                                          \
        const std::string why = missing_device(); \
        if (!why.empty()) {                       \
            GTEST_SKIP() << why;                  \
        }                                         \
    } while (0)

/* Schedules to go through, two at least; a GPU has its own. */
inline std::vector<long> schedules()
{
#ifdef ST_CUDA_EMULATED
    return small_data ? std::vector<long>{0, 1, 2} : std::vector<long>{0, 1, 2, 3, 4, 5};
#else
    return {0, 0};
#endif
}

inline void choose_schedule(long seed)
{
#ifdef ST_CUDA_EMULATED
    gpu_emulation::reseed(seed);
#else
    (void)seed;
#endif
}

#endif
