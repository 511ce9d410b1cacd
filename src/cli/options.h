/* options.h - what the command line says, parsed by the tables of option_table.h. */
#ifndef ANEW_CLI_OPTIONS_H
#define ANEW_CLI_OPTIONS_H

#include <stdint.h>

#include "cli/option_table.h"
#include "pipeline/faces.h"

typedef struct cli_options {
    anew_enhance_options enhance;
    anew_image_options image;
    anew_image_limits limits;
    int size_width, size_height; /* of the picture that is explained; 0: not given */
    const char *output, *model, *list, *dump_activations, *affinity;
    int jobs; /* pictures at once; 0: chosen */
    /* Passes: pipeline/passes.h. */
    const char *restore; /* NULL: none */
    double strength, restore_strength, shrink_first;
    bool upscale_first;
    int passes;     /* 0: as many as are needed */
    double denoise; /* 0 .. 1: so much of the model, the rest of its partner; below 0: not given */
    anew_format format; /* UNKNOWN: from the output's name */
    const char *detector, *face_model;
    bool mend_faces;
    anew_face_options faces;
    double face_confidence, face_min_size; /* 0: not given */
    bool face_all_scales;
    bool json, force, skip_existing, recursive, dry_run, verbose, quiet, profile, profile_json;
    bool help, version;
    cli_command command;
    bool given[OPT_COUNT]; /* on the command line */
    char **words;          /* what is no option, without the command's name; borrowed */
    int word_count;
} cli_options;

/* Fills *options. A usage error prints one line to stderr and gives false. The words are moved to the
 * front of `arguments`. */
bool cli_parse(cli_options *options, int count, char **arguments);

/* The help of a command on standard output; that of COMMAND_ENHANCE names the others. */
void cli_help(cli_command command);

#endif
