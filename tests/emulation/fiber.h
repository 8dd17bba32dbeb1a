/* fiber.h - leaving a stack and entering another; included by scheduler.cpp alone.
 * The switch saves what the x86-64 ABI says a callee must keep; other machines use ucontext,
 * which makes system calls and is about ten times slower. */
#ifndef ST_TESTS_EMULATION_FIBER_H
#define ST_TESTS_EMULATION_FIBER_H

#include <cstddef>
#include <cstdint>

#if !defined(__x86_64__)
#define EMULATION_UCONTEXT 1
#include <ucontext.h>
#endif

namespace gpu_emulation
{

#if !defined(EMULATION_UCONTEXT)

/* Saves the current context in *from and goes on at `to`. */
extern "C" void gpu_emulation_switch(void **from, void *to);
asm(R"(
.text
.p2align 4
.globl gpu_emulation_switch
.type gpu_emulation_switch,@function
gpu_emulation_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp,(%rdi)
    mov %rsi,%rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
.size gpu_emulation_switch,.-gpu_emulation_switch
)");

/* A context that starts at `entry`. Stacks start at staggered offsets: equal ones would all map
 * to the same cache sets. */
inline void *new_context(char *memory, size_t bytes, void (*entry)())
{
    const uintptr_t colour = (reinterpret_cast<uintptr_t>(memory) >> 12) * 7 % 61;
    void **top = reinterpret_cast<void **>(memory + bytes - 256 - colour * 192);
    top -= reinterpret_cast<uintptr_t>(top) % 16 / sizeof(void *);
    *--top = nullptr; /* return address of entry, which never returns; keeps the ABI's alignment */
    *--top = reinterpret_cast<void *>(entry);
    for (int saved = 0; saved < 6; saved++) {
        *--top = nullptr;
    }
    return top;
}

inline void drop_context(void *)
{
}

/* Room for a context that nobody will come back to. */
inline void *lost_context()
{
    return nullptr;
}

#else

inline void gpu_emulation_switch(void **from, void *to)
{
    if (*from == nullptr) {
        *from = new ucontext_t;
    }
    swapcontext(static_cast<ucontext_t *>(*from), static_cast<ucontext_t *>(to));
}

inline void *new_context(char *memory, size_t bytes, void (*entry)())
{
    ucontext_t *context = new ucontext_t;
    getcontext(context);
    context->uc_stack.ss_sp = memory;
    context->uc_stack.ss_size = bytes;
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return context;
}

inline void drop_context(void *context)
{
    delete static_cast<ucontext_t *>(context);
}

inline void *lost_context()
{
    static thread_local ucontext_t lost;
    return &lost;
}

#endif

} // namespace gpu_emulation

#endif
