/* isa.h - how one source becomes the code of several instruction sets. The files with the loops
 * are compiled once for each set (CMakeLists.txt) with ST_CPU_ISA naming it; every name they share
 * goes through ST_ISA. No arithmetic differs: all sets give the same bits. */
#ifndef ST_CPU_ISA_H
#define ST_CPU_ISA_H

#ifndef ST_CPU_ISA
#define ST_CPU_ISA base
#endif

#define ST_ISA_PASTE(name, isa)  st_cpu_##name##_##isa
#define ST_ISA_EXPAND(name, isa) ST_ISA_PASTE(name, isa)
#define ST_ISA(name)             ST_ISA_EXPAND(name, ST_CPU_ISA)

/* For functions that take a function: only where it is known do they become loops. */
#define ST_ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
