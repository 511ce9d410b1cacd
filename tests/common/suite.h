/* suite.h - what the suites of Check share: where their files are, and the way from main to an exit code. */
#ifndef ANEW_TESTS_SUITE_H
#define ANEW_TESTS_SUITE_H

#include <check.h>
#include <stdbool.h>

/* ANEW_TEST_DATA, default tests/data. */
const char *data_folder(void);

/* ANEW_TEST_MODELS, default build/release/models: the converted golden models (tests/run.sh makes them). */
const char *model_folder(void);

/* ANEW_SHARED, default ../shared: third-party weights and pictures. */
const char *shared_folder(void);

/* Whether a file can be opened; where not, says by a line SKIP that `what` is not tested. */
bool is_there(const char *path, const char *what);

/* A new case of the suite, whose tests take no more than so many seconds each. */
TCase *add_case(Suite *suite, const char *name, double seconds);

/* Runs and frees the suite; main's result. */
int run_suite(Suite *suite);

#endif
