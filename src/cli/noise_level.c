/* noise_level.c - from anew_look's estimate to the level of each channel. */
#include "cli/noise_level.h"

#include <math.h>
#include <string.h>

/*
 * White noise of deviation s in each of red, green and blue has the variance (0.299^2 + 0.587^2 + 0.114^2) s^2 = 0.447
 * s^2 in Y, and in Cb and Cr on average 0.410 s^2; the same noise in all three has s^2 in Y and none in Cb and Cr. Y +
 * 1.35 C is s^2 for both.
 */
#define CHROMA_SHARE 1.35
#define MOST         75.0 /* as networks are trained */

anew_status cli_noise_level(anew_enhance_options *options, const cli_options *given,
                            const anew_pass_list *passes, const char *path, anew_error *error)
{
    bool wanted = false;
    options->noise_level = given->noise_level >= 0 ? given->noise_level : CLI_NOISE_LEVEL;
    for (int i = 0; i < passes->count; i++) {
        anew_model_facts facts;
        if (passes->passes[i].model == NULL || wanted)
            continue;
        ANEW_TRY(anew_model_facts_of(&facts, passes->passes[i].model, error));
        wanted = facts.level;
    }
    if (!wanted || given->noise_level >= 0 || strcmp(path, "-") == 0)
        return ANEW_OK;
    anew_findings f;
    ANEW_TRY(anew_look_file(&f, path, error));
    const double level =
        sqrt(f.noise_luma * f.noise_luma + CHROMA_SHARE * f.noise_chroma * f.noise_chroma);
    options->noise_level = level < MOST ? level : MOST;
    return ANEW_OK;
}
