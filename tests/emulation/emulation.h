/* emulation.h - lets a C++ compiler take a CUDA source, for tests on machines without a GPU.
 * kernels/gpu_compat.h includes it in place of <cuda_runtime.h>. Every CUDA thread is a fiber;
 * README.md says what is modelled and what is not. */
#ifndef ST_TESTS_EMULATION_H
#define ST_TESTS_EMULATION_H

#include "emulation/language.h"
#include "emulation/runtime_api.h"

#endif
