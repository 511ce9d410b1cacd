/* mend.c - what --faces takes, and its step in one picture's way. */
#include "cli/mend.h"

#include "cli/detect.h"
#include "cli/face_models.h"
#include "core/memory.h"
#include "pipeline/model_path.h"

/* --face-parser: with what the restorer leaves of the memory. */
static anew_status open_parser(cli_mender *mender, const cli_options *options, anew_error *error)
{
    const anew_enhance_options *e = &options->enhance;
    const anew_face_network_options how = {.precision = e->precision,
                                           .cpu = e->cpu,
                                           .threads = e->threads,
                                           .memory = e->memory,
                                           .engine = e->engine,
                                           .taken = anew_face_restorer_bytes(mender->restorer)};
    ANEW_TRY(anew_models_open(&mender->parser_model, options->face_parser, NULL, error));
    ANEW_TRY(anew_face_parser_open(&mender->parser, mender->parser_model, &how, error));
    anew_face_restorer_set_parser(mender->restorer, mender->parser);
    return ANEW_OK;
}

anew_status cli_mender_open_finder(cli_mender *mender, const cli_options *options,
                                   anew_error *error)
{
    mender->options = options;
    if (options->face_list != NULL)
        ANEW_TRY(cli_face_lists_read(&mender->lists, options->face_list, error));
    /* Whoever names the faces himself, and wants no guard, needs no detector. */
    if (!options->aligned && (mender->lists == NULL || options->faces.guard))
        ANEW_TRY(cli_detector_open(&mender->detector_model, &mender->detector, options, error));
    return ANEW_OK;
}

/* The one that is named, else the best that is found here. */
static anew_status open_model(cli_mender *mender, const cli_options *options, anew_error *error)
{
    cli_face_models found;
    if (options->face_model != NULL)
        return anew_models_open(&mender->restorer_model, options->face_model, NULL, error);
    anew_status status = cli_face_models_find(&found, error);
    if (status == ANEW_OK && found.restorer.name == NULL)
        status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "--faces needs --face-model FILE.anew (anew-convert makes it of GFPGAN "
                           "or CodeFormer)");
    if (status == ANEW_OK)
        status = anew_models_open(&mender->restorer_model, found.restorer.path, NULL, error);
    if (status == ANEW_OK) {
        mender->restorer_name = found.restorer.name;
        found.restorer.name = NULL;
    }
    cli_face_models_free(&found);
    return status;
}

anew_status cli_mender_open_restorer(cli_mender *mender, anew_error *error)
{
    const cli_options *options = mender->options;
    ANEW_TRY(open_model(mender, options, error));
    ANEW_TRY(anew_face_restorer_open(&mender->restorer, mender->restorer_model, &options->faces,
                                     &options->enhance, error));
    return options->face_parser == NULL ? ANEW_OK : open_parser(mender, options, error);
}

anew_status cli_mender_open(cli_mender *mender, const cli_options *options, anew_error *error)
{
    mender->options = options;
    if (!options->mend_faces && !options->aligned)
        return ANEW_OK;
    ANEW_TRY(cli_mender_open_finder(mender, options, error));
    return cli_mender_open_restorer(mender, error);
}

void cli_mender_close(cli_mender *mender)
{
    anew_face_restorer_close(&mender->restorer);
    anew_face_parser_close(&mender->parser);
    anew_detector_close(&mender->detector);
    anew_model_close(&mender->parser_model);
    anew_model_close(&mender->restorer_model);
    anew_model_close(&mender->detector_model);
    cli_face_lists_free(&mender->lists);
    anew_free(mender->restorer_name);
    mender->restorer_name = NULL;
}

/* ---- one picture --------------------------------------------------------------------------------------- */

cli_face_wish cli_face_wish_of(const cli_mender *mender)
{
    const cli_options *options = mender->options;
    if (options == NULL || !options->mend_faces)
        return (cli_face_wish){.mender = NULL};
    return (cli_face_wish){.mender = mender, .options = options->faces};
}

void cli_face_wish_free(cli_face_wish *wish)
{
    anew_free(wish->found);
    *wish = (cli_face_wish){.mender = NULL};
}

anew_status cli_mend(cli_mended *mended, const cli_face_wish *wish, const cli_input *input,
                     anew_row_source *source, const anew_enhance_options *enhance,
                     anew_error *error)
{
    const cli_mender *mender = wish->mender;
    const cli_options *o = mender->options;
    anew_face_wishes wishes = {
        .list = wish->found, .count = wish->count, .found = wish->found != NULL};
    int count = 0;
    ANEW_TRY(cli_face_files_open(&mended->files, o, input, error));
    ANEW_TRY(source->all(source->context, &mended->image, error));
    mended->width = mended->image.width;
    mended->height = mended->image.height;
    if (mender->lists != NULL)
        ANEW_TRY(cli_face_lists_find(&wishes, mender->lists, input->path, mended->width,
                                     mended->height, error));
    /* Another picture may be looked at meanwhile where --auto chooses; nobody else has the detector of --faces. */
    const bool alone = o->mend_faces && mender->detector != NULL;
    if (alone)
        anew_detector_set_memory(mender->detector, enhance->memory);
    const anew_status status = anew_face_work_create(
        &mended->work, mender->restorer, mender->detector, &mended->image, &wish->options,
        mender->lists != NULL || wish->found != NULL ? &wishes : NULL, error);
    if (alone)
        anew_detector_set_memory(mender->detector, o->enhance.memory);
    ANEW_TRY(status);
    const anew_face_report *faces = anew_face_work_report(mended->work, &count);
    ANEW_TRY(cli_face_files_ready(&mended->files, &mended->image, faces, count, error));
    if (o->save_crops != NULL)
        anew_face_work_watch(mended->work, cli_face_files_crop, &mended->files);
    mended->rows = (anew_picture_source){.image = &mended->image};
    *source = anew_picture_rows(&mended->rows);
    return ANEW_OK;
}

anew_status cli_mend_draw(cli_mended *mended, anew_error *error)
{
    int count = 0;
    const anew_face_report *faces = anew_face_work_report(mended->work, &count);
    return cli_face_files_draw(&mended->files, anew_face_work_result(mended->work), faces, count,
                               true, mended->width, mended->height, error);
}

void cli_mended_free(cli_mended *mended)
{
    cli_face_files_free(&mended->files);
    anew_face_work_free(&mended->work);
    anew_image_free(&mended->image);
}
