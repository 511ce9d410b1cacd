/*
 * options.h - the one table of the command line's options; it drives parsing and --help, and the
 * tests hold README against it.
 */
#ifndef ANEW_CLI_OPTIONS_H
#define ANEW_CLI_OPTIONS_H

#include "pipeline/enhance.h"

typedef struct cli_options {
    anew_enhance_options enhance;
    anew_image_options image;
    anew_image_limits limits;
    int size_width, size_height; /* of the picture that is explained; 0: not given */
    const char *output;
    const char *model;
    double denoise; /* 0 .. 1: so much of the model, the rest of its partner; below 0: not given */
    bool json;
    anew_format format; /* UNKNOWN: from the output's name */
    bool force, verbose, quiet, profile, profile_json, help, version;
    char **words; /* what is no option; borrowed from the command line */
    int word_count;
} cli_options;

/* Fills *options. A usage error prints one line to stderr and gives false. The words are moved to the
 * front of `arguments`. */
bool cli_parse(cli_options *options, int count, char **arguments);

/* The whole help text on standard output. */
void cli_help(void);

#endif
