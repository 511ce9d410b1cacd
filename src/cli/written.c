/* written.c - the result's file: opened when its size is known, named when it is whole. */
#include "cli/written.h"

#include "core/memory.h"
#include "exec/report.h"

static anew_status begin_picture(void *context, const anew_image *shape, anew_error *error)
{
    cli_written *p = context;
    p->shape = *shape;
    return anew_image_writer_open(&p->writer, p->path, p->format, shape, &p->options, error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    cli_written *p = context;
    const double started = anew_seconds();
    const anew_status status = anew_image_writer_rows(p->writer, part, error);
    p->seconds += anew_seconds() - started;
    return status;
}

anew_row_sink cli_written_sink(cli_written *written)
{
    return (anew_row_sink){written, begin_picture, write_rows};
}

anew_status cli_written_commit(cli_written *written, anew_error *error)
{
    return anew_image_writer_commit(&written->writer, error);
}

void cli_written_discard(cli_written *written)
{
    anew_image_writer_discard(&written->writer);
}
