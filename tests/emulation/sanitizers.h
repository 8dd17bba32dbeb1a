/* sanitizers.h - how AddressSanitizer and ThreadSanitizer are told of what the emulation does.
 * EMULATION_ASAN and EMULATION_TSAN say how the rest of the program is built; files that include
 * this are themselves never instrumented. */
#ifndef ST_TESTS_EMULATION_SANITIZERS_H
#define ST_TESTS_EMULATION_SANITIZERS_H

#include <cstddef>

extern "C" {
void __asan_poison_memory_region(const void *at, size_t bytes);
void __asan_unpoison_memory_region(const void *at, size_t bytes);
void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t bytes);
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom, size_t *bytes);
void *__tsan_get_current_fiber();
void *__tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *at);
void __tsan_release(void *at);
}

#if defined(EMULATION_ASAN)
#define IF_ASAN(...) __VA_ARGS__
constexpr bool with_asan = true;
#else
#define IF_ASAN(...)
constexpr bool with_asan = false;
#endif
#if defined(EMULATION_TSAN)
#define IF_TSAN(...) __VA_ARGS__
constexpr bool with_tsan = true;
#else
#define IF_TSAN(...)
constexpr bool with_tsan = false;
#endif

namespace gpu_emulation
{

struct Stack {
    char *memory; /* lowest address; a guard page lies below it */
    void *tsan;   /* ThreadSanitizer's identity of this stack */
    void *fake;   /* AddressSanitizer's shadow stack */
};

/* AddressSanitizer hears of every switch: before it (fake == nullptr: for good) and after it. */
inline void asan_leaves(void **fake, const void *bottom, size_t bytes)
{
    (void)fake, (void)bottom, (void)bytes;
    IF_ASAN(__sanitizer_start_switch_fiber(fake, bottom, bytes);)
}

inline void asan_arrived(void *fake, const void **bottom, size_t *bytes)
{
    (void)fake, (void)bottom, (void)bytes;
    IF_ASAN(__sanitizer_finish_switch_fiber(fake, bottom, bytes);)
}

} // namespace gpu_emulation

#endif
