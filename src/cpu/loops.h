/* loops.h - the loops over one rack, as they call each other inside one instruction set. */
#ifndef ST_CPU_LOOPS_H
#define ST_CPU_LOOPS_H

#include "cpu/exec.h"
#include "cpu/isa.h"

/* x is the row: sample t stands at x[t - due->row_first]. */
void ST_ISA(hops)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x);
/* features: [frames due][n_features] of this rack, or NULL. Needs the hops. */
void ST_ISA(frames)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                    float *features);
void ST_ISA(slow)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x);
/* The pair of slow frames (frame, frame + 1) out of the ring. */
void ST_ISA(slow_pair)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack,
                       int64_t frame);
void ST_ISA(leaf)(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                  double *sum_w, uint32_t *valid);
void ST_ISA(join)(size_t n, cpu_sum *to, const cpu_sum *from);
void ST_ISA(rack_stages)(st_exec *exec, cpu_rack_block *block, size_t leaf, const float *x,
                         size_t stride, size_t n, double *seen_w);
void ST_ISA(convolve)(const cpu_convolve *job, size_t pair, size_t block, size_t end, float *work);
void ST_ISA(sweep)(sweep_work *work, const float *load, const float *excess, size_t n);
void ST_ISA(sweep_prime)(sweep_work *work, size_t behind, const float *load, const float *excess,
                         size_t n);

#endif
