/* filter_list.c - the filters that a dataset names, as our pipeline and as words.
 * Apart from filter.c because it asks HDF5. */
#include <stdio.h>
#include <string.h>

#include "io/trace_file.h"

enum { VALUES_MOST = 16 };

static void add_word(char *words, size_t size, const char *word)
{
    const size_t used = strlen(words);
    snprintf(words + used, size - used, "%s%s", used > 0 ? "+" : "", word);
}

/* The words of filters that we know. */
static const struct {
    int id;
    const char *word;
} known[] = {
    {ST_FILTER_DEFLATE, "deflate"},
    {ST_FILTER_SHUFFLE, "shuffle"},
    {ST_FILTER_FLETCHER32, "fletcher32"},
    {ST_FILTER_LZF, "LZF"},
    {ST_FILTER_LZ4, "LZ4"},
    {ST_FILTER_BITSHUFFLE, "bitshuffle"},
    {ST_FILTER_ZSTD, "zstd"},
};

static bool describe(int id, char *words, size_t size)
{
    char number[32];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].id == id) {
            add_word(words, size, known[i].word);
            return true;
        }
    }
    snprintf(number, sizeof number, "filter %d", id);
    add_word(words, size, number);
    return false;
}

/* Bitshuffle's values: version, version, element bytes, block elements, compression. */
static bool fill_bitshuffle(const unsigned *values, size_t n, st_filter *filter, char *words,
                            size_t size)
{
    filter->element = n > 2 ? values[2] : filter->element;
    filter->block = n > 3 ? values[3] : 0;
    filter->codec = n > 4 ? (st_bitshuffle_codec)values[4] : ST_BITSHUFFLE_PLAIN;
    if (filter->codec == ST_BITSHUFFLE_LZ4) {
        add_word(words, size, "LZ4");
    } else if (filter->codec == ST_BITSHUFFLE_ZSTD) {
        add_word(words, size, "zstd");
    }
    return filter->codec == ST_BITSHUFFLE_PLAIN || filter->codec == ST_BITSHUFFLE_LZ4 ||
           filter->codec == ST_BITSHUFFLE_ZSTD;
}

bool st_pipeline_from_list(hid_t list, size_t element, st_pipeline *pipeline, char *words,
                           size_t size)
{
    const int n = H5Pget_nfilters(list);
    bool ours = n >= 0;
    pipeline->n = 0;
    words[0] = '\0';
    for (int i = 0; i < n; i++) {
        unsigned flags, values[VALUES_MOST] = {0}, config;
        size_t n_values = VALUES_MOST;
        char name[8];
        const int id = H5Pget_filter2(list, (unsigned)i, &flags, &n_values, values, sizeof name,
                                      name, &config);
        const size_t usable = n_values < VALUES_MOST ? n_values : VALUES_MOST;
        ours = describe(id, words, size) && ours && i < ST_FILTERS_MOST;
        if (!ours) {
            continue;
        }
        st_filter *filter = &pipeline->filter[pipeline->n++];
        *filter = (st_filter){(st_filter_id)id, element, 0, ST_BITSHUFFLE_PLAIN};
        if (id == ST_FILTER_BITSHUFFLE) {
            ours = fill_bitshuffle(values, usable, filter, words, size);
        } else if (id == ST_FILTER_SHUFFLE && usable > 0) {
            filter->element = values[0];
        }
    }
    return ours && st_pipeline_known(pipeline);
}
