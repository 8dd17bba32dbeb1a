/* scheduler.h - what the runtime asks of the scheduler: run one grid to its end. */
#ifndef ST_TESTS_EMULATION_SCHEDULER_H
#define ST_TESTS_EMULATION_SCHEDULER_H

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "emulation/language.h"

namespace gpu_emulation
{

struct Launch {
    std::function<void()> body; /* the kernel with its arguments */
    dim3 grid, block;
    size_t shared_bytes;
    uint64_t blocks;
    std::atomic<uint64_t> next{0};
    std::vector<uint32_t> order; /* of the blocks; empty = ascending */
    char happens_before;         /* an address by which ThreadSanitizer sees launch and end */
};

void run_grid(Launch &launch);
void forget_workers(); /* their random numbers start again */

} // namespace gpu_emulation

#endif
