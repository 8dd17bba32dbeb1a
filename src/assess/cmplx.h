/* cmplx.h - C11's complex numbers, with the CMPLX that clang's <complex.h> of glibc lacks. */
#ifndef ST_ASSESS_CMPLX_H
#define ST_ASSESS_CMPLX_H

#include <complex.h>

#ifndef CMPLX
#define CMPLX(re, im) __builtin_complex((double)(re), (double)(im))
#endif

#endif
