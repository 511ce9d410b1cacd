/* mend.c - what --faces takes, and its step in one picture's way. */
#include "cli/mend.h"

#include "cli/detect.h"
#include "pipeline/model_path.h"

anew_status cli_mender_open(cli_mender *mender, const cli_options *options, anew_error *error)
{
    if (!options->mend_faces)
        return ANEW_OK;
    if (options->face_model == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--faces needs --face-model FILE.anew (anew-convert makes it of GFPGAN or "
                         "CodeFormer)");
    ANEW_TRY(cli_detector_open(&mender->detector_model, &mender->detector, options, error));
    ANEW_TRY(anew_models_open(&mender->restorer_model, options->face_model, -1, error));
    return anew_face_restorer_open(&mender->restorer, mender->restorer_model, &options->faces,
                                   &options->enhance, error);
}

void cli_mender_close(cli_mender *mender)
{
    anew_face_restorer_close(&mender->restorer);
    anew_detector_close(&mender->detector);
    anew_model_close(&mender->restorer_model);
    anew_model_close(&mender->detector_model);
}

anew_status cli_mend(cli_mended *mended, const cli_mender *mender, anew_row_source *source,
                     anew_error *error)
{
    ANEW_TRY(source->all(source->context, &mended->image, error));
    ANEW_TRY(anew_face_work_create(&mended->work, mender->restorer, mender->detector,
                                   &mended->image, error));
    mended->rows = (anew_picture_source){.image = &mended->image};
    *source = anew_picture_rows(&mended->rows);
    return ANEW_OK;
}

void cli_mended_free(cli_mended *mended)
{
    anew_face_work_free(&mended->work);
    anew_image_free(&mended->image);
}
