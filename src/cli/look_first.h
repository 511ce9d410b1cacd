/* look_first.h - --auto: what a picture shows of its past decides what is done with it, and is said in one line. */
#ifndef ANEW_CLI_LOOK_FIRST_H
#define ANEW_CLI_LOOK_FIRST_H

#include "cli/model_choice.h"
#include "cli/one_picture.h"
#include "pipeline/passes.h"

/* What the options wish of a picture, before one has looked at it. */
anew_pass_wish cli_wish_of(const cli_options *options, const anew_model *model,
                           const anew_model *restore);

/* Whether the options leave something to a look. */
bool cli_looks_first(const cli_options *options);

/* From findings to the wish: sets what the options leave open, which is how much smaller the picture is made first, the
 * share of the restoring model (none where the picture needs none), and the model, where `drawing` is one for drawings
 * (NULL: none is here). */
void cli_wish_by_findings(anew_pass_wish *wish, const anew_findings *findings,
                          const cli_options *options, const anew_model *drawing);

/* What was seen and is done, in one line: `usual` is the model that would enlarge without a look; `none_found`: the
 * picture asks for a model that restores, and none is here; `of_faces`: what is said of them, and whether some are mended. */
void cli_look_line(char text[CLI_LOOK_LINE], const anew_findings *findings,
                   const anew_pass_wish *wish, const anew_model *usual, bool none_found,
                   const char *of_faces, bool mending);

/* Refuses a worker's job whose memory is not enough for a look; `in` is the picture's size. */
ANEW_NODISCARD anew_status cli_look_fits(const cli_run *run, const anew_image *in,
                                         anew_error *error);

/* Of the faces: the wish to be set, and the size of the result, on which it depends. */
typedef struct cli_look_at_faces {
    cli_face_wish *wish;
    int width, height;
} cli_look_at_faces;

/* Looks at the picture, and with run->auto_faces at its faces (NULL: not), sets the wishes and tells of it. What cannot
 * be read twice, such as standard input or a pipe, is left as it is. */
ANEW_NODISCARD anew_status cli_look_first(anew_pass_wish *wish, cli_run *run, const char *path,
                                          cli_look_at_faces *faces, anew_error *error);

/* What a result with these wishes says of how it was made: options that do it again without a look. */
void cli_look_record(cli_provenance *line, const anew_pass_wish *wish, const cli_face_wish *faces,
                     const cli_run *run);

#endif
