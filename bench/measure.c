/* measure.c - how long work takes on a machine that others may be using.
 * Best and median of several repetitions; jobs that will be compared take turns. What other
 * processes used of the machine meanwhile (/proc/stat less our own) stands beside the numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { MOST_REPETITIONS = 15, MOST_JOBS = 16 };

double bench_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds that all processors have been busy; negative where /proc does not say. */
static double machine_busy_s(void)
{
    enum { IDLE = 3, WAITING = 4, KINDS = 8 }; /* user nice system idle iowait irq softirq steal */
    char line[512] = "", *at = line + 3, *end;
    long long busy = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL) {
        return -1.0;
    }
    const bool found = fgets(line, sizeof line, file) != NULL && strncmp(line, "cpu", 3) == 0;
    fclose(file);
    for (int kind = 0; found && kind < KINDS; kind++, at = end) {
        const long long ticks = strtoll(at, &end, 10);
        busy += kind == IDLE || kind == WAITING ? 0 : ticks;
    }
    return found ? (double)busy / (double)sysconf(_SC_CLK_TCK) : -1.0;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static double own_busy_s(void)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds(self.ru_utime) + seconds(self.ru_stime) + seconds(children.ru_utime) +
           seconds(children.ru_stime);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

st_status bench_measure(bench *b, bench_job *jobs, size_t n)
{
    double spent[MOST_JOBS][MOST_REPETITIONS], cpu_s[MOST_JOBS];
    const int repetitions = b->repetitions;
    if (n > MOST_JOBS || repetitions > MOST_REPETITIONS) {
        return st_fail(b->ctx, ST_INTERNAL, "%zu jobs, %d repetitions", n, repetitions);
    }
    for (size_t j = 0; j < n; j++) {
        ST_TRY(jobs[j].work(b, jobs[j].state));
        cpu_s[j] = INFINITY;
    }
    const double machine = machine_busy_s(), own = own_busy_s(), start = bench_clock_s();
    for (int r = 0; r < repetitions; r++) {
        for (size_t j = 0; j < n; j++) {
            const double before = bench_clock_s(), cpu_before_s = own_busy_s();
            ST_TRY(jobs[j].work(b, jobs[j].state));
            spent[j][r] = bench_clock_s() - before;
            cpu_s[j] = fmin(cpu_s[j], own_busy_s() - cpu_before_s);
        }
    }
    const double elapsed = bench_clock_s() - start;
    const double others = machine_busy_s() - machine - (own_busy_s() - own);
    const double share =
        machine < 0.0 ? 0.0 : others / (elapsed * (double)sysconf(_SC_NPROCESSORS_ONLN));
    for (size_t j = 0; j < n; j++) {
        qsort(spent[j], (size_t)repetitions, sizeof spent[j][0], by_size);
        jobs[j].time = (bench_time){.best_s = spent[j][0],
                                    .median_s = spent[j][repetitions / 2],
                                    .cpu_s = cpu_s[j],
                                    .foreign = share < 0.0 ? 0.0 : share};
    }
    return ST_OK;
}
