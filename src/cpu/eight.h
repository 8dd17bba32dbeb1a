/* eight.h - eight doubles at a time, whatever a register holds, and what is done across them. */
#ifndef ST_CPU_EIGHT_H
#define ST_CPU_EIGHT_H

#include <string.h>

enum { EIGHT = 8 };

typedef double eight __attribute__((vector_size(EIGHT * sizeof(double)), may_alias));
typedef float eight_f32 __attribute__((vector_size(EIGHT * sizeof(float)), may_alias));

static inline eight eight_from(const float *x)
{
    eight_f32 v;
    memcpy(&v, x, sizeof v);
    return __builtin_convertvector(v, eight);
}

/* Lower and upper halves, quarters and eighths of two rows, side by side. */
#define EIGHT_HALF_0(a, b)    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define EIGHT_HALF_1(a, b)    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#define EIGHT_QUARTER_0(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define EIGHT_QUARTER_1(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define EIGHT_LAST_0(a, b)    __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define EIGHT_LAST_1(a, b)    __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)

/* row[i][j] becomes row[j][i]. */
static inline void eight_transpose(eight *row)
{
    eight half[EIGHT], quarter[EIGHT];
    for (int i = 0; i < 4; i++) {
        half[i] = EIGHT_HALF_0(row[i], row[i + 4]);
        half[i + 4] = EIGHT_HALF_1(row[i], row[i + 4]);
    }
    for (int i = 0; i < EIGHT; i += 4) {
        for (int k = i; k < i + 2; k++) {
            quarter[k] = EIGHT_QUARTER_0(half[k], half[k + 2]);
            quarter[k + 2] = EIGHT_QUARTER_1(half[k], half[k + 2]);
        }
    }
    for (int i = 0; i < EIGHT; i += 2) {
        row[i] = EIGHT_LAST_0(quarter[i], quarter[i + 1]);
        row[i + 1] = EIGHT_LAST_1(quarter[i], quarter[i + 1]);
    }
}

/* Lane i is the sum of row i, folded by halves: 8 to 4, 2 and 1. */
static inline eight eight_fold(const eight *row)
{
    eight four[4], two[2];
    for (int i = 0; i < 4; i++) {
        four[i] =
            EIGHT_HALF_0(row[2 * i], row[2 * i + 1]) + EIGHT_HALF_1(row[2 * i], row[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        const eight a = four[2 * i], b = four[2 * i + 1];
        two[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
                 __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
    }
    return __builtin_shufflevector(two[0], two[1], 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(two[0], two[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

#endif
