/* settings.h - the environment variables of the emulation, in one table. Test equipment may read
 * the environment; the library may not. */
#ifndef ST_TESTS_EMULATION_SETTINGS_H
#define ST_TESTS_EMULATION_SETTINGS_H

namespace gpu_emulation
{

struct Settings {
    long seed;       /* ST_EMULATION_SEED: 0 in order; other: random thread, block, stream order */
    long workers;    /* _WORKERS: OS threads that run blocks at the same time */
    long resident;   /* _RESIDENT: blocks interleaved on a worker; 0 = 1, or 3 with a seed */
    long preempt;    /* _PREEMPT: one in so many atomics gives way to another thread */
    long devices;    /* _DEVICES: 0 = a machine without a GPU */
    long memory_mb;  /* _MEMORY_MB: of the device */
    long spin_limit; /* _SPIN_LIMIT: spin waits without progress before it is a livelock */
    long stack_kb;   /* _STACK_KB: of a fiber */

    bool random() const { return seed != 0; }
    long resident_blocks() const { return resident > 0 ? resident : random() ? 3 : 1; }
};

/* Read once, at the first call. */
Settings &settings();

} // namespace gpu_emulation

#endif
