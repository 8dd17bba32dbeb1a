/* row.c - one figure as a line for people and as a JSON object for programs.
 * `seconds`, `gsamples_per_s` and `ratio` are of the best repetitions; the median stands beside. */
#include <math.h>

#include "bench.h"

static const double noisy_share = 0.02; /* of the machine; beyond it a run should be repeated */

void bench_header(const bench *b)
{
    printf("%d repetitions%s, %d threads; best of them, median in brackets\n", b->repetitions,
           b->quick ? " (quick)" : "", b->threads);
    printf("%-26s %9s %19s %8s %8s %7s %4s %7s  %s\n", "figure", "Msamples", "Gsamples/s", "s",
           "ratio", "target", "met", "others", "ratio to");
}

/* NaN as null. */
static void put_number(FILE *to, const char *name, double value)
{
    if (isfinite(value)) {
        fprintf(to, ", \"%s\": %.6g", name, value);
    } else {
        fprintf(to, ", \"%s\": null", name);
    }
}

static const char *met_word(const bench_row *row, const char *yes, const char *no, const char *none)
{
    if (isnan(row->target)) {
        return none;
    }
    if (isnan(row->ratio)) { /* nothing to compare with is no proof; nothing to time is a miss */
        return row->time.best_s > 0.0 ? none : no;
    }
    return row->ratio >= row->target ? yes : no;
}

static void write_json(const bench *b, const bench_row *row)
{
    const bool timed = row->time.best_s > 0.0;
    fprintf(b->json, "{\"figure\": \"%s\"", row->figure);
    put_number(b->json, "samples", row->samples);
    put_number(b->json, "seconds", timed ? row->time.best_s : (double)NAN);
    put_number(b->json, "gsamples_per_s",
               timed ? row->samples / row->time.best_s / 1e9 : (double)NAN);
    fprintf(b->json, ", \"reference\": \"%s\"", row->reference);
    put_number(b->json, "ratio", row->ratio);
    put_number(b->json, "target", row->target);
    fprintf(b->json, ", \"met\": %s", met_word(row, "true", "false", "null"));
    put_number(b->json, "median_seconds", timed ? row->time.median_s : (double)NAN);
    put_number(b->json, "cpu_seconds", timed ? row->time.cpu_s : (double)NAN);
    put_number(b->json, "foreign_load", timed ? row->time.foreign : (double)NAN);
    if (row->cpu_ratio > 0.0) {
        put_number(b->json, "cpu_ratio", row->cpu_ratio);
    }
    if (row->x > 0.0) {
        put_number(b->json, "x", row->x);
    }
    if (row->note != NULL) {
        fprintf(b->json, ", \"note\": \"%s\"", row->note);
    }
    fprintf(b->json, "}\n");
    (void)fflush(b->json);
}

static void print_ratio(double value, int width)
{
    if (isfinite(value)) {
        printf(" %*.*f", width, value < 100.0 ? 2 : 0, value);
    } else {
        printf(" %*s", width, "-");
    }
}

void bench_report(bench *b, const bench_row *row)
{
    const bool timed = row->time.best_s > 0.0;
    const double giga = row->samples / 1e9;
    printf("%-26s %9.1f", row->figure, row->samples / 1e6);
    if (timed) {
        printf(" %8.3f [%8.3f] %8.3f", giga / row->time.best_s, giga / row->time.median_s,
               row->time.best_s);
    } else {
        printf(" %19s %8s", "-", "-");
    }
    print_ratio(row->ratio, 8);
    print_ratio(row->target, 7);
    printf(" %4s", met_word(row, "yes", "no", "-"));
    if (timed) {
        printf(" %5.0f %%%s", 100.0 * row->time.foreign,
               row->time.foreign > noisy_share ? "!" : " ");
    } else {
        printf(" %8s", "-");
    }
    printf(" %s%s%s\n", row->reference, row->note != NULL ? "; " : "",
           row->note != NULL ? row->note : "");
    (void)fflush(stdout);
    b->rows++;
    b->missed += met_word(row, "", NULL, "") == NULL;
    b->noisy += timed && row->time.foreign > noisy_share;
    if (b->json != NULL) {
        write_json(b, row);
    }
}
