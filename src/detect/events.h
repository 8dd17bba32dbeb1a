/* events.h - events of a record: reduce, then decide, then measure.
 * Stands after pass 1 (pass.h), which reduced every frame to a few numbers: pass 2 (decide.h) marks
 * frames, pass 3 (measure.h) re-reads the marked ones and measures in time. Knows no backend, no
 * file format, and not whether a row is a rack or the load.
 *
 * Where the method leaves a choice, this is ours:
 * - Intervals are half open: end_ns is the first sample that no longer belongs to the event.
 * - Spikes and dips last from half height to half height; their energy is taken from foot to foot.
 *   A half height that lies inside the range of the unmarked frames around (a rhythm) is replaced
 *   by the middle between that range and the peak. Excursions less than 20 ms apart are one; eight
 *   or more of a sign within one run of marked frames are one as well: a rhythm that came and went.
 * - Where noise is not small against the height, the peak is that of a moving mean.
 * - baseline_w is the median over the frame means; for a step it is the level before. In a rhythm
 *   the amplitude of anything shorter than half a frame counts from the level beside it, not from
 *   baseline_w, and so does a step's.
 * - A step lasts from its half height to the end of the frames that it marked, so that racks which
 *   step together overlap. A level that is left and not regained before the record (or its valid
 *   part) ends is a step, and so is one that the record begins with and leaves.
 * - Marks come from the whole record: after a step both levels are usual if each holds for more
 *   than a twentieth of the frames, and only the transition is marked.
 * - In a rhythm the excess of a line is looked for in the bands that marked it, since the lines of
 *   the rhythm vary from frame to frame; an oscillation lasts for at least 3 periods.
 * - In a rhythm a frame that bands mark faintly (score < 1.5), and in which nothing sticks out of
 *   the rhythm, is its scatter and no event. Anywhere else what is marked is reported.
 * - rise_s: 10 % to 90 % of what comes first, NaN where the record begins later; of an oscillation
 *   NaN. slope_w_per_s: a magnitude.
 * - score: the largest ratio by which a marked frame of the event exceeded what marked it: decades
 *   above the quantile / 0.6, z / 6, or excess over T or B / S; duration / gap_min_s for a gap. It
 *   is finite and at least 1.
 * - A gap has NaN in all its numbers but score; peak_ns is its start. */
#ifndef ST_DETECT_EVENTS_H
#define ST_DETECT_EVENTS_H

#include "detect/features.h"
#include "model/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_event_input {
    const st_plan *plan; /* of that record: frames, bands, rate, offsets */
    const st_settings *settings;
    const st_features *features; /* of pass 1 */
    const st_rack_sums *sums;    /* of pass 1: power_fast, used frames, valid, extremes, step */
    st_source source;            /* reads one row again, from several threads */
    int64_t first_rack;          /* id of row 0: 0 for racks, -1 for the load (one row) */
    const char *stage;           /* of progress */
} st_event_input;

typedef struct st_event_list st_event_list;

/* Holds at most max_events events, > 0; counts on beyond that. */
st_status st_event_list_open(st_context *ctx, int64_t max_events, st_event_list **list);
/* Accepts NULL. */
void st_event_list_close(st_event_list *list);

/* Adds the events of a record. Parallel over rows; the result does not depend on the number of
 * threads once st_events_finish has ordered it. */
st_status st_events_find(st_context *ctx, const st_event_input *input, st_event_list *list);

/* Orders by (start, rack) and counts racks in step: racks with an event of the same kind that
 * overlaps in time, itself included; for the load, the racks alone. ST_CAPACITY with the count
 * needed when there were more than max_events. */
st_status st_events_finish(st_context *ctx, st_event_list *list);

size_t st_events_count(const st_event_list *list);
/* columns: [st_events_count] each, the caller's. */
void st_events_store(const st_event_list *list, st_event_columns *columns);

#ifdef __cplusplus
}
#endif
#endif
