/* commands.h - what `anew` can be told to do; each command is one file. Each returns the exit code. */
#ifndef ANEW_CLI_COMMANDS_H
#define ANEW_CLI_COMMANDS_H

#include "cli/options.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_enhance(const cli_options *options);
int command_info(const cli_options *options);
int command_get(const cli_options *options);
int command_models(const cli_options *options);
int command_explain(const cli_options *options);
int command_faces(const cli_options *options);
int command_compare(const cli_options *options);
int command_replay(const cli_options *options);
int command_video(const cli_options *options);
int command_look(const cli_options *options);
int command_worker(const cli_options *options);
int command_completion(const cli_options *options);
int command_manual(const cli_options *options);
int command_help(const cli_options *options);

/* What command_enhance leaves to others: --aligned and --faces=list. */
int command_aligned(const cli_options *options);
int command_list_faces(const cli_options *options);

#endif
