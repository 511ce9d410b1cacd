/*
 * check_late.c - libraries that are loaded when they are needed: what is not there, or lacks a function, is said; what is
 * there gives its functions, to all threads.
 *
 * Seen to fail by: a missing function that is passed over.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "common/suite.h"
#include "image/late.h"

#if defined(ANEW_AVIF_SONAME) || defined(ANEW_JXL_SONAME)

static double (*late_sqrt)(double);
static double (*late_nothing)(double);

static const anew_late_function functions[] = {{"sqrt", &late_sqrt},
                                               {"sqrt_of_nothing", &late_nothing}};

static anew_late_library library_of(const char *soname, size_t count)
{
    return (anew_late_library){.soname = soname,
                               .format = "MATHS",
                               .functions = functions,
                               .count = count,
                               .mutex = PTHREAD_MUTEX_INITIALIZER};
}

START_TEST(absent_ones_are_named)
{
    anew_error error;
    anew_late_library none = library_of("libnothing-of-ours.so.9", 1);
    ck_assert_int_eq(anew_late_load(&none, "a.x", &error), ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(
        strstr(error.text, "a.x: MATHS needs libnothing-of-ours.so.9, which cannot be loaded"));
    anew_late_library poor = library_of("libm.so.6", 2);
    ck_assert_int_eq(anew_late_load(&poor, "a.x", &error), ANEW_ERROR_UNSUPPORTED);
    ck_assert_str_eq(error.text, "a.x: MATHS: libm.so.6 has no function sqrt_of_nothing");
    /* Asked again, the answer is the same. */
    ck_assert_int_eq(anew_late_load(&poor, "b.x", &error), ANEW_ERROR_UNSUPPORTED);
}
END_TEST

START_TEST(functions_are_there)
{
    anew_error error;
    anew_late_library maths = library_of("libm.so.6", 1);
    ck_assert_int_eq(anew_late_load(&maths, "a.x", &error), ANEW_OK);
    ck_assert_double_eq(late_sqrt(6.25), 2.5);
    ck_assert_int_eq(anew_late_load(&maths, "a.x", &error), ANEW_OK);
}
END_TEST

static void add_tests(TCase *all)
{
    tcase_add_test(all, absent_ones_are_named);
    tcase_add_test(all, functions_are_there);
}

#else

START_TEST(nothing_is_late)
{
    anew_late_library none = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    ck_assert_int_eq(anew_late_load(&none, "a.x", NULL), ANEW_OK);
}
END_TEST

static void add_tests(TCase *all)
{
    tcase_add_test(all, nothing_is_late);
}

#endif

int main(void)
{
    Suite *suite = suite_create("late");
    TCase *all = add_case(suite, "all", 30);
    add_tests(all);
    return run_suite(suite);
}
