/* coherence.c - the coherent share of a swing. */
#include "detect/coherence.h"

#include <math.h>

void st_coherence(const double *sum_rms_w, const double *rack_rms_w, size_t racks, size_t n_bands,
                  double *kappa)
{
    for (size_t b = 0; b < n_bands; b++) {
        double power = 0.0, count = 0.0;
        for (size_t r = 0; r < racks; r++) {
            const double rms_w = rack_rms_w[r * n_bands + b];
            if (!isnan(rms_w)) {
                power += rms_w * rms_w;
                count += 1.0;
            }
        }
        const double sum_w = sum_rms_w[b] * (count / (double)racks);
        kappa[b] = power > 0.0 ? sqrt(sum_w * sum_w / (count * power)) : (double)NAN;
    }
}
