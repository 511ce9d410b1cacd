/*
 * shard.h - --shard: which pictures of a list belong to this machine, told by their names alone, so that machines
 * that see the same list need not speak with one another.
 *
 * The name is the picture's path below the folder that the command line or the list names, or else the word itself,
 * without "./" before it. Its bytes' FNV-1a hash of 64 bits, mixed by MurmurHash3's last step, modulo the count.
 */
#ifndef ANEW_CLI_SHARD_H
#define ANEW_CLI_SHARD_H

#include <stdbool.h>

#include "core/status.h"

typedef struct cli_shard {
    int index; /* 0 .. count - 1 */
    int count; /* 0: no shards */
} cli_shard;

#define CLI_MOST_SHARDS 1000000

/* "3/16", counted from 1, or "auto": by SLURM's or Kubernetes' variables in the environment. NULL: no shards. */
ANEW_NODISCARD anew_status cli_shard_read(cli_shard *shard, const char *text, anew_error *error);

bool cli_shard_has(const cli_shard *shard, const char *name);

#endif
