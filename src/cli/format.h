/* format.h - numbers as engineers write them: three digits, a prefix, a unit; times after a start.
 * Each writes NUL-terminated text into `out` and returns it. A number that is not there is "-". */
#ifndef ST_CLI_FORMAT_H
#define ST_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { CLI_NUMBER = 48 }; /* bytes that any of them needs */

/* 3 significant digits, fewer for round numbers, all digits of the whole part, no exponent from
 * 1e-3 to 1e9: "0.351", "12.3", "20", "1,234". */
char *cli_number(char out[CLI_NUMBER], double value);
/* "12.3 MW", "-5.21 kW"; W. */
char *cli_power(char out[CLI_NUMBER], double power_w);
/* "2.31 GWh", "4.68 kWh"; from J. */
char *cli_energy(char out[CLI_NUMBER], double energy_j);
/* "340 ms", "12.5 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"; s. */
char *cli_seconds(char out[CLI_NUMBER], double seconds);
/* "8.82 Hz", "1 kHz". */
char *cli_frequency(char out[CLI_NUMBER], double frequency_hz);
/* "1.23 GB". */
char *cli_bytes(char out[CLI_NUMBER], double bytes);
/* "177,209,344". */
char *cli_count(char out[CLI_NUMBER], int64_t count);
/* "+12 %", "-35 %", "-0.4 %" of a share. */
char *cli_signed_percent(char out[CLI_NUMBER], double share);
/* "99.98 %" of a share; 100 % only when nothing is missing. */
char *cli_percent(char out[CLI_NUMBER], double share);
/* HH:MM:SS.mmm after the start; "-" when either is unknown (INT64_MIN). */
char *cli_clock(char out[CLI_NUMBER], int64_t time_ns, int64_t start_ns);
/* "2026-03-01T12:00:00.000Z" of ns UTC since 1970. */
char *cli_date(char out[CLI_NUMBER], int64_t time_ns);

#endif
