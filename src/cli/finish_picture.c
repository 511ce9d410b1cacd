/* finish_picture.c - from the options to the sink of the tools. */
#include "cli/finish_picture.h"

anew_status cli_finish_begin(cli_finish *finish, anew_row_source *source,
                             anew_enhance_options *enhance, const anew_image *in,
                             const cli_options *options, anew_error *error)
{
    const bool on = anew_finish_is_on(&options->finish), repairs = cli_repair_is_on(options);
    if (repairs || (on && anew_finish_needs_input(&options->finish))) {
        ANEW_TRY(source->all(source->context, &finish->image, error));
        finish->rows = (anew_picture_source){.image = &finish->image};
        *source = anew_picture_rows(&finish->rows);
    }
    if (repairs)
        ANEW_TRY(cli_repair(&finish->image, &finish->repaired, options, error));
    if (!on)
        return ANEW_OK;
    ANEW_TRY(anew_finishing_create(&finish->finishing, &options->finish, &finish->image,
                                   in->channels, enhance->depth > 0 ? enhance->depth : in->depth,
                                   enhance, error));
    enhance->depth = 32;
    return ANEW_OK;
}

anew_row_sink cli_finish_sink(cli_finish *finish, const anew_row_sink *to)
{
    return finish->finishing != NULL ? anew_finishing_sink(finish->finishing, to) : *to;
}

const anew_finish_report *cli_finish_report(const cli_finish *finish)
{
    return finish->finishing != NULL ? anew_finishing_report(finish->finishing) : NULL;
}

void cli_finish_free(cli_finish *finish)
{
    anew_finishing_free(&finish->finishing);
    anew_image_free(&finish->image);
}
