/* show_sizing.c - what a sizing found, and which battery load, draw and verdicts stand behind.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <string.h>

#include "cli/format.h"
#include "cli/size_table.h"

static bool in_site(const st_site *site, const char *name)
{
    for (size_t s = 0; site != NULL && s < site->n_stages; s++) {
        if (strcmp(site->stages[s].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The stage that the sizing put in: the one that the site as given does not have. */
static int chosen_name(show_page *page, const char **name)
{
    const char *const *stages;
    size_t n;
    const int code = cli_strings(page->run, page->summary, "battery/stage", &stages, &n);
    *name = NULL;
    for (size_t i = 0; code == 0 && page->site != NULL && i < n; i++) {
        *name = in_site(page->site, stages[i]) ? *name : stages[i];
    }
    return code;
}

/* The attribute `site` keeps the count that was given. */
static int print_behind(show_page *page, const cli_sized *sized)
{
    const char *name;
    char line[512], count[CLI_NUMBER], response[CLI_NUMBER];
    const int code = chosen_name(page, &name);
    if (code != 0) {
        return code;
    }
    if (sized->units == 0) {
        snprintf(line, sizeof line,
                 "Load, draw and verdicts are those without the battery that was sized, not those "
                 "of the site as it is given.");
    } else {
        snprintf(
            line, sizeof line,
            "Load, draw and verdicts are those behind %s units with a response of %s%s%.200s%s, "
            "not those of the site as it is given.",
            cli_count(count, sized->units), cli_seconds(response, sized->response_s),
            name != NULL ? " (" : "", name != NULL ? name : "", name != NULL ? ")" : "");
    }
    page->lines += (int)cli_wrap(page->out, 0, line);
    return 0;
}

bool show_has_sizing(const show_page *page)
{
    return st_summary_has(page->summary, "sizing/best_candidate");
}

int show_sizing(show_page *page)
{
    cli_sized sized;
    if (!show_has_sizing(page)) {
        return 0;
    }
    fputc('\n', page->out->file);
    const int code = cli_size_kept(page->run, page->summary, page->path, &sized);
    if (code != 0) {
        return code;
    }
    page->lines += 1 + (int)sized.lines;
    return sized.units < 0 ? 0 : print_behind(page, &sized);
}
