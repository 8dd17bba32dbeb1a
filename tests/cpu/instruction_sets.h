/* instruction_sets.h - the CPU backend with the loops of one instruction set or another. */
#ifndef ST_TESTS_CPU_INSTRUCTION_SETS_H
#define ST_TESTS_CPU_INSTRUCTION_SETS_H

#include <vector>

#include "cpu/exec.h"

/* The loops that this machine can run. */
inline std::vector<const cpu_loops *> usable_loops()
{
    std::vector<const cpu_loops *> all = {&st_cpu_loops_base};
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        all.push_back(&st_cpu_loops_v3);
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
        all.push_back(&st_cpu_loops_v4);
    }
#endif
    return all;
}

inline const cpu_loops *chosen_loops = nullptr;

inline st_status open_with_chosen_loops(st_context *ctx, const st_plan *plan, st_exec **exec)
{
    const st_status status = st_backend_cpu.open(ctx, plan, exec);
    if (status == ST_OK) {
        (*exec)->loops = chosen_loops;
    }
    return status;
}

/* Good until the next call. */
inline st_backend backend_with(const cpu_loops *loops)
{
    st_backend backend = st_backend_cpu;
    backend.open = open_with_chosen_loops;
    chosen_loops = loops;
    return backend;
}

#endif
