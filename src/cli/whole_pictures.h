/* whole_pictures.h - what the tools that see a picture as a whole keep in memory beside the engine. */
#ifndef ANEW_CLI_WHOLE_PICTURES_H
#define ANEW_CLI_WHOLE_PICTURES_H

#include "cli/mend.h"

typedef struct cli_whole {
    size_t kept; /* bytes: while the network runs */
    size_t peak; /* ... and what is needed for a time before or after that; not below `kept` */
    const char *
        because; /* the option's name without its dashes, or CLI_ANIMATION; NULL: nothing is kept */
} cli_whole;

#define CLI_ANIMATION "animation"

/* Of a picture of the shape `in` whose result has width x height pixels, and whose faces are mended as `faces` says: with
 * the networks and buffers for them, and what each of those faces->mended leaves. */
cli_whole cli_whole_pictures(const cli_options *options, const cli_face_wish *faces,
                             const anew_image *in, int width, int height);

/* Bytes that the options allow for all: the engine and what is kept beside it. */
size_t cli_whole_allowed(const anew_enhance_options *enhance);

/* Takes from enhance->memory what faces leave that were not known when it was shared. Fails as cli_whole_share. */
ANEW_NODISCARD anew_status cli_whole_take_faces(anew_enhance_options *enhance, cli_whole *whole,
                                                const cli_face_wish *faces, int count, int channels,
                                                const char *name, anew_error *error);

/* Adds what an animation keeps of its frames. */
void cli_whole_animation(cli_whole *whole, const anew_image *in, int width, int height);

/* Leaves to the engine what is not kept: lowers enhance->memory. Fails with ANEW_ERROR_LIMIT where nothing would be left;
 * `name` is the picture's. */
ANEW_NODISCARD anew_status cli_whole_share(anew_enhance_options *enhance, const cli_whole *whole,
                                           const char *name, anew_error *error);

/* Where the engine found its memory too small, the message goes on with what was taken from it. Gives the status. */
anew_status cli_whole_explain(const cli_whole *whole, anew_status status, anew_error *error);

#endif
