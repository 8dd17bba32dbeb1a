/* event_list.h - a growing list of events, and what is said of them together.
 * Serves pass 3 and the summary; knows no sample, no frame. */
#ifndef ST_DETECT_EVENT_LIST_H
#define ST_DETECT_EVENT_LIST_H

#include "detect/events.h"

/* One row of /events. */
typedef struct st_event {
    int64_t rack; /* -1 = the load */
    int64_t start_ns, end_ns, peak_ns;
    double baseline_w, amplitude_w, energy_j, rise_s, slope_w_per_s, frequency_hz, score;
    int64_t racks_in_step;
    uint8_t kind; /* st_event_kind */
} st_event;

struct st_event_list {
    st_event *event; /* [capacity], of which `count` are in use */
    size_t count, capacity;
    size_t most;   /* no more than this many are kept ... */
    size_t needed; /* ... of this many that were added */
};

st_status st_event_list_add(st_context *ctx, st_event_list *list, const st_event *event);
/* Adds all of `from`, which may have counted more than it kept. */
st_status st_event_list_append(st_context *ctx, st_event_list *list, const st_event_list *from);

/* Fills racks_in_step; the list is ordered by (start, rack). */
st_status st_event_list_count_in_step(st_context *ctx, st_event_list *list);

#endif
