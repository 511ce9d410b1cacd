/* shard.c - the numbers of a shard, and the hash. */
#include "cli/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

/* A whole number from least to most that ends the text or stops at `stop`; NULL where it is none. */
static const char *read_whole(long *number, const char *text, char stop, long least, long most)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return NULL;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && *end == stop && *number >= least && *number <= most ? end : NULL;
}

/* An environment variable's number; `otherwise` where it is not set. */
static anew_status read_variable(long *number, const char *name, long least, long otherwise,
                                 anew_error *error)
{
    const char *text = getenv(name);
    *number = otherwise;
    if (text != NULL && read_whole(number, text, '\0', least, CLI_MOST_SHARDS) == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s=%s: must be a whole number from %ld to %d",
                         name, text, least, CLI_MOST_SHARDS);
    return ANEW_OK;
}

/* Slurm's array: its numbers need not begin with 0, and may go in steps. */
static anew_status read_slurm(cli_shard *shard, anew_error *error)
{
    long id = 0, least = 0, step = 0, count = 0;
    ANEW_TRY(read_variable(&id, "SLURM_ARRAY_TASK_ID", 0, 0, error));
    ANEW_TRY(read_variable(&least, "SLURM_ARRAY_TASK_MIN", 0, 0, error));
    ANEW_TRY(read_variable(&step, "SLURM_ARRAY_TASK_STEP", 1, 1, error));
    ANEW_TRY(read_variable(&count, "SLURM_ARRAY_TASK_COUNT", 1, 0, error));
    const long index = (id - least) / step;
    if (count == 0 || id < least || (id - least) % step != 0 || index >= count)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--shard auto: SLURM_ARRAY_TASK_ID=%ld is none of %ld that begin with %ld "
                         "and are %ld apart; number the array without gaps, such as --array=0-15",
                         id, count, least, step);
    *shard = (cli_shard){(int)index, (int)count};
    return ANEW_OK;
}

/* An indexed job of Kubernetes, which tells the index only. */
static anew_status read_kubernetes(cli_shard *shard, anew_error *error)
{
    long index = 0, count = 0;
    ANEW_TRY(read_variable(&index, "JOB_COMPLETION_INDEX", 0, 0, error));
    ANEW_TRY(read_variable(&count, "JOB_COMPLETION_COUNT", 1, 0, error));
    if (index >= count)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--shard auto: set JOB_COMPLETION_COUNT to the job's completions, more "
                         "than JOB_COMPLETION_INDEX=%ld",
                         index);
    *shard = (cli_shard){(int)index, (int)count};
    return ANEW_OK;
}

anew_status cli_shard_read(cli_shard *shard, const char *text, anew_error *error)
{
    long index = 0, count = 0;
    *shard = (cli_shard){0};
    if (text == NULL)
        return ANEW_OK;
    if (strcmp(text, "auto") == 0) {
        if (getenv("SLURM_ARRAY_TASK_ID") != NULL)
            return read_slurm(shard, error);
        if (getenv("JOB_COMPLETION_INDEX") != NULL)
            return read_kubernetes(shard, error);
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is "
                         "set; say which, such as --shard 3/16");
    }
    const char *slash = read_whole(&index, text, '/', 1, CLI_MOST_SHARDS);
    if (slash == NULL || read_whole(&count, slash + 1, '\0', index, CLI_MOST_SHARDS) == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--shard %s: must be which of how many, such as 3/16, or auto", text);
    *shard = (cli_shard){(int)index - 1, (int)count};
    return ANEW_OK;
}

bool cli_shard_has(const cli_shard *shard, const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        for (name += 2; name[0] == '/'; name++)
            ;
    const uint64_t hash = anew_hash_mixed(anew_hash(ANEW_HASH_START, name, strlen(name)));
    return shard->count == 0 || hash % (uint64_t)shard->count == (uint64_t)shard->index;
}
