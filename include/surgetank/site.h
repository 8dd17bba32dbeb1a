/* site.h - what stands between the racks and the grid: multiplicity, storage stages, generation.
 * Read from data/sites/NAME.yaml; consumed by respond and assess. */
#ifndef SURGETANK_SITE_H
#define SURGETANK_SITE_H

#include <stdint.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum st_replicate {
    ST_REPLICATE_LOCKSTEP,
    ST_REPLICATE_INCOHERENT,
    ST_REPLICATE_MEASURED
} st_replicate;
typedef enum st_place { ST_PLACE_RACK, ST_PLACE_SITE } st_place;
typedef enum st_stage_kind {
    ST_STAGE_STORAGE,
    ST_STAGE_SMOOTHING /* GPU power smoothing, at the racks: no energy is stored */
} st_stage_kind;
typedef enum st_control { ST_CONTROL_SMOOTH, ST_CONTROL_RAMP } st_control;

/* One stage with every number resolved (unit type x units already multiplied out). */
typedef struct st_stage {
    char *name;
    st_stage_kind kind;
    st_place place;
    char *unit;                  /* unit type of data/units.yaml, or NULL */
    int64_t units;               /* count of unit, 0 when power and energy were given directly */
    double power_w;              /* charge and discharge limit, W, > 0 */
    double energy_j;             /* capacity, J, > 0 */
    double response_s;           /* Tp, first-order lag, s, >= 0 */
    double delay_s;              /* Td, s, >= 0; whole samples after rounding */
    double efficiency_charge;    /* (0, 1] */
    double efficiency_discharge; /* (0, 1] */
    double soc_min, soc_max, soc_start; /* share of energy, 0 <= min <= start <= max <= 1 */
    st_control control;
    double tau_s;           /* smoothing time constant, s, > 0 */
    double ramp_up_w_per_s; /* target ramp limits, W/s, > 0; used with ST_CONTROL_RAMP, and by
                              * smoothing, where INFINITY is no limit */
    double ramp_down_w_per_s;
    double soc_recovery_s; /* s; 0 = off */
    double price_usd;      /* of one unit; NaN when not stated */
    /* ST_STAGE_SMOOTHING, of one rack; power, energy and charge are 0 then */
    double floor_w;      /* W, held while the rack was above active_w ... */
    double active_w;     /* W, ... */
    double stop_delay_s; /* ... within the last so many s */
    double ceiling_w;    /* W; INFINITY = none */
    char *source;        /* where the numbers come from, or NULL */
} st_stage;

typedef struct st_generation {
    char *kind;          /* "substation" or "turbine" */
    double power_w;      /* W */
    double ramp_w_per_s; /* W/s; NaN when not stated */
    char *source;
} st_generation;

typedef struct st_site {
    char *name;
    char *title;      /* one line for people: "Colossus 2, Memphis: 550,000 GPUs, 1,100 MW" */
    double nominal_w; /* W, > 0 */
    int64_t gpus;
    int64_t racks; /* R' of the scaling, > 0 */
    char *source;
    char *notes; /* contradictions of the sources, or NULL */
    st_replicate replicate;
    size_t n_stages;
    st_stage *stages;
    size_t n_generation;
    st_generation *generation;
    char *path; /* the file it came from */
    char *yaml; /* its text, as written to the summary */
} st_site;

/* `name`: a preset of data_dir/sites, or a path (has a '/' or ends in .yaml).
 * ST_MISSING lists the known presets; ST_CONFIG names file, line and the allowed words. */
ST_API st_status st_site_load(st_context *ctx, const char *name, const char *data_dir,
                              st_site **site);
/* Accepts NULL. */
ST_API void st_site_destroy(st_site *site);

/* Names of the presets, sorted; free with st_names_free. */
ST_API st_status st_site_names(st_context *ctx, const char *data_dir, char ***names, size_t *n);
ST_API void st_names_free(char **names, size_t n);

#ifdef __cplusplus
}
#endif
#endif
