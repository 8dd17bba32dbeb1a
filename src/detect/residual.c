/* residual.c - moving median by a sorted window. */
#include "detect/residual.h"

#include <math.h>
#include <string.h>

#include "detect/quantile.h"

typedef struct sorted {
    double *value; /* ascending */
    size_t n;
} sorted;

/* The place of the first value that is not smaller. */
static size_t place(const sorted *s, double value)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->value[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert(sorted *s, double value)
{
    const size_t at = place(s, value);
    memmove(s->value + at + 1, s->value + at, (s->n - at) * sizeof *s->value);
    s->value[at] = value;
    s->n++;
}

static void drop(sorted *s, double value)
{
    const size_t at = place(s, value);
    s->n--;
    memmove(s->value + at, s->value + at + 1, (s->n - at) * sizeof *s->value);
}

static double middle(const sorted *s)
{
    return 0.5 * (s->value[(s->n - 1) / 2] + s->value[s->n / 2]);
}

double st_residual_take(const st_piece *piece, size_t width, double *window, double *residual,
                        double *sum)
{
    const size_t half = width / 2;
    sorted s = {.n = 0};
    s.value = window;
    for (size_t i = 0; i < half && i < piece->n; i++) {
        insert(&s, piece->x[i]);
    }
    for (size_t i = 0; i < piece->n; i++) {
        if (i + half < piece->n) {
            insert(&s, piece->x[i + half]);
        }
        residual[i] = piece->x[i] - middle(&s);
        if (i >= half) {
            drop(&s, piece->x[i - half]);
        }
    }
    sum[0] = 0.0;
    for (size_t i = 0; i < piece->n; i++) {
        sum[i + 1] = sum[i] + (residual[i] - residual[0]);
        piece->work[i] = fabs(residual[i]);
    }
    return 1.4826 * st_median(piece->work, piece->n);
}
