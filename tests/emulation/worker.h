/* worker.h - the state of the scheduler: threads, blocks and the OS threads that run them.
 * Shared by scheduler.cpp (who runs when) and collectives.cpp (who waits for whom). */
#ifndef ST_TESTS_EMULATION_WORKER_H
#define ST_TESTS_EMULATION_WORKER_H

#include <deque>
#include <vector>

#include "emulation/sanitizers.h"
#include "emulation/scheduler.h"

namespace gpu_emulation
{

constexpr size_t arena_bytes = 256 << 10;   /* shared memory of a block, gaps included */
constexpr size_t shared_max_bytes = 232448; /* most that any GPU lets a block have */
constexpr size_t gap_bytes = 64;            /* between shared arrays */
constexpr size_t page_bytes = 4096;
constexpr char unset = static_cast<char>(0xFF); /* shared memory before it is written: NaN, -1 */
constexpr char canary = static_cast<char>(0xA5);

enum State : uint8_t { NEW, READY, AT_BARRIER, AT_COLLECTIVE, DONE };

struct Block;

struct Fiber {
    uint3 thread;
    void *context;
    Stack *stack;
    Block *block;
    unsigned index;
    State state;
    Collective collective;
    unsigned mask;
    int source;
    uint64_t value, result;
    const char *site;
};

struct Variable { /* in shared memory */
    const void *tag;
    size_t offset, bytes;
};

struct Block {
    Launch *launch;
    uint3 index;
    std::vector<Fiber> fibers;
    unsigned alive = 0;
    /* the barrier */
    unsigned arrived = 0, generation = 0, count = 0, result[2] = {0, 0};
    Barrier kind = BARRIER_SYNC;
    const char *site = nullptr;
    /* lanes that wait in a collective, and lanes that have left, of each warp */
    unsigned waiting[32] = {}, left[32] = {};
    std::vector<Variable> variables;
    char *arena = nullptr;
    size_t arena_used = 0;
    /* addresses by which ThreadSanitizer sees who has waited for whom */
    char barrier_order[2], warp_order[32], start;
};

struct Worker { /* an OS thread and the blocks on it */
    Launch *launch = nullptr;
    std::deque<Fiber *> runnable;
    std::vector<Block *> live;
    Fiber *current = nullptr;
    void *main_context = nullptr;
    Stack main_stack{};
    size_t main_stack_bytes = 0;
    std::vector<Stack *> stacks; /* free ones */
    Stack *finished = nullptr;   /* left for good, still under our feet */
    std::vector<char *> arenas;  /* free ones */
    uint64_t random = 88172645463325252ull;
    long spins = 0;
    bool inside = false; /* a kernel runs */

    unsigned pick(size_t n)
    {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        return static_cast<unsigned>((random >> 20) % n);
    }
    ~Worker();
};

extern thread_local Worker *worker;

/* Kernel code runs under the identity of its stack, the scheduler under the worker's. */
inline void enter_scheduler()
{
    IF_TSAN(__tsan_switch_to_fiber(worker->main_stack.tsan, 1);)
}

inline void leave_scheduler()
{
    IF_TSAN(__tsan_switch_to_fiber(worker->current->stack->tsan, 1);)
}

/* scheduler.cpp */
bool admit_block(); /* starts the next block of the grid on this worker; false: there is none */
void make_ready(Fiber *fiber);
void wait_turn(Fiber *fiber); /* gives way; comes back when it is ready and its turn has come */

/* collectives.cpp */
void release_barrier(Block *block);
void try_collective(Block *block, unsigned warp, unsigned lane); /* if all lanes have arrived */

} // namespace gpu_emulation

#endif
