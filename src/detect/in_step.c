/* in_step.c - how many racks show the same kind of event at the same time.
 * A rack has no such event during [start, end) exactly when the interval lies in one of its quiet
 * times: before its first event of that kind, between two, after its last. So racks in step = racks
 * with that kind - quiet times that hold the interval, which is one sweep in order of start with a
 * Fenwick tree over the ends: n log n, whatever overlaps.
 * Source: P. Fenwick, A new data structure for cumulative frequency tables, 1994. */
#include <stdlib.h>

#include "core/memory.h"
#include "detect/event_list.h"

typedef struct quiet {
    int64_t first_ns, end_ns;
} quiet;

/* Of one kind. */
typedef struct sweep {
    st_event **event;   /* [n], by (start, rack) */
    st_event **by_rack; /* [n], by (rack, start) */
    quiet *quiet;       /* [at most 2 n], by first */
    int64_t *end_ns;    /* [at most 2 n], ascending */
    size_t *tree;       /* [quiets + 1] */
    size_t n, quiets, racks;
} sweep;

static int by_rack_start(const void *left, const void *right)
{
    const st_event *a = *(st_event *const *)left, *b = *(st_event *const *)right;
    if (a->rack != b->rack) {
        return a->rack < b->rack ? -1 : 1;
    }
    return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static int by_first(const void *left, const void *right)
{
    const quiet *a = left, *b = right;
    return (a->first_ns > b->first_ns) - (a->first_ns < b->first_ns);
}

static int by_value(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void add_quiet(sweep *s, int64_t first_ns, int64_t end_ns)
{
    if (first_ns < end_ns) {
        s->quiet[s->quiets] = (quiet){first_ns, end_ns};
        s->end_ns[s->quiets++] = end_ns;
    }
}

/* Quiet times of all racks; the load (rack -1) is no rack. */
static void list_quiets(sweep *s)
{
    s->quiets = s->racks = 0;
    qsort(s->by_rack, s->n, sizeof(void *), by_rack_start);
    for (size_t i = 0; i < s->n;) {
        const int64_t rack = s->by_rack[i]->rack;
        int64_t quiet_ns = INT64_MIN; /* since when */
        for (; i < s->n && s->by_rack[i]->rack == rack; i++) {
            if (rack >= 0) {
                add_quiet(s, quiet_ns, s->by_rack[i]->start_ns);
            }
            quiet_ns = quiet_ns > s->by_rack[i]->end_ns ? quiet_ns : s->by_rack[i]->end_ns;
        }
        if (rack >= 0) {
            add_quiet(s, quiet_ns, INT64_MAX);
            s->racks++;
        }
    }
    qsort(s->quiet, s->quiets, sizeof *s->quiet, by_first);
    qsort(s->end_ns, s->quiets, sizeof *s->end_ns, by_value);
}

/* How many of the sorted ends are < value. */
static size_t rank(const sweep *s, int64_t value_ns)
{
    size_t low = 0, high = s->quiets;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->end_ns[middle] < value_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void count(sweep *s)
{
    size_t entered = 0;
    for (size_t i = 0; i <= s->quiets; i++) {
        s->tree[i] = 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        st_event *event = s->event[i];
        for (; entered < s->quiets && s->quiet[entered].first_ns <= event->start_ns; entered++) {
            for (size_t at = rank(s, s->quiet[entered].end_ns) + 1; at <= s->quiets;
                 at += at & (~at + 1)) {
                s->tree[at]++;
            }
        }
        size_t shorter = 0; /* quiet times that end before the event does */
        for (size_t at = rank(s, event->end_ns); at > 0; at -= at & (~at + 1)) {
            shorter += s->tree[at];
        }
        event->racks_in_step = (int64_t)(s->racks - (entered - shorter));
    }
}

st_status st_event_list_count_in_step(st_context *ctx, st_event_list *list)
{
    st_status status = ST_OK;
    st_arena arena = {0};
    sweep s = {0};
    void *block[5];
    const size_t n = list->count, pointer = sizeof(void *);
    const size_t need = 2 * st_arena_need(n, pointer) + st_arena_need(2 * n, sizeof(quiet)) +
                        st_arena_need(2 * n, sizeof(int64_t)) +
                        st_arena_need(2 * n + 1, sizeof(size_t));
    ST_GOTO(status, st_arena_open(ctx, need, "counting racks in step", &arena));
    ST_GOTO(status, st_arena_take(ctx, &arena, n, pointer, &block[0]));
    ST_GOTO(status, st_arena_take(ctx, &arena, n, pointer, &block[1]));
    ST_GOTO(status, st_arena_take(ctx, &arena, 2 * n, sizeof(quiet), &block[2]));
    ST_GOTO(status, st_arena_take(ctx, &arena, 2 * n, sizeof(int64_t), &block[3]));
    ST_GOTO(status, st_arena_take(ctx, &arena, 2 * n + 1, sizeof(size_t), &block[4]));
    s = (sweep){.event = block[0],
                .by_rack = block[1],
                .quiet = block[2],
                .end_ns = block[3],
                .tree = block[4]};
    for (int kind = 0; kind < ST_EVENT_KINDS; kind++) {
        s.n = 0;
        for (size_t i = 0; i < n; i++) {
            if (list->event[i].kind == kind) {
                s.event[s.n] = s.by_rack[s.n] = &list->event[i];
                s.n++;
            }
        }
        if (s.n > 0) {
            list_quiets(&s);
            count(&s);
        }
    }
done:
    st_arena_close(&arena);
    return status;
}
