/* event_list.c - keeping events: growth, order, columns. */
#include "detect/event_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

st_status st_event_list_open(st_context *ctx, int64_t max_events, st_event_list **list)
{
    void *block;
    *list = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof **list, "the list of events", &block));
    *list = block;
    (*list)->most = (size_t)max_events;
    return ST_OK;
}

void st_event_list_close(st_event_list *list)
{
    if (list != NULL) {
        st_free(list->event);
        st_free(list);
    }
}

/* Room for one more; doubles, so that adding stays cheap. */
static st_status grow(st_context *ctx, st_event_list *list)
{
    enum { FIRST_ROOM = 64 };
    size_t capacity = list->capacity > 0 ? 2 * list->capacity : FIRST_ROOM;
    void *block;
    capacity = capacity < list->most ? capacity : list->most;
    ST_TRY(st_alloc(ctx, capacity, sizeof *list->event, "the list of events", &block));
    if (list->count > 0) {
        memcpy(block, list->event, list->count * sizeof *list->event);
    }
    st_free(list->event);
    list->event = block;
    list->capacity = capacity;
    return ST_OK;
}

st_status st_event_list_add(st_context *ctx, st_event_list *list, const st_event *event)
{
    list->needed++;
    if (list->count == list->most) {
        return ST_OK;
    }
    if (list->count == list->capacity) {
        ST_TRY(grow(ctx, list));
    }
    list->event[list->count++] = *event;
    return ST_OK;
}

st_status st_event_list_append(st_context *ctx, st_event_list *list, const st_event_list *from)
{
    for (size_t i = 0; i < from->count; i++) {
        ST_TRY(st_event_list_add(ctx, list, &from->event[i]));
    }
    list->needed += from->needed - from->count;
    return ST_OK;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By start and rack; kind, end and peak make the order total, so that it does not depend on who
 * found an event first. */
static int in_order(const void *left, const void *right)
{
    const st_event *a = left, *b = right;
    int order = compare(a->start_ns, b->start_ns);
    order = order != 0 ? order : compare(a->rack, b->rack);
    order = order != 0 ? order : compare(a->kind, b->kind);
    order = order != 0 ? order : compare(a->end_ns, b->end_ns);
    return order != 0 ? order : compare(a->peak_ns, b->peak_ns);
}

st_status st_events_finish(st_context *ctx, st_event_list *list)
{
    if (list->needed > list->count) {
        return st_fail(ctx, ST_CAPACITY,
                       "events: found %zu, but max_events is %zu; allow at least as many as found",
                       list->needed, list->most);
    }
    if (list->count > 0) {
        qsort(list->event, list->count, sizeof *list->event, in_order);
    }
    return st_event_list_count_in_step(ctx, list);
}

size_t st_events_count(const st_event_list *list)
{
    return list->count;
}

void st_events_store(const st_event_list *list, st_event_columns *columns)
{
    for (size_t i = 0; i < list->count; i++) {
        const st_event *event = &list->event[i];
        columns->rack[i] = event->rack;
        columns->kind[i] = event->kind;
        columns->start_ns[i] = event->start_ns;
        columns->end_ns[i] = event->end_ns;
        columns->peak_ns[i] = event->peak_ns;
        columns->baseline_w[i] = event->baseline_w;
        columns->amplitude_w[i] = event->amplitude_w;
        columns->energy_j[i] = event->energy_j;
        columns->rise_s[i] = event->rise_s;
        columns->slope_w_per_s[i] = event->slope_w_per_s;
        columns->frequency_hz[i] = event->frequency_hz;
        columns->score[i] = event->score;
        columns->racks_in_step[i] = event->racks_in_step;
    }
}
