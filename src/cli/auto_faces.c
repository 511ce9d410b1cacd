/* auto_faces.c - the faces of a picture that is looked at, and which of them would gain (pipeline/face_gain.h). */
#include "cli/auto_faces.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/detect.h"
#include "cli/model_choice.h"
#include "cli/repair.h"
#include "cli/whole_pictures.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "pipeline/face_gain.h"

anew_status cli_auto_faces_open(cli_auto_faces **faces, const cli_options *options,
                                anew_error *error)
{
    anew_status status = ANEW_OK;
    *faces = NULL;
    if (!cli_mends_by_itself(options))
        return ANEW_OK;
    cli_auto_faces *a = anew_alloc_zero(sizeof *a);
    if (a == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for faces");
    ANEW_TRY_GOTO(cli_face_models_find(&a->found, error), fail);
    a->options = *options;
    if (options->detector == NULL)
        a->options.detector = a->found.detector.path;
    if (options->face_model == NULL)
        a->options.face_model = a->found.restorer.path;
    if (a->options.detector == NULL || a->options.face_model == NULL)
        goto fail;
    *faces = a;
    return ANEW_OK;
fail:
    cli_auto_faces_close(&a);
    return status;
}

void cli_auto_faces_close(cli_auto_faces **faces)
{
    if (*faces == NULL)
        return;
    anew_detector_close(&(*faces)->finder);
    anew_model_close(&(*faces)->finder_model);
    cli_mender_close(&(*faces)->mender);
    cli_face_models_free(&(*faces)->found);
    anew_free(*faces);
    *faces = NULL;
}

uint64_t cli_auto_faces_mark(const cli_auto_faces *faces)
{
    if (faces == NULL)
        return 0;
    const char *const paths[] = {faces->options.detector, faces->options.face_model};
    uint64_t hash = ANEW_HASH_START;
    for (int i = 0; i < 2; i++) {
        struct stat facts;
        hash = anew_hash(hash, paths[i], strlen(paths[i]) + 1);
        if (stat(paths[i], &facts) != 0)
            continue;
        hash = anew_hash(hash, &facts.st_size, sizeof facts.st_size);
        hash = anew_hash(hash, &facts.st_mtim, sizeof facts.st_mtim);
    }
    return anew_hash_mixed(hash);
}

/* ---- the models, when they are needed ------------------------------------------------------------------ */

static bool give_up(cli_auto_faces *a, const anew_error *error)
{
    (void)snprintf(a->problem, sizeof a->problem, "%.199s", error->text);
    return false;
}

static void digest_of(char digest[ANEW_SHA256_TEXT], const cli_options *options,
                      const anew_model *model)
{
    if (!options->no_provenance && !options->image.strip)
        anew_model_digest(model, digest);
}

static bool has_finder(cli_auto_faces *a)
{
    anew_error error = {0};
    if (a->mender.detector != NULL || a->problem[0] != '\0')
        return a->problem[0] == '\0';
    if (cli_mender_open_finder(&a->mender, &a->options, &error) != ANEW_OK ||
        cli_detector_open(&a->finder_model, &a->finder, &a->options, &error) != ANEW_OK)
        return give_up(a, &error);
    digest_of(a->detector_digest, &a->options, a->mender.detector_model);
    return true;
}

static bool has_restorer(cli_auto_faces *a)
{
    anew_error error = {0};
    if (a->mender.restorer != NULL)
        return true;
    if (cli_mender_open_restorer(&a->mender, &error) != ANEW_OK)
        return give_up(a, &error);
    digest_of(a->restorer_digest, &a->options, a->mender.restorer_model);
    return true;
}

/* ---- a picture --------------------------------------------------------------------------------------------- */

/* As the run will read it. */
static anew_status read_picture(anew_image *image, const char *path, const cli_options *options,
                                anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image shape;
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_image_reader_open(&reader, &shape, path, &options->limits, error));
    if (options->to_srgb)
        status = anew_image_reader_to_srgb(reader, error);
    if (status == ANEW_OK)
        status = anew_image_reader_all(reader, image, error);
    anew_image_reader_close(&reader);
    return status;
}

/* All of those that --faces would mend, or their numbers; what was found goes with it. */
static anew_status wish_for(cli_face_wish *wish, const cli_auto_faces *a,
                            const anew_face_report *report, const bool *gains, int count,
                            anew_error *error)
{
    /* Of a picture that is filled in first the detector sees another one. */
    const bool repairs = cli_repair_is_on(&a->options);
    int usual = 0, chosen = 0;
    for (int i = 0; i < count; i++) {
        usual += report[i].fate == ANEW_FACE_RESTORED;
        chosen += gains[i];
    }
    if (chosen == 0)
        return ANEW_OK;
    wish->options = a->options.faces;
    if (chosen < usual && chosen <= ANEW_MOST_FACE_NUMBERS && !repairs) {
        wish->options.choice = ANEW_FACES_NUMBERS;
        wish->options.number_count = 0;
        for (int i = 0; i < count; i++)
            if (gains[i])
                wish->options.numbers[wish->options.number_count++] = i + 1;
    }
    wish->mended = wish->options.choice == ANEW_FACES_NUMBERS ? chosen : usual;
    wish->mender = &a->mender;
    if (repairs)
        return ANEW_OK;
    wish->found = anew_alloc(anew_size_mul((size_t)count, sizeof *wish->found));
    if (wish->found == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for %d faces", count);
    wish->count = count;
    for (int i = 0; i < count; i++)
        wish->found[i] = (anew_face_wish){.face = report[i].face, .strength = -1, .fidelity = -1};
    return ANEW_OK;
}

static bool has_candidate(const anew_face_report *report, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++)
        any = any || report[i].fate == ANEW_FACE_RESTORED;
    return any;
}

/* Those of the report that gain into the wish. */
static anew_status choose(cli_face_wish *wish, const cli_auto_faces *a,
                          const cli_auto_picture *picture, const anew_image *image,
                          const anew_face_report *report, int count, anew_error *error)
{
    const anew_enhance_options *e = &a->options.enhance;
    anew_choice choice;
    anew_isa isa;
    anew_choose(&choice, picture->findings);
    const anew_face_need need = {.side = anew_face_restorer_side(a->mender.restorer),
                                 .enlarge = (double)picture->width / image->width,
                                 .damage = choice.restore_strength};
    if (!anew_isa_detect(&isa, e->cpu))
        return ANEW_OK; /* the run says it */
    bool *gains = anew_alloc_zero((size_t)count);
    if (gains == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for %d faces", count);
    anew_status status = anew_faces_that_gain(
        gains, report, count, image, picture->findings->noise_luma, &need,
        anew_row_kernels_for(isa), e->threads > 0 ? e->threads : anew_parallel_threads(), error);
    if (status == ANEW_OK)
        status = wish_for(wish, a, report, gains, count, error);
    anew_free(gains);
    return status;
}

/* The engine is to have as much as what is kept beside it: nobody has asked for that. */
static bool has_room(const cli_auto_faces *a, const cli_face_wish *wish,
                     const cli_auto_picture *picture, const anew_image *image)
{
    const cli_whole whole =
        cli_whole_pictures(&a->options, wish, image, picture->width, picture->height);
    return whole.peak <= cli_whole_allowed(&a->options.enhance) / 2;
}

anew_status cli_auto_faces_choose(cli_face_wish *wish, char *said, size_t size, cli_auto_faces *a,
                                  const cli_auto_picture *picture, anew_error *error)
{
    anew_image image = {0};
    anew_face_work *work = NULL;
    anew_error own = {0};
    int count = 0;
    *wish = (cli_face_wish){.mender = NULL};
    said[0] = '\0';
    if (picture->findings->drawing || !has_finder(a)) {
        if (a->problem[0] != '\0')
            (void)snprintf(said, size, "; faces are not looked for: %s", a->problem);
        return ANEW_OK;
    }
    ANEW_TRY(read_picture(&image, picture->path, &a->options, error));
    /* The detector, beside the picture. */
    const size_t bytes = anew_size_mul(anew_size_mul((size_t)image.width, (size_t)image.height),
                                       (size_t)image.channels * (size_t)(image.depth / 8));
    if (a->options.enhance.memory > 0)
        anew_detector_set_memory(
            a->finder, a->options.enhance.memory > bytes ? a->options.enhance.memory - bytes : 1);
    anew_status status =
        anew_face_work_create(&work, NULL, a->finder, &image, &a->options.faces, NULL, &own);
    if (status == ANEW_OK) {
        const anew_face_report *report = anew_face_work_report(work, &count);
        if (has_candidate(report, count)) {
            if (has_restorer(a))
                status = choose(wish, a, picture, &image, report, count, &own);
            else
                (void)snprintf(said, size, "; faces are not mended: %s", a->problem);
        }
    }
    /* What is too much for the memory is no reason to leave the rest undone. */
    if (status != ANEW_OK) {
        cli_face_wish_free(wish);
        (void)snprintf(said, size, "; faces are not looked for: %s", own.text);
    } else if (wish->mended > 0 && !has_room(a, wish, picture, &image)) {
        cli_face_wish_free(wish);
        (void)snprintf(said, size, "; faces are not mended: too little memory (--memory)");
    } else if (wish->mended > 0) {
        (void)snprintf(said, size, "; %d face%s mended", wish->mended,
                       wish->mended == 1 ? "" : "s");
    }
    anew_face_work_free(&work);
    anew_image_free(&image);
    return ANEW_OK;
}

/* ---- the record ---------------------------------------------------------------------------------------------- */

/* As if it had been given. */
static void give(cli_options *options, option_id id, const char *text)
{
    options->given[id] = true;
    options->texts[id] = text;
}

void cli_auto_faces_record(cli_options *options, char numbers[CLI_FACE_NUMBERS],
                           const cli_auto_faces *faces, const cli_face_wish *wish)
{
    size_t at = 0;
    numbers[0] = '\0';
    for (int i = 0; i < wish->options.number_count && at + 8 < CLI_FACE_NUMBERS; i++)
        at += (size_t)snprintf(numbers + at, CLI_FACE_NUMBERS - at, "%s%d", i > 0 ? "," : "",
                               wish->options.numbers[i]);
    give(options, OPT_FACES, numbers[0] == '\0' ? NULL : numbers);
    if (!options->given[OPT_DETECTOR])
        give(options, OPT_DETECTOR, faces->found.detector.name);
    if (!options->given[OPT_FACE_MODEL])
        give(options, OPT_FACE_MODEL, faces->found.restorer.name);
}
