/* options_agree.c - options that say the same thing in several ways: which exclude each other, and which source decides. */
#include "cli/options.h"

/* Options of one group say the same thing in several ways; those of one way belong together. */
static const struct {
    option_id id;
    int group, way;
} ways[] = {{OPT_EXACT, 0, 0},  {OPT_PRECISION, 0, 1},     {OPT_FAST, 0, 2},
            {OPT_SCALE, 1, 0},  {OPT_WIDTH, 1, 1},         {OPT_HEIGHT, 1, 1},
            {OPT_FIT, 1, 2},    {OPT_MEGAPIXELS, 1, 3},    {OPT_PRINT, 1, 4},
            {OPT_FORCE, 2, 0},  {OPT_SKIP_EXISTING, 2, 1}, {OPT_MODEL, 3, 0},
            {OPT_UPSCALE, 3, 1}};

#define WAYS (sizeof ways / sizeof ways[0])

bool cli_is_decided(const cli_options *options, option_id id, cli_source source)
{
    if (options->source[id] != CLI_FROM_NOWHERE && options->source[id] < source)
        return true;
    /* The dots an inch that came with a size on paper. */
    if (id == OPT_DPI && options->targets.paper_dpi > 0 && options->source[OPT_PRINT] < source)
        return true;
    for (size_t i = 0; i < WAYS; i++)
        for (size_t k = 0; k < WAYS && ways[i].id == id; k++)
            if (ways[k].group == ways[i].group && ways[k].way != ways[i].way &&
                options->given[ways[k].id] && options->source[ways[k].id] < source)
                return true;
    return false;
}

anew_status cli_agree(const cli_options *options, anew_error *error)
{
    for (size_t i = 0; i < WAYS; i++)
        for (size_t k = i + 1; k < WAYS; k++)
            if (ways[i].group == ways[k].group && ways[i].way != ways[k].way &&
                options->given[ways[i].id] && options->given[ways[k].id])
                return anew_fail(error, ANEW_ERROR_ARGUMENT, "--%s and --%s exclude each other",
                                 cli_option_table[ways[i].id].name,
                                 cli_option_table[ways[k].id].name);
    const cli_targets *t = &options->targets;
    if (t->dpi > 0 && t->paper_dpi > 0 && (t->dpi < t->paper_dpi || t->dpi > t->paper_dpi) &&
        options->source[OPT_DPI] == options->source[OPT_PRINT])
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--dpi %g and the %g of --print exclude each other", t->dpi, t->paper_dpi);
    return ANEW_OK;
}
