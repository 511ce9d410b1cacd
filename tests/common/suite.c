/* suite.c - see suite.h. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char *folder_of(const char *variable, const char *otherwise)
{
    const char *folder = getenv(variable);
    return folder == NULL ? otherwise : folder;
}

const char *data_folder(void)
{
    return folder_of("ANEW_TEST_DATA", "tests/data");
}

const char *model_folder(void)
{
    return folder_of("ANEW_TEST_MODELS", "build/release/models");
}

const char *shared_folder(void)
{
    return folder_of("ANEW_SHARED", "../shared");
}

bool is_there(const char *path, const char *what)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("SKIP %s: %s is absent (no shared folder)\n", what, path);
        return false;
    }
    (void)fclose(file);
    return true;
}

TCase *add_case(Suite *suite, const char *name, double seconds)
{
    TCase *added = tcase_create(name);
    tcase_set_timeout(added, seconds);
    suite_add_tcase(suite, added);
    return added;
}

int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
