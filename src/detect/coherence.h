/* coherence.h - how much the racks swing together, band by band. */
#ifndef ST_DETECT_COHERENCE_H
#define ST_DETECT_COHERENCE_H

#include <stddef.h>

/* kappa = sqrt(P_sum / (R sum_r P_r)), P the band power of the sum and of the R racks that have one:
 * 1 = equal racks in lock-step, 1/sqrt(R) = independent racks (METHODS 4). NaN where the band is not
 * resolved or holds no power.
 * sum_rms_w: [n_bands], of the sum in which those that have one stand for all; rack_rms_w: [racks][n_bands]; kappa: [n_bands]. */
void st_coherence(const double *sum_rms_w, const double *rack_rms_w, size_t racks, size_t n_bands,
                  double *kappa);

#endif
