/*
 * settings.h - options from elsewhere than the command line. What stands further up counts:
 *
 *     the command line
 *     --preset NAME|FILE
 *     the environment: ANEW_QUALITY for --quality
 *     the config file: $XDG_CONFIG_HOME/anew/config
 *
 * Presets and the config file have an option a line, `quality = 90`; flags are yes or no; a line that begins with # is
 * a comment. An option that the command does not have is passed over.
 */
#ifndef ANEW_CLI_SETTINGS_H
#define ANEW_CLI_SETTINGS_H

#include "cli/options.h"

typedef struct cli_settings {
    char *preset, *config; /* texts of the files, owned: values of options point into them */
} cli_settings;

/* Completes what the command line says. False after a message; freed with cli_settings_free also then, when the
 * options are needed no longer. */
bool cli_settings_apply(cli_settings *settings, cli_options *options);
void cli_settings_free(cli_settings *settings);

/* --save-preset: writes the options of the command line and of its preset. False after a message. */
bool cli_settings_save(const cli_options *options);

#endif
