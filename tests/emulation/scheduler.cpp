/* scheduler.cpp - threads as fibers, blocks on workers, barriers and warp collectives.
 * A thread that never blocks shares its stack with the next one, so that a kernel without barriers
 * costs a function call per thread. Seed 0 runs everything in order; another seed picks threads and
 * blocks at random and preempts at atomics.
 * Compiled without -fsanitize. Under ThreadSanitizer the scheduler runs under one identity and every
 * stack under its own; a switch implies no ordering between them, only barriers, launches and
 * release/acquire do, as on a GPU. */
#include "emulation/worker.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <thread>

#include "emulation/fiber.h"
#include "emulation/settings.h"

#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

namespace gpu_emulation
{

thread_local Self self;
thread_local Worker *worker = nullptr;

static std::vector<std::unique_ptr<Worker>> workers;

static size_t stack_bytes()
{
    return static_cast<size_t>(settings().stack_kb) << 10;
}

Worker::~Worker()
{
    for (Stack *stack : stacks) {
        munmap(stack->memory - page_bytes, stack_bytes() + page_bytes);
        delete stack;
    }
    for (char *arena : arenas) {
        munmap(arena, arena_bytes);
    }
}

namespace
{

/* ---- stacks and switches ----------------------------------------------------------------- */

Stack *take_stack()
{
    if (worker->stacks.empty()) {
        void *memory = mmap(nullptr, stack_bytes() + page_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            fail("out of fiber stacks");
        }
        mprotect(memory, page_bytes, PROT_NONE);
        Stack *stack = new Stack{static_cast<char *>(memory) + page_bytes, nullptr, nullptr};
        IF_TSAN(stack->tsan = __tsan_create_fiber(0);)
        return stack;
    }
    if (with_tsan) { /* neighbours in time must not always share an identity */
        std::swap(worker->stacks[worker->pick(worker->stacks.size())], worker->stacks.back());
    }
    Stack *stack = worker->stacks.back();
    worker->stacks.pop_back();
    return stack;
}

void become(Fiber *fiber)
{
    worker->current = fiber;
    self.thread = fiber->thread;
    self.block = fiber->block->index;
}

/* The first thing after any switch. */
void arrive()
{
    const void *bottom = nullptr;
    size_t bytes = 0;
    asan_arrived(worker->current != nullptr ? worker->current->stack->fake
                                            : worker->main_stack.fake,
                 &bottom, &bytes);
    if (worker->main_stack_bytes == 0 && worker->current != nullptr) {
        worker->main_stack.memory = static_cast<char *>(const_cast<void *>(bottom));
        worker->main_stack_bytes = bytes;
    }
    if (worker->finished != nullptr) {
        worker->stacks.push_back(worker->finished);
        worker->finished = nullptr;
    }
}

void fiber_main();

/* from == nullptr: nobody comes back to the caller's stack. */
void switch_to(Fiber *from, Fiber *to)
{
    void *lost = lost_context();
    void **save = from != nullptr ? &from->context : &lost;
    if (to->state == NEW) {
        to->stack = take_stack();
        to->context = new_context(to->stack->memory, stack_bytes(), fiber_main);
    }
    become(to);
    asan_leaves(from != nullptr ? &from->stack->fake : nullptr, to->stack->memory, stack_bytes());
    gpu_emulation_switch(save, to->context);
    arrive();
}

void return_to_worker()
{
    void *lost = lost_context();
    worker->current = nullptr;
    asan_leaves(nullptr, worker->main_stack.memory, worker->main_stack_bytes);
    gpu_emulation_switch(&lost, worker->main_context);
}

/* ---- blocks ------------------------------------------------------------------------------- */

char *take_arena()
{
    char *arena;
    if (worker->arenas.empty()) {
        void *memory =
            mmap(nullptr, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            fail("out of shared memory arenas");
        }
        arena = static_cast<char *>(memory);
    } else {
        arena = worker->arenas.back();
        worker->arenas.pop_back();
    }
    IF_ASAN(__asan_poison_memory_region(arena, arena_bytes);)
    return arena;
}

} // namespace

bool admit_block()
{
    Launch *launch = worker->launch;
    const uint64_t turn = launch->next.fetch_add(1);
    if (turn >= launch->blocks) {
        return false;
    }
    const uint64_t id = launch->order.empty() ? turn : launch->order[turn];
    const dim3 grid = launch->grid, size = launch->block;
    Block *block = new Block;
    block->launch = launch;
    block->index = {static_cast<unsigned>(id % grid.x), static_cast<unsigned>(id / grid.x % grid.y),
                    static_cast<unsigned>(id / grid.x / grid.y)};
    block->arena = take_arena();
    IF_TSAN(__tsan_release(&block->start);)
    block->alive = size.x * size.y * size.z;
    block->fibers.resize(block->alive);
    for (unsigned t = 0; t < block->alive; t++) {
        Fiber &fiber = block->fibers[t];
        fiber.block = block;
        fiber.index = t;
        fiber.state = NEW;
        fiber.thread = {t % size.x, t / size.x % size.y, t / (size.x * size.y)};
        worker->runnable.push_back(&fiber);
    }
    worker->live.push_back(block);
    return true;
}

namespace
{

void check_canaries(const Block *block)
{
    for (const Variable &variable : block->variables) {
        const char *end = block->arena + variable.offset + variable.bytes;
        if (!std::all_of(end, end + gap_bytes, [](char c) { return c == canary; })) {
            fail("write past the end of a shared array of %zu bytes", variable.bytes);
        }
    }
}

void retire_block(Block *block)
{
    IF_ASAN(__asan_unpoison_memory_region(block->arena, arena_bytes);)
    if (!with_asan) { /* there the gaps are poisoned, and the write itself is caught */
        check_canaries(block);
    }
    if (with_tsan) {
        munmap(block->arena, arena_bytes); /* a fresh mapping has no past accesses */
    } else {
        worker->arenas.push_back(block->arena);
    }
    worker->live.erase(std::find(worker->live.begin(), worker->live.end(), block));
    for (Fiber &fiber : block->fibers) {
        drop_context(fiber.context);
    }
    delete block;
}

/* ---- who runs next ------------------------------------------------------------------------ */

Fiber *next_fiber()
{
    std::deque<Fiber *> &queue = worker->runnable;
    if (queue.empty() && !admit_block()) {
        return nullptr;
    }
    if (settings().random()) {
        std::swap(queue[worker->pick(queue.size())], queue.front());
    }
    Fiber *fiber = queue.front();
    queue.pop_front();
    return fiber;
}

[[noreturn]] void report_deadlock()
{
    for (const Block *block : worker->live) {
        for (const Fiber &fiber : block->fibers) {
            if (fiber.state == AT_BARRIER && fiber.index <= 40) {
                fprintf(stderr, "  block %u thread %u waits at %s (__syncthreads)\n",
                        block->index.x, fiber.index, fiber.site);
            } else if (fiber.state == AT_COLLECTIVE && fiber.index <= 40) {
                fprintf(stderr, "  block %u thread %u waits at %s (warp, mask %08x)\n",
                        block->index.x, fiber.index, fiber.site, fiber.mask);
            }
        }
    }
    fail("deadlock: nothing can run");
}

} // namespace

void make_ready(Fiber *fiber)
{
    fiber->state = READY;
    worker->runnable.push_back(fiber);
}

void wait_turn(Fiber *fiber)
{
    Fiber *next = next_fiber();
    if (next == nullptr) {
        report_deadlock();
    }
    if (next != fiber) {
        switch_to(fiber, next);
    }
}

namespace
{

/* ---- the life of a thread ----------------------------------------------------------------- */

/* A thread has returned: others may have waited for it only. */
void leave_block(Fiber *fiber)
{
    Block *block = fiber->block;
    const unsigned warp = fiber->index / 32;
    fiber->state = DONE;
    worker->spins = 0;
    block->left[warp] |= 1u << (fiber->index % 32);
    if (--block->alive == 0) {
        retire_block(block);
        return;
    }
    if (block->arrived != 0 && block->arrived == block->alive) {
        release_barrier(block);
    }
    for (unsigned rest = block->waiting[warp]; rest != 0; rest &= rest - 1) {
        try_collective(block, warp, static_cast<unsigned>(__builtin_ctz(rest)));
    }
}

void fill_blocks()
{
    while (static_cast<long>(worker->live.size()) < settings().resident_blocks() && admit_block()) {
    }
}

/* What every stack runs: one thread after another, as long as they do not block. */
void fiber_main()
{
    arrive();
    for (;;) {
        Fiber *fiber = worker->current;
        Block *block = fiber->block;
        Launch *launch = block->launch;
        fiber->state = READY;
        leave_scheduler();
        IF_TSAN(__tsan_acquire(&launch->happens_before); __tsan_acquire(&block->start);)
        worker->inside = true;
        launch->body();
        IF_TSAN(__tsan_release(&launch->happens_before);)
        enter_scheduler();
        Stack *stack = fiber->stack;
        leave_block(fiber);
        fill_blocks();
        Fiber *next = next_fiber();
        if (next != nullptr && next->state == NEW && !with_tsan) {
            next->stack = stack;
            become(next);
            continue;
        }
        worker->finished = stack;
        if (next != nullptr) {
            switch_to(nullptr, next);
        } else if (!worker->live.empty()) {
            report_deadlock();
        } else {
            return_to_worker();
        }
    }
}

void run_worker(Worker *me, Launch *launch, long id)
{
    worker = me;
    me->launch = launch;
    me->spins = 0;
    me->random = 0x9E3779B97F4A7C15ull * static_cast<uint64_t>(settings().seed * 64 + id + 1) ^
                 ((me->random >> 1) | 1);
    self.block_size = launch->block;
    self.grid_size = launch->grid;
    IF_TSAN(me->main_stack.tsan = __tsan_get_current_fiber();
            __tsan_acquire(&launch->happens_before);)
    fill_blocks();
    Fiber *first = me->live.empty() ? nullptr : next_fiber();
    if (first != nullptr) {
        me->inside = true;
        first->stack = take_stack();
        first->context = new_context(first->stack->memory, stack_bytes(), fiber_main);
        become(first);
        me->main_stack_bytes = 0;
        asan_leaves(&me->main_stack.fake, first->stack->memory, stack_bytes());
        gpu_emulation_switch(&me->main_context, first->context);
        arrive();
        me->inside = false;
        self = Self();
    }
    IF_TSAN(__tsan_release(&launch->happens_before);)
    worker = nullptr;
}

} // namespace

/* ---- what the runtime calls --------------------------------------------------------------- */

void run_grid(Launch &launch)
{
    const long wanted = settings().workers;
    while (static_cast<long>(workers.size()) < wanted) {
        workers.emplace_back(new Worker);
    }
    launch.blocks = static_cast<uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
    if (settings().random()) {
        launch.order.resize(launch.blocks);
        std::iota(launch.order.begin(), launch.order.end(), 0u);
        for (size_t i = launch.blocks; i > 1; i--) {
            std::swap(launch.order[i - 1], launch.order[workers[0]->pick(i)]);
        }
    }
    IF_TSAN(__tsan_release(&launch.happens_before);)
    std::vector<std::thread> others;
    for (long i = 1; i < wanted && static_cast<uint64_t>(i) < launch.blocks; i++) {
        others.emplace_back(run_worker, workers[static_cast<size_t>(i)].get(), &launch, i);
    }
    run_worker(workers[0].get(), &launch, 0);
    for (std::thread &other : others) {
        other.join();
    }
    IF_TSAN(__tsan_acquire(&launch.happens_before);)
}

void forget_workers()
{
    for (std::unique_ptr<Worker> &each : workers) {
        each->random = 88172645463325252ull;
    }
}

} // namespace gpu_emulation
