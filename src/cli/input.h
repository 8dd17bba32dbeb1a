/* input.h - options that say how a recording is read, shared by analyze and info. */
#ifndef ST_CLI_INPUT_H
#define ST_CLI_INPUT_H

#include "cli/cli.h"
#include "surgetank/trace.h"

/* Rows for an option table. */
#define CLI_TRACE_OPTIONS                                                     \
    {.name = "dataset",                                                       \
     .argument = "/PATH",                                                     \
     .standard = "/power",                                                    \
     .text = "where the power is in an HDF5 file that is not trace/1"},       \
        {.name = "time-axis",                                                 \
         .argument = "0|1",                                                   \
         .standard = "from the dimension scales",                             \
         .text = "which axis of the dataset is time"},                        \
        {.name = "period",                                                    \
         .argument = "TIME",                                                  \
         .standard = "attribute sample_period_ns",                            \
         .text = "time between samples: 1ms, 200us"},                         \
    {                                                                         \
        .name = "unit", .argument = "W|kW|MW", .standard = "attribute units", \
        .text = "unit of the numbers in the dataset"                          \
    }

/* 0 or 64. */
int cli_trace_options(const cli_arguments *arguments, st_trace_options *options);

#endif
