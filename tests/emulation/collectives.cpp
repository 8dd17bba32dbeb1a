/* collectives.cpp - where the threads of a block meet: barriers, warp collectives, shared memory.
 * Threads must meet at the same source line with the same mask; what would hang or be undefined on
 * a GPU stops the program here with the line.
 * Compiled without -fsanitize. */
#include "emulation/worker.h"

#include <sched.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "emulation/settings.h"

#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

namespace gpu_emulation
{

void release_barrier(Block *block)
{
    if (block->alive < block->fibers.size()) {
        fail("%zu threads of the block returned before the barrier at %s",
             block->fibers.size() - block->alive, block->site);
    }
    unsigned result = 0;
    switch (block->kind) {
    case BARRIER_SYNC: break;
    case BARRIER_COUNT: result = block->count; break;
    case BARRIER_AND: result = block->count == block->arrived; break;
    case BARRIER_OR: result = block->count != 0; break;
    }
    block->result[block->generation & 1] = result;
    block->generation++;
    block->arrived = block->count = 0;
    worker->spins = 0;
    for (Fiber &fiber : block->fibers) {
        if (fiber.state == AT_BARRIER) {
            make_ready(&fiber);
        }
    }
}

static unsigned lanes_of_warp(const Block *block, unsigned warp)
{
    const unsigned lanes = std::min<unsigned>(32, block->fibers.size() - warp * 32);
    return lanes == 32 ? ~0u : (1u << lanes) - 1;
}

static uint64_t outcome(const Fiber *warp, unsigned lane, unsigned wanted, uint64_t ballot)
{
    const Fiber &fiber = warp[lane];
    switch (fiber.collective) {
    case SHUFFLE:
        if ((wanted >> fiber.source & 1) == 0) {
            fail("shuffle at %s: lane %u reads lane %d, which does not take part (mask %08x)",
                 fiber.site, lane, fiber.source, fiber.mask);
        }
        return warp[fiber.source].value;
    case BALLOT: return ballot;
    case ANY: return ballot != 0;
    case ALL: return ballot == wanted;
    case SYNC: break;
    }
    return 0;
}

void try_collective(Block *block, unsigned warp, unsigned lane)
{
    Fiber *fibers = &block->fibers[warp * 32];
    const Fiber &first = fibers[lane];
    const unsigned wanted = first.mask & lanes_of_warp(block, warp) & ~block->left[warp];
    if ((block->waiting[warp] >> lane & 1) == 0 || (block->waiting[warp] & wanted) != wanted) {
        return;
    }
    uint64_t ballot = 0;
    for (unsigned rest = wanted; rest != 0; rest &= rest - 1) {
        const unsigned l = static_cast<unsigned>(__builtin_ctz(rest));
        const Fiber &other = fibers[l];
        if (other.mask != first.mask || other.collective != first.collective) {
            fail("warp collectives do not match: lane %u at %s mask %08x, lane %u at %s mask %08x",
                 lane, first.site, first.mask, l, other.site, other.mask);
        }
        ballot |= static_cast<uint64_t>(other.value != 0) << l;
    }
    for (unsigned rest = wanted; rest != 0; rest &= rest - 1) {
        const unsigned l = static_cast<unsigned>(__builtin_ctz(rest));
        fibers[l].result = outcome(fibers, l, wanted, ballot);
        make_ready(&fibers[l]);
    }
    block->waiting[warp] &= ~wanted;
    worker->spins = 0;
}

/* ---- what kernels call -------------------------------------------------------------------- */

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "emulation: ");
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (self.block_size.x != 0) {
        const uint3 b = self.block, t = self.thread;
        fprintf(stderr, "\n  block (%u,%u,%u) thread (%u,%u,%u)", b.x, b.y, b.z, t.x, t.y, t.z);
    }
    fprintf(stderr, "  [replay: ST_EMULATION_SEED=%ld ST_EMULATION_RESIDENT=%ld]\n",
            settings().seed, settings().resident_blocks());
    abort();
}

unsigned barrier(int predicate, Barrier kind, const char *site)
{
    Fiber *me = worker->current;
    Block *block = me->block;
    const unsigned turn = block->generation & 1;
    IF_TSAN(__tsan_release(&block->barrier_order[turn]);)
    enter_scheduler();
    if (block->arrived != 0 && strcmp(block->site, site) != 0) {
        fail("divergent barrier: this thread is at %s, others wait at %s", site, block->site);
    }
    block->site = site;
    block->kind = kind;
    block->count += static_cast<unsigned>(predicate);
    block->arrived++;
    me->site = site;
    me->state = AT_BARRIER;
    if (block->arrived == block->alive) {
        release_barrier(block);
    }
    wait_turn(me);
    leave_scheduler();
    IF_TSAN(__tsan_acquire(&block->barrier_order[turn]);)
    return block->result[turn];
}

uint64_t collective(Collective kind, unsigned mask, uint64_t value, int source, const char *site)
{
    Fiber *me = worker->current;
    Block *block = me->block;
    const unsigned lane = me->index % 32, warp = me->index / 32;
    if ((mask >> lane & 1) == 0) {
        fail("%s: lane %u is not in its own mask %08x", site, lane, mask);
    }
    me->collective = kind;
    me->mask = mask;
    me->value = value;
    me->source = source;
    me->site = site;
    me->state = AT_COLLECTIVE;
    block->waiting[warp] |= 1u << lane;
    IF_TSAN(if (kind == SYNC) { __tsan_release(&block->warp_order[warp]); })
    enter_scheduler();
    try_collective(block, warp, lane);
    wait_turn(me);
    leave_scheduler();
    IF_TSAN(if (kind == SYNC) { __tsan_acquire(&block->warp_order[warp]); })
    return me->result;
}

void pause()
{
    if (worker == nullptr || !worker->inside) {
        return;
    }
    if (++worker->spins > settings().spin_limit) {
        fail("livelock: %ld spin waits without progress (do blocks wait for blocks that have not "
             "started?)",
             settings().spin_limit);
    }
    enter_scheduler();
    if (worker->runnable.empty() && !admit_block()) {
        sched_yield();
    } else {
        make_ready(worker->current);
        wait_turn(worker->current);
    }
    leave_scheduler();
}

void maybe_preempt()
{
    if (settings().random() && worker != nullptr && worker->inside &&
        worker->pick(static_cast<size_t>(settings().preempt)) == 0 && !worker->runnable.empty()) {
        enter_scheduler();
        make_ready(worker->current);
        wait_turn(worker->current);
        leave_scheduler();
    }
}

void *shared(const void *tag, size_t bytes, size_t alignment)
{
    Block *block = worker->current->block;
    for (const Variable &variable : block->variables) {
        if (variable.tag == tag) {
            return block->arena + variable.offset;
        }
    }
    const size_t offset = (block->arena_used + gap_bytes + alignment - 1) / alignment * alignment;
    if (offset + bytes + 2 * gap_bytes > arena_bytes || bytes > shared_max_bytes) {
        fail("shared memory overflow: %zu bytes", bytes);
    }
    /* volatile, so that no memset is made of it, which sanitizers would intercept */
    volatile char *at = block->arena + offset;
    IF_ASAN(__asan_unpoison_memory_region(block->arena + offset, bytes);)
    for (size_t i = 0; i < bytes; i++) {
        at[i] = unset;
    }
    for (size_t i = bytes; i < bytes + gap_bytes && !with_asan; i++) {
        at[i] = canary;
    }
    enter_scheduler();
    block->variables.push_back({tag, offset, bytes});
    leave_scheduler();
    block->arena_used = offset + bytes + gap_bytes;
    return block->arena + offset;
}

void *dynamic_shared()
{
    static const char tag = 0;
    return shared(&tag, worker->current->block->launch->shared_bytes, 16);
}

} // namespace gpu_emulation

/* g++ -fsanitize-coverage=trace-pc: kernels can be preempted at every basic block. */
extern "C" void __sanitizer_cov_trace_pc()
{
    gpu_emulation::maybe_preempt();
}
