/* language.h - the part of CUDA C++ that kernels use: qualifiers, built-in variables, shared
 * memory, barriers, warp collectives, atomics. Each macro hands its source line to the scheduler,
 * which names it when threads meet at different places. */
#ifndef ST_TESTS_EMULATION_LANGUAGE_H
#define ST_TESTS_EMULATION_LANGUAGE_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/* ---- qualifiers: nothing to do on a CPU -------------------------------------------------- */
#define __global__
#define __device__
#define __host__
#define __constant__    static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
/* There is no __shared__ on purpose: GPU_SHARED and GPU_DYN_SHARED declare shared memory. */

/* ---- types ------------------------------------------------------------------------------- */
struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
struct alignas(8) float2 {
    float x, y;
};
constexpr int warpSize = 32;

/* ---- what the scheduler offers (scheduler.cpp) ------------------------------------------- */
namespace gpu_emulation
{

struct Self { /* what a thread sees of its place in the grid */
    uint3 thread, block;
    dim3 block_size, grid_size;
};
extern thread_local Self self __attribute__((tls_model("initial-exec")));

enum Barrier { BARRIER_SYNC, BARRIER_COUNT, BARRIER_AND, BARRIER_OR };
enum Collective { SHUFFLE, BALLOT, ANY, ALL, SYNC };

unsigned barrier(int predicate, Barrier kind, const char *site);
/* Meets the lanes of `mask`; `source` is the lane that a shuffle reads. Values of at most 8 bytes. */
uint64_t collective(Collective kind, unsigned mask, uint64_t value, int source, const char *site);
/* This block's copy of one variable in shared memory, known by the address of its tag. */
void *shared(const void *tag, size_t bytes, size_t alignment);
void *dynamic_shared();
/* Lets other threads run: from a spin wait, and at random at every atomic. */
void pause();
void maybe_preempt();
/* Says what is wrong, where, and how to replay it; aborts. */
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

template <class T> uint64_t pack(T value)
{
    static_assert(sizeof(T) <= 8, "collectives exchange at most 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T> T unpack(uint64_t bits)
{
    T value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

enum Shuffle { FROM_LANE, FROM_BELOW, FROM_ABOVE, FROM_XOR };

template <class T>
T shuffle(Shuffle kind, unsigned mask, T value, const char *site, int by, int width = warpSize)
{
    const uint3 t = self.thread;
    const dim3 n = self.block_size;
    const int lane = static_cast<int>((t.x + n.x * (t.y + n.y * t.z)) % warpSize);
    const int first = lane & ~(width - 1), last = first + width - 1;
    int source = lane;
    switch (kind) {
    case FROM_LANE: source = first + (by & (width - 1)); break;
    case FROM_BELOW: source = lane - by < first ? lane : lane - by; break;
    case FROM_ABOVE: source = lane + by > last ? lane : lane + by; break;
    case FROM_XOR: source = (lane ^ by) > last ? lane : lane ^ by; break;
    }
    return unpack<T>(collective(SHUFFLE, mask, pack(value), source, site));
}

/* Relaxed read-modify-write; gives back what was there. */
template <class T, class F> T read_modify_write(T *at, F change)
{
    using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    maybe_preempt();
    Word *word = reinterpret_cast<Word *>(at);
    Word old = __atomic_load_n(word, __ATOMIC_RELAXED), wanted;
    do {
        wanted = static_cast<Word>(pack(change(unpack<T>(old))));
    } while (
        !__atomic_compare_exchange_n(word, &old, wanted, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return unpack<T>(old);
}

inline unsigned mask_or_all(unsigned mask = 0xffffffffu)
{
    return mask;
}

} // namespace gpu_emulation

#define GPU_EMULATION_TEXT2(x) #x
#define GPU_EMULATION_TEXT(x)  GPU_EMULATION_TEXT2(x)
#define GPU_EMULATION_SITE     __FILE__ ":" GPU_EMULATION_TEXT(__LINE__)

/* ---- built-in variables and shared memory ------------------------------------------------ */
#define threadIdx (::gpu_emulation::self.thread)
#define blockIdx  (::gpu_emulation::self.block)
#define blockDim  (::gpu_emulation::self.block_size)
#define gridDim   (::gpu_emulation::self.grid_size)

#define GPU_SHARED(T, name, dimensions)              \
    using name##_type = T dimensions;                \
    static const char name##_tag = 0;                \
    name##_type &name = *static_cast<name##_type *>( \
        ::gpu_emulation::shared(&name##_tag, sizeof(name##_type), alignof(name##_type)))
#define GPU_DYN_SHARED(T, name) T *const name = static_cast<T *>(::gpu_emulation::dynamic_shared())

/* ---- barriers and warp collectives ------------------------------------------------------- */
#define GPU_EMULATION_BARRIER(predicate, kind) \
    ::gpu_emulation::barrier(!!(predicate), ::gpu_emulation::kind, GPU_EMULATION_SITE)
#define __syncthreads()        ((void)GPU_EMULATION_BARRIER(0, BARRIER_SYNC))
#define __syncthreads_count(p) ((int)GPU_EMULATION_BARRIER(p, BARRIER_COUNT))
#define __syncthreads_and(p)   ((int)GPU_EMULATION_BARRIER(p, BARRIER_AND))
#define __syncthreads_or(p)    ((int)GPU_EMULATION_BARRIER(p, BARRIER_OR))

#define GPU_EMULATION_VOTE(kind, mask, predicate) \
    ::gpu_emulation::collective(::gpu_emulation::kind, mask, !!(predicate), 0, GPU_EMULATION_SITE)
#define __syncwarp(...) \
    ((void)GPU_EMULATION_VOTE(SYNC, ::gpu_emulation::mask_or_all(__VA_ARGS__), 0))
#define __ballot_sync(m, p) ((unsigned)GPU_EMULATION_VOTE(BALLOT, m, p))
#define __any_sync(m, p)    ((int)GPU_EMULATION_VOTE(ANY, m, p))
#define __all_sync(m, p)    ((int)GPU_EMULATION_VOTE(ALL, m, p))

#define GPU_EMULATION_SHUFFLE(kind, mask, value, ...) \
    ::gpu_emulation::shuffle(::gpu_emulation::kind, mask, value, GPU_EMULATION_SITE, __VA_ARGS__)
#define __shfl_sync(m, v, ...)      GPU_EMULATION_SHUFFLE(FROM_LANE, m, v, __VA_ARGS__)
#define __shfl_up_sync(m, v, ...)   GPU_EMULATION_SHUFFLE(FROM_BELOW, m, v, __VA_ARGS__)
#define __shfl_down_sync(m, v, ...) GPU_EMULATION_SHUFFLE(FROM_ABOVE, m, v, __VA_ARGS__)
#define __shfl_xor_sync(m, v, ...)  GPU_EMULATION_SHUFFLE(FROM_XOR, m, v, __VA_ARGS__)

/* ---- atomics, and words by which blocks signal each other --------------------------------- */
template <class T> T atomicAdd(T *at, std::common_type_t<T> value)
{
    return gpu_emulation::read_modify_write(at, [value](T old) { return old + value; });
}

template <class T> T atomicMin(T *at, std::common_type_t<T> value)
{
    return gpu_emulation::read_modify_write(at,
                                            [value](T old) { return value < old ? value : old; });
}

template <class T> T atomicMax(T *at, std::common_type_t<T> value)
{
    return gpu_emulation::read_modify_write(at,
                                            [value](T old) { return old < value ? value : old; });
}

template <class T> T atomicCAS(T *at, std::common_type_t<T> expected, std::common_type_t<T> wanted)
{
    return gpu_emulation::read_modify_write(at,
                                            [=](T old) { return old == expected ? wanted : old; });
}

template <class T> T gpu_load_acquire(const T *at)
{
    gpu_emulation::maybe_preempt();
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

template <class T> void gpu_store_release(T *at, std::common_type_t<T> value)
{
    gpu_emulation::maybe_preempt();
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

inline void gpu_spin_pause()
{
    gpu_emulation::pause();
}

/* ---- small functions ---------------------------------------------------------------------- */
template <class T> T __ldg(const T *at)
{
    return *at;
}

inline int __ffs(unsigned mask)
{
    return __builtin_ffs(static_cast<int>(mask));
}

template <class T> T min(T a, T b)
{
    return b < a ? b : a;
}

template <class T> T max(T a, T b)
{
    return a < b ? b : a;
}

#endif
