/* loops.c - detect: what is done to one rack of a tile, in order.
 * Compiled once per instruction set; the table at the end is what the rest of the room calls. */
#include "cpu/loops.h"

static void rack_tile(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                      float *features)
{
    ST_ISA(hops)(exec, work, due, rack, x);
    ST_ISA(frames)(exec, work, due, rack, x, features);
    ST_ISA(slow)(exec, work, due, rack, x);
}

#define ST_ISA_TEXT_OF(isa) #isa
#define ST_ISA_TEXT(isa)    ST_ISA_TEXT_OF(isa)

const cpu_loops ST_ISA(loops) = {.name = ST_ISA_TEXT(ST_CPU_ISA),
                                 .rack = rack_tile,
                                 .leaf = ST_ISA(leaf),
                                 .rack_stages = ST_ISA(rack_stages),
                                 .join = ST_ISA(join),
                                 .convolve = ST_ISA(convolve),
                                 .sweep = ST_ISA(sweep),
                                 .sweep_prime = ST_ISA(sweep_prime)};
