/* control.h - what a test may ask of the emulated device: another schedule, a fault, counts.
 * Only tests include it; the product does not know that it is emulated. */
#ifndef ST_TESTS_EMULATION_CONTROL_H
#define ST_TESTS_EMULATION_CONTROL_H

#include <cstdint>

namespace gpu_emulation
{

/* Restarts all randomness; 0 = everything in order. The device must be idle. */
void reseed(long seed);
long seed();

/* From now on: the n-th allocation is refused; the n-th kernel does not run and leaves the device
 * in a fault, so that every later call returns cudaErrorLaunchFailure. 0 = never. */
void fail_allocation(long n);
void fail_kernel(long n);
/* Ends a fault and forgets attributes of kernels, as a new process would. Memory and streams stay. */
void recover();
/* 0 = behave as a machine without a GPU. */
void set_devices(int devices);

struct Counts {
    uint64_t kernels, to_device_bytes, to_host_bytes, on_device_bytes;
    uint64_t allocations; /* calls so far */
    uint64_t live;        /* allocations, streams and events that nobody has freed */
};
Counts counts();

} // namespace gpu_emulation

#endif
