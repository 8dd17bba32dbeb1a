/* input.c - options that say how a recording is read. */
#include "cli/input.h"

int cli_trace_options(const cli_arguments *arguments, st_trace_options *options)
{
    static const char *const axes[] = {"0", "1", NULL};
    static const char *const units[] = {"W", "kW", "MW", NULL};
    int unit = -1;
    *options = (st_trace_options)ST_TRACE_OPTIONS_DEFAULT;
    options->dataset = cli_value(arguments, "dataset");
    int code = cli_word(arguments, "time-axis", axes, &options->time_axis);
    if (code == 0) {
        code = cli_duration(arguments, "period", &options->period_ns);
    }
    if (code == 0) {
        code = cli_word(arguments, "unit", units, &unit);
    }
    options->unit = unit >= 0 ? units[unit] : NULL;
    return code;
}
