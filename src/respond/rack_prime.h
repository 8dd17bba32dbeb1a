/* rack_prime.h - what every rack starts from in one of the stages at the racks. */
#ifndef ST_RESPOND_RACK_PRIME_H
#define ST_RESPOND_RACK_PRIME_H

#include "model/backend.h"

/* Stage s of `racks`, whose earlier stages have their starts already: first_w, prime_w: [racks of the
 * plan], W; 0 for a rack without a valid sample. Reads the record from its start until every rack has
 * had tau_s of it, at most to its end. */
st_status st_rack_prime(st_context *ctx, const st_rack_storage *racks, size_t s, double tau_s,
                        const st_plan *plan, const st_source *source, double *first_w,
                        double *prime_w);

#endif
