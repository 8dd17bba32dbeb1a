/* schema.c - the rows of summary/1. One line per dataset, nothing else decides what is written. */
#include "io/schema.h"

#include <string.h>

static const char *const directions[] = {"up", "down"};

#define F64                 ST_COLUMN_F64
#define F32                 ST_COLUMN_F32
#define I64                 ST_COLUMN_I64
#define I8                  ST_COLUMN_I8
#define U8                  ST_COLUMN_U8
#define TEXT                ST_COLUMN_TEXT
#define TIME                ST_COLUMN_TIME
#define RACK                ST_AXIS_RACK
#define FREQ                ST_AXIS_FREQ
#define SLOW                ST_AXIS_FREQ_SLOW
#define BAND                ST_AXIS_BAND
#define WINDOW              ST_AXIS_WINDOW
#define UPDOWN              ST_AXIS_UPDOWN
#define EVENT               ST_AXIS_EVENT
#define SITE                ST_AXIS_FREQ_SITE
#define SPAN                ST_AXIS_SPAN
#define BUCKET              ST_AXIS_BUCKET
#define FINE                ST_AXIS_BUCKET_FINE
#define STAGE               ST_AXIS_STAGE
#define DEPTH               ST_AXIS_DEPTH
#define VERDICT             ST_AXIS_VERDICT
#define CANDIDATE           ST_AXIS_CANDIDATE
#define RESPONSE            ST_AXIS_RESPONSE
#define ONE                 ST_AXIS_ONE
#define AT(member)          offsetof(st_result, member), NULL, NULL, false
#define KEPT(member)        offsetof(st_result, member), NULL, NULL, true
#define ENUM(member, words) offsetof(st_result, member), words, NULL, false
#define SAME(words)         0, NULL, words, false
#define PSD_UNIT            "W2 Hz-1"

/* clang-format off */
/* Site-level spectra, of the load and of the draw. */
#define POINT_ROWS(point, its)                                                                     \
    {#point, "frequency_hz", F64, {SITE}, "Hz", "frequency of the spectra", AT(point.frequency_hz)}, \
    {#point, "psd", F64, {SITE}, PSD_UNIT, "one-sided power spectral density of " its, AT(point.psd)}, \
    {#point, "spectrogram_time_s", F64, {SPAN}, "s", "middle of a column, after the start", AT(point.spectrogram_time_s)}, \
    {#point, "spectrogram", F32, {SPAN, SITE}, PSD_UNIT, "power spectral density of " its " over time", KEPT(point.spectrogram)}, \
    {#point, "band", TEXT, {BAND}, "1", "name of the frequency band", AT(bands.name)},             \
    {#point, "band_rms_w", F64, {BAND}, "W", "root mean square of " its " in the band", AT(point.band_rms_w)}, \
    {#point, "dominant_frequency_hz", F64, {ONE}, "Hz", "frequency of the strongest line", AT(point.dominant_frequency_hz)}, \
    {#point, "dominant_amplitude_w", F64, {ONE}, "W", "amplitude of the strongest line", AT(point.dominant_amplitude_w)}, \
    {#point, "iteration_period_s", F64, {ONE}, "s", "period of the training iteration", AT(point.iteration_period_s)}, \
    {#point, "envelope_time_s", F64, {BUCKET}, "s", "middle of a bucket, after the start", AT(point.envelope_time_s)}, \
    {#point, "envelope_min_w", F64, {BUCKET}, "W", "smallest of " its " in the bucket", AT(point.envelope_min_w)}, \
    {#point, "envelope_mean_w", F64, {BUCKET}, "W", "mean of " its " in the bucket", AT(point.envelope_mean_w)}, \
    {#point, "envelope_max_w", F64, {BUCKET}, "W", "largest of " its " in the bucket", AT(point.envelope_max_w)}, \
    {#point "/overview", "time_s", F64, {FINE}, "s", "middle of a bucket, after the start", KEPT(point.overview_time_s)}, \
    {#point "/overview", "min_w", F64, {FINE}, "W", "smallest of " its " in the bucket", KEPT(point.overview_min_w)}, \
    {#point "/overview", "mean_w", F64, {FINE}, "W", "mean of " its " in the bucket", KEPT(point.overview_mean_w)}, \
    {#point "/overview", "max_w", F64, {FINE}, "W", "largest of " its " in the bucket", KEPT(point.overview_max_w)}

static const st_schema_row rows[] = {
    {"racks", "name", TEXT, {RACK}, "1", "name of the rack", AT(racks.name)},
    {"racks", "mean_w", F64, {RACK}, "W", "mean power", AT(racks.mean_w)},
    {"racks", "min_w", F64, {RACK}, "W", "smallest power", AT(racks.min_w)},
    {"racks", "max_w", F64, {RACK}, "W", "largest power", AT(racks.max_w)},
    {"racks", "std_w", F64, {RACK}, "W", "standard deviation of the power (ddof 0)", AT(racks.std_w)},
    {"racks", "energy_j", F64, {RACK}, "J", "energy over valid samples", AT(racks.energy_j)},
    {"racks", "load_factor", F64, {RACK}, "1", "mean over largest power", AT(racks.load_factor)},
    {"racks", "valid_samples", I64, {RACK}, "1", "samples that are valid", AT(racks.valid_samples)},
    {"racks", "invalid_samples", I64, {RACK}, "1", "samples that are missing", AT(racks.invalid_samples)},
    {"racks", "frequency_hz", F64, {FREQ}, "Hz", "frequency of psd", AT(racks.frequency_hz)},
    {"racks", "psd", F32, {RACK, FREQ}, PSD_UNIT, "one-sided power spectral density (Welch)", AT(racks.psd)},
    {"racks", "frames_used", I64, {RACK}, "1", "frames in psd", AT(racks.frames_used)},
    {"racks", "frames_flagged", I64, {RACK}, "1", "frames with interpolated samples", AT(racks.frames_flagged)},
    {"racks", "frames_dropped", I64, {RACK}, "1", "frames with too few valid samples", AT(racks.frames_dropped)},
    {"racks", "frequency_slow_hz", F64, {SLOW}, "Hz", "frequency of psd_slow", AT(racks.frequency_slow_hz)},
    {"racks", "psd_slow", F32, {RACK, SLOW}, PSD_UNIT, "power spectral density after decimation", AT(racks.psd_slow)},
    {"racks", "band", TEXT, {BAND}, "1", "name of the frequency band", AT(bands.name)},
    {"racks", "band_low_hz", F64, {BAND}, "Hz", "lower edge of the band", AT(bands.low_hz)},
    {"racks", "band_high_hz", F64, {BAND}, "Hz", "upper edge of the band", AT(bands.high_hz)},
    {"racks", "band_rms_w", F64, {RACK, BAND}, "W", "root mean square in the band, NaN = not resolved", AT(racks.band_rms_w)},
    {"racks", "ramp_window_s", F64, {WINDOW}, "s", "time of a ramp", AT(racks.ramp_window_s)},
    {"racks", "direction", TEXT, {UPDOWN}, "1", "direction of a ramp", SAME(directions)},
    {"racks", "ramp_max_w", F64, {RACK, WINDOW, UPDOWN}, "W", "largest change within the window, up and down", AT(racks.ramp_max_w)},
    {"racks", "dominant_frequency_hz", F64, {RACK}, "Hz", "frequency of the strongest line", AT(racks.dominant_frequency_hz)},
    {"racks", "dominant_amplitude_w", F64, {RACK}, "W", "amplitude of the strongest line", AT(racks.dominant_amplitude_w)},

    {"coherence", "band", TEXT, {BAND}, "1", "name of the frequency band", AT(bands.name)},
    {"coherence", "kappa", F64, {BAND}, "1", "coherent share: 1 = racks in lock-step", AT(bands.kappa)},
    {"coherence", "rho", F64, {BAND}, "1", "mean correlation of two racks, NaN = not measured", AT(bands.rho)},
    {"coherence", "rho_noise", F64, {BAND}, "1", "standard deviation of rho for independent racks", AT(bands.rho_noise)},
    {"coherence", "gain", F64, {BAND}, "1", "swing of the site over swing of the recording", AT(bands.gain)},
    {"coherence", "upper_bound", U8, {BAND}, "1", "whether a gain measured here is an upper bound", ENUM(bands.upper_bound, "no yes")},

    {"events", "rack", I64, {EVENT}, "1", "index of the rack, -1 = the site load", AT(events.rack)},
    {"events", "kind", U8, {EVENT}, "1", "kind of the event", ENUM(events.kind, ST_EVENT_WORDS)},
    {"events", "start_ns", TIME, {EVENT}, ST_UNIT_TIME, "start", AT(events.start_ns)},
    {"events", "end_ns", TIME, {EVENT}, ST_UNIT_TIME, "end", AT(events.end_ns)},
    {"events", "peak_ns", TIME, {EVENT}, ST_UNIT_TIME, "time of the largest deviation", AT(events.peak_ns)},
    {"events", "baseline_w", F64, {EVENT}, "W", "power before the event", AT(events.baseline_w)},
    {"events", "amplitude_w", F64, {EVENT}, "W", "deviation from the baseline", AT(events.amplitude_w)},
    {"events", "energy_j", F64, {EVENT}, "J", "energy above or below the baseline", AT(events.energy_j)},
    {"events", "rise_s", F64, {EVENT}, "s", "time of the rise", AT(events.rise_s)},
    {"events", "slope_w_per_s", F64, {EVENT}, "W s-1", "steepest slope", AT(events.slope_w_per_s)},
    {"events", "frequency_hz", F64, {EVENT}, "Hz", "frequency of an oscillation", AT(events.frequency_hz)},
    {"events", "score", F64, {EVENT}, "1", "amplitude over threshold", AT(events.score)},
    {"events", "racks_in_step", I64, {EVENT}, "1", "racks with an event of this kind at this time", AT(events.racks_in_step)},

    POINT_ROWS(load, "the load"),
    POINT_ROWS(draw, "the draw"),

    {"battery", "stage", TEXT, {STAGE}, "1", "name of the storage stage", AT(battery.stage)},
    {"battery", "soc_min", F64, {STAGE}, "1", "smallest state of charge", AT(battery.soc_min)},
    {"battery", "soc_mean", F64, {STAGE}, "1", "mean state of charge", AT(battery.soc_mean)},
    {"battery", "soc_max", F64, {STAGE}, "1", "largest state of charge", AT(battery.soc_max)},
    {"battery", "power_w_min", F64, {STAGE}, "W", "smallest storage power, discharge positive", AT(battery.power_min_w)},
    {"battery", "power_w_mean", F64, {STAGE}, "W", "mean storage power, discharge positive", AT(battery.power_mean_w)},
    {"battery", "power_w_max", F64, {STAGE}, "W", "largest storage power, discharge positive", AT(battery.power_max_w)},
    {"battery", "prime_w", F64, {STAGE}, "W", "level at which the stage started", AT(battery.prime_w)},
    {"battery", "clip_power_s", F64, {STAGE}, "s", "time at the power limit", AT(battery.clip_power_s)},
    {"battery", "clip_energy_s", F64, {STAGE}, "s", "time at an end of the energy", AT(battery.clip_energy_s)},
    {"battery", "equivalent_full_cycles", F64, {STAGE}, "1", "throughput over twice the energy", AT(battery.equivalent_full_cycles)},
    {"battery", "throughput_j", F64, {STAGE}, "J", "energy in and out", AT(battery.throughput_j)},
    {"battery", "loss_j", F64, {STAGE}, "J", "energy lost in conversion, or burnt", AT(battery.loss_j)},
    {"battery", "burnt_j", F64, {STAGE}, "J", "energy burnt above the load by power smoothing", AT(battery.burnt_j)},
    {"battery", "held_back_s", F64, {STAGE}, "s", "time in which power smoothing held the load back", AT(battery.held_back_s)},
    {"battery", "rainflow_depth", F64, {STAGE, DEPTH}, "1", "mean depth of the cycles in the bin, NaN = none", AT(battery.rainflow_depth)},
    {"battery", "rainflow_count", F64, {STAGE, DEPTH}, "1", "cycles in the bin (ASTM E1049)", AT(battery.rainflow_count)},
    {"battery", "fade_per_year", F64, {STAGE}, "1", "capacity lost in a year of this load", AT(battery.fade_per_year)},
    {"battery", "fade_extrapolated", U8, {STAGE}, "1", "whether fade_per_year is outside the range of its fit", ENUM(battery.fade_extrapolated, "no yes")},

    {"verdicts", "rule", TEXT, {VERDICT}, "1", "rule", AT(verdicts.rule)},
    {"verdicts", "point", U8, {VERDICT}, "1", "where the rule was applied", ENUM(verdicts.point, ST_POINT_WORDS)},
    {"verdicts", "judged", U8, {VERDICT}, "1", "whether the point is the rule's own", ENUM(verdicts.judged, "no yes")},
    {"verdicts", "status", U8, {VERDICT}, "1", "verdict", ENUM(verdicts.status, ST_VERDICT_WORDS)},
    {"verdicts", "value", F64, {VERDICT}, "1", "worst value, in the unit of the row", AT(verdicts.value)},
    {"verdicts", "limit", F64, {VERDICT}, "1", "limit, in the unit of the row", AT(verdicts.limit)},
    {"verdicts", "unit", TEXT, {VERDICT}, "1", "unit of value and limit", AT(verdicts.unit)},
    {"verdicts", "margin", F64, {VERDICT}, "1", "(limit - value) / limit", AT(verdicts.margin)},
    {"verdicts", "window_start_ns", TIME, {VERDICT}, ST_UNIT_TIME, "start of the worst window", AT(verdicts.window_start_ns)},
    {"verdicts", "reason", TEXT, {VERDICT}, "1", "why, where there is something to say", AT(verdicts.reason)},

    {"sizing", "units", I64, {CANDIDATE}, "1", "units of the candidate", AT(sizing.units)},
    {"sizing", "power_w", F64, {CANDIDATE}, "W", "rated power", AT(sizing.power_w)},
    {"sizing", "energy_j", F64, {CANDIDATE}, "J", "rated energy", AT(sizing.energy_j)},
    {"sizing", "response_s", F64, {CANDIDATE}, "s", "response time", AT(sizing.response_s)},
    {"sizing", "tau_s", F64, {CANDIDATE}, "s", "time constant of smoothing", AT(sizing.tau_s)},
    {"sizing", "ramp_w_per_s", F64, {CANDIDATE}, "W s-1", "ramp target, the smaller of up and down", AT(sizing.ramp_w_per_s)},
    {"sizing", "ramp_up_w_per_s", F64, {CANDIDATE}, "W s-1", "ramp target upwards", AT(sizing.ramp_up_w_per_s)},
    {"sizing", "ramp_down_w_per_s", F64, {CANDIDATE}, "W s-1", "ramp target downwards", AT(sizing.ramp_down_w_per_s)},
    {"sizing", "pass", I8, {CANDIDATE}, "1", "1 = passes, 0 = fails, -1 = indeterminate", AT(sizing.pass)},
    {"sizing", "worst_rule", TEXT, {CANDIDATE}, "1", "rule with the smallest margin", AT(sizing.worst_rule)},
    {"sizing", "margin", F64, {CANDIDATE}, "1", "smallest margin", AT(sizing.margin)},
    {"sizing", "cost_usd", F64, {CANDIDATE}, "USD", "cost", AT(sizing.cost_usd)},
    {"sizing", "best_response_s", F64, {RESPONSE}, "s", "response time of best_units", AT(sizing.best_response_s)},
    {"sizing", "best_units", I64, {RESPONSE}, "1", "smallest count without a FAIL, -1 = none", AT(sizing.best_units)},
    {"sizing", "best_candidate", I64, {RESPONSE}, "1", "index of the candidate of best_units, or of the closest", AT(sizing.best_candidate)},
    {"sizing", "why", TEXT, {RESPONSE}, "1", "why no count passes, empty where one does", AT(sizing.why)},
};
/* clang-format on */

const st_schema_row *st_schema(size_t *n)
{
    *n = sizeof rows / sizeof rows[0];
    return rows;
}

const char *st_axis_name(st_axis axis)
{
    static const char *const names[ST_AXES] = {
        [ST_AXIS_NONE] = "",
        [ST_AXIS_RACK] = "rack",
        [ST_AXIS_FREQ] = "frequency_hz",
        [ST_AXIS_FREQ_SLOW] = "frequency_slow_hz",
        [ST_AXIS_BAND] = "band",
        [ST_AXIS_WINDOW] = "ramp_window_s",
        [ST_AXIS_UPDOWN] = "direction",
        [ST_AXIS_EVENT] = "event",
        [ST_AXIS_FREQ_SITE] = "frequency_hz",
        [ST_AXIS_SPAN] = "spectrogram_time_s",
        [ST_AXIS_BUCKET] = "envelope_time_s",
        [ST_AXIS_BUCKET_FINE] = "time_s",
        [ST_AXIS_STAGE] = "stage",
        [ST_AXIS_DEPTH] = "depth",
        [ST_AXIS_VERDICT] = "verdict",
        [ST_AXIS_CANDIDATE] = "candidate",
        [ST_AXIS_RESPONSE] = "best_response_s",
        [ST_AXIS_ONE] = "one",
    };
    return names[axis];
}

const void *st_schema_data(const st_schema_row *row, const st_result *result)
{
    const void *data;
    if (row->words != NULL) {
        return row->words;
    }
    if (row->kept) {
        const st_kept *kept = (const st_kept *)((const char *)result + row->offset);
        return kept->scratch != NULL ? kept : NULL;
    }
    memcpy(&data, (const char *)result + row->offset, sizeof data);
    return data;
}
