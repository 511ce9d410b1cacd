/* finish_options.c - see finish_options.h. */
#include "cli/finish_options.h"

#include <stdlib.h>

/* Of --faithful alone: a standard deviation of 1.4 of 255. */
#define FAITHFUL 45.0

/* BLACK,WHITE[,GAMMA] */
static anew_status read_levels(anew_tone_options *tone, const char *place, const char *value,
                               anew_error *error)
{
    double numbers[3] = {0, 0, 1};
    const char *at = value;
    int count = 0;
    while (count < 3) {
        char *end = NULL;
        numbers[count] = strtod(at, &end);
        if (end == at)
            break;
        count++;
        at = end;
        if (*at != ',')
            break;
        at++;
    }
    const bool usable = numbers[0] >= 0 && numbers[1] <= 255 && numbers[1] - numbers[0] >= 1 &&
                        numbers[2] >= 0.1 && numbers[2] <= 10;
    if (count < 2 || *at != '\0' || at[-1] == ',' || !usable)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s%s: must be BLACK,WHITE or BLACK,WHITE,GAMMA, such as 12,240,1.1: "
                         "0 <= BLACK < WHITE <= 255, and GAMMA from 0.1 to 10",
                         place, value);
    tone->levels = true;
    tone->black = numbers[0] / 255;
    tone->white = numbers[1] / 255;
    tone->gamma = numbers[2];
    return ANEW_OK;
}

static anew_status read_mask_path(cli_options *to, const char *place, const char *value,
                                  anew_error *error)
{
    const anew_format format = anew_format_of_path(value);
    if (format == ANEW_FORMAT_UNKNOWN || format == ANEW_FORMAT_BMP)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s%s: must end in .png, .pgm or another format that is written", place,
                         value);
    to->scratch_mask = value;
    return ANEW_OK;
}

anew_status cli_store_finish(cli_options *to, option_id id, const char *place, const char *value,
                             double number, anew_error *error)
{
    anew_finish_options *o = &to->finish;
    if (id == OPT_FAITHFUL)
        o->faithful = value == NULL ? FAITHFUL : number;
    else if (id == OPT_COLOUR_LOCK)
        o->colour_lock = number;
    else if (id == OPT_SCRATCHES)
        to->scratches = value;
    else if (id == OPT_SCRATCH_MASK)
        return read_mask_path(to, place, value, error);
    else if (id == OPT_ERASE)
        to->erase = value;
    else if (id == OPT_GUARD)
        o->guard = number;
    else if (id == OPT_SHARPEN)
        o->sharpen = number;
    else if (id == OPT_GRAIN)
        o->grain = number;
    else if (id == OPT_GRAIN_SEED) {
        o->grain_seeded = true;
        o->grain_seed = (uint32_t)number;
    } else if (id == OPT_WHITE_BALANCE)
        o->tone.white_balance = number > 0;
    else if (id == OPT_RESTORE_TONE)
        o->tone.restore = number;
    else if (id == OPT_LEVELS)
        return read_levels(&o->tone, place, value, error);
    else if (id == OPT_CONTRAST)
        o->tone.contrast = number;
    else if (id == OPT_SATURATION)
        o->tone.saturation = number;
    return ANEW_OK;
}
