/* whole_pictures.c - counts the pictures and planes of the tools, as finish/, pipeline/finishing.c and repair.c make them. */
#include "cli/whole_pictures.h"

#include <stdio.h>
#include <string.h>

#include "cli/repair.h"
#include "core/machine_memory.h"
#include "core/memory.h"

/* Bytes a pixel. The search for scratches: luma, top-hat, its mean and colours, and where all of a picture were lines,
 * heights, differences, directions, their numbers, their pixels and their measures. The in-fill: planes of floats, states,
 * distances, and a heap that is short beside them. */
#define MARKS         1
#define SEARCH        37
#define FILL(colours) (4 * (colours) + 6)

/* Of the picture, floats a pixel: what --faithful lacks; means, variances and a map for --guard, --grain. */
#define FINISHING(colours) (4 * (3 * (colours) + 4))

static const char *first_of(const cli_options *o)
{
    static const option_id ids[] = {OPT_SCRATCHES, OPT_ERASE, OPT_FAITHFUL,      OPT_COLOUR_LOCK,
                                    OPT_GUARD,     OPT_GRAIN, OPT_WHITE_BALANCE, OPT_RESTORE_TONE};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (o->given[ids[i]])
            return cli_option_table[ids[i]].name;
    return cli_option_table[OPT_FACES].name;
}

/* The result, the picture as the faces' network sees it, and the stage itself. */
static size_t bytes_of_faces(const cli_face_wish *faces, size_t picture, size_t result, int width,
                             int channels)
{
    const anew_face_restorer *restorer = faces->mender->restorer;
    anew_error ignored;
    size_t stage = 0;
    /* Where its memory cannot be planned, running it says why. */
    if (anew_face_stage_bytes(&stage, restorer, faces->mender->detector, width, &ignored) !=
        ANEW_OK)
        stage = anew_face_restorer_bytes(restorer);
    stage = anew_size_add(
        stage, anew_size_mul((size_t)faces->mended, anew_face_kept_bytes(restorer, channels)));
    return anew_size_add(anew_size_add(picture, result), stage);
}

cli_whole cli_whole_pictures(const cli_options *o, const cli_face_wish *faces, const anew_image *in,
                             int width, int height)
{
    cli_whole whole = {0};
    const bool repairs = cli_repair_is_on(o), on = anew_finish_is_on(&o->finish);
    const bool reference = on && anew_finish_needs_input(&o->finish);
    const bool result = on && anew_finish_needs_result(&o->finish);
    if (!repairs && !reference && faces->mender == NULL)
        return whole;
    const size_t colours = in->channels >= 3 ? 3 : 1, sample = (size_t)in->depth / 8;
    const size_t pixels = anew_size_mul((size_t)in->width, (size_t)in->height);
    const size_t enlarged = anew_size_mul((size_t)width, (size_t)height);
    const size_t picture = anew_size_mul(pixels, (size_t)in->channels * sample);
    size_t before = 0, after = 0;
    whole.because = repairs || reference ? first_of(o) : "faces";
    whole.kept = picture;
    if (repairs)
        before = anew_size_mul(pixels,
                               MARKS + (SEARCH > FILL(colours) ? (size_t)SEARCH : FILL(colours)));
    if (reference)
        whole.kept = anew_size_add(whole.kept, anew_size_mul(pixels, 4 * colours));
    if (result) {
        whole.kept = anew_size_add(whole.kept, anew_size_mul(enlarged, 4 * (size_t)in->channels));
        after = anew_size_mul(pixels, FINISHING(colours));
    }
    if (faces->mender != NULL)
        whole.kept = anew_size_add(
            whole.kept, bytes_of_faces(faces, picture,
                                       anew_size_mul(enlarged, (size_t)in->channels *
                                                                   (on ? sizeof(float) : sample)),
                                       width, in->channels));
    const size_t at_first = anew_size_add(picture, before);
    whole.peak = anew_size_add(whole.kept, after);
    whole.peak = whole.peak > at_first ? whole.peak : at_first;
    return whole;
}

/* Canvases have alpha. Of the picture: the canvas, what a frame draws upon it, this frame and the one before; of the
 * result: this frame, the one before, and what is written of it. */
#define CANVAS  4
#define SOURCES 2
#define RESULTS 3

void cli_whole_animation(cli_whole *whole, const anew_image *in, int width, int height)
{
    const size_t sample = (size_t)in->depth / 8, channels = (size_t)in->channels;
    const size_t pixels = anew_size_mul((size_t)in->width, (size_t)in->height);
    const size_t enlarged = anew_size_mul((size_t)width, (size_t)height);
    const size_t kept = anew_size_add(anew_size_mul(pixels, sample * SOURCES * (CANVAS + channels)),
                                      anew_size_mul(enlarged, sample * RESULTS * channels));
    whole->kept = anew_size_add(whole->kept, kept);
    whole->peak = anew_size_add(whole->peak, kept);
    if (whole->because == NULL)
        whole->because = CLI_ANIMATION;
}

/* What keeps it, as messages say it. */
static const char *keeper(char text[64], const cli_whole *whole)
{
    if (strcmp(whole->because, CLI_ANIMATION) == 0)
        return "an animation";
    (void)snprintf(text, 64, "--%.48s", whole->because);
    return text;
}

/* Who says nothing leaves the engine its share; so much again may be kept beside it. */
size_t cli_whole_allowed(const anew_enhance_options *enhance)
{
    return enhance->memory > 0 ? enhance->memory : anew_size_mul(anew_default_memory(), 2);
}

anew_status cli_whole_take_faces(anew_enhance_options *enhance, cli_whole *whole,
                                 const cli_face_wish *faces, int count, int channels,
                                 const char *name, anew_error *error)
{
    const size_t more = anew_size_mul(count > faces->mended ? (size_t)(count - faces->mended) : 0,
                                      anew_face_kept_bytes(faces->mender->restorer, channels));
    whole->kept = anew_size_add(whole->kept, more);
    whole->peak = anew_size_add(whole->peak, more);
    if (enhance->memory == 0)
        return ANEW_OK;
    if (more >= enhance->memory)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %d faces take %.0f MiB, all that --memory leaves beside the pictures",
                         name, count, (double)more / 1048576);
    enhance->memory -= more;
    return ANEW_OK;
}

anew_status cli_whole_share(anew_enhance_options *enhance, const cli_whole *whole, const char *name,
                            anew_error *error)
{
    if (whole->because == NULL)
        return ANEW_OK;
    const size_t own = anew_default_memory();
    char text[64];
    size_t all = cli_whole_allowed(enhance);
    if (enhance->memory_parts > 1) {
        all = (size_t)((double)all * enhance->memory_part / enhance->memory_parts);
        enhance->memory_part = enhance->memory_parts = 0;
    }
    if (whole->peak >= all)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %s sees the picture as a whole, which takes %.0f MiB beside the "
                         "engine; %.0f MiB are allowed (--memory)",
                         name, keeper(text, whole), (double)whole->peak / 1048576,
                         (double)all / 1048576);
    const size_t left = all - whole->peak;
    enhance->memory = enhance->memory == 0 && left > own ? own : left;
    return ANEW_OK;
}

anew_status cli_whole_explain(const cli_whole *whole, anew_status status, anew_error *error)
{
    const anew_error said = *error;
    char text[64];
    if (whole->because != NULL && status == ANEW_ERROR_LIMIT)
        anew_error_set(error, status,
                       "%s; pictures that %s keeps whole take %.1f MiB of what is allowed",
                       said.text, keeper(text, whole), (double)whole->peak / 1048576);
    return status;
}
