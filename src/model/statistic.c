/* statistic.c - the one table of statistics.
 * Serves limits and assess; knows no formula. */
#include "model/statistic.h"

#define ROW(key_, member, si_, low_, above_, high_, unit_) \
    {                                                      \
        .key = #key_,                                      \
        .range = {low_, high_, above_, unit_},             \
        .si = si_,                                         \
        .offset = offsetof(st_statistic, member),          \
    },
/* clang-format off */
const st_parameter st_parameters[ST_PARAMETER_KINDS] = {
    ST_PARAMETERS(ROW)
    [ST_PARAMETER_direction] = {.key = "direction"},
    [ST_PARAMETER_form] = {.key = "form"},
    [ST_PARAMETER_lamp] = {.key = "lamp"},
};
/* clang-format on */
#undef ROW

#define ROW(name_, kind_, family_, required_, optional_) \
    [ST_STAT_##kind_] = {#name_, ST_STAT_##kind_, ST_FAMILY_##family_, required_, optional_},
static const st_statistic_row table[ST_STAT_KINDS] = {ST_STATISTICS(ROW)};
#undef ROW

const st_statistic_row *st_statistic_row_of(st_statistic_kind kind)
{
    return &table[kind];
}

const char *st_statistic_name(st_statistic_kind kind)
{
    return (size_t)kind < ST_STAT_KINDS ? table[kind].name : "unknown";
}

void st_statistic_parameter_words(const st_statistic_row *row, st_words *words)
{
    st_words_add(words, "kind");
    for (unsigned p = 0; p < ST_PARAMETER_KINDS; p++) {
        if (((row->required | row->optional) >> p & 1) != 0) {
            st_words_add(words, st_parameters[p].key);
        }
    }
}
