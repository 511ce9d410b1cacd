/* patterns.c - by the C library's glob(). */
#include "cli/patterns.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

bool cli_is_pattern(const char *word)
{
    struct stat facts;
    return strpbrk(word, "*?[") != NULL && lstat(word, &facts) != 0;
}

anew_status cli_pattern_walk(const char *pattern,
                             anew_status (*one)(void *context, const char *path), void *context,
                             anew_error *error)
{
    glob_t found = {0};
    anew_status status = ANEW_OK;
    const int code = glob(pattern, GLOB_NOCHECK, NULL, &found);
    if (code != 0)
        status = anew_fail(error, code == GLOB_NOSPACE ? ANEW_ERROR_MEMORY : ANEW_ERROR_IO,
                           code == GLOB_NOSPACE ? "%s: no memory to find what it matches"
                                                : "%s: cannot read where it leads",
                           pattern);
    for (size_t i = 0; status == ANEW_OK && i < found.gl_pathc; i++)
        status = one(context, found.gl_pathv[i]);
    globfree(&found);
    return status;
}
