/*
 * check_provenance.c - how a result was made: SHA-256 by the published examples, the line's words, and its place in XMP.
 *
 * Seen to fail by: a message of 56 bytes padded into one block; paths left in a value.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "cli/provenance.h"
#include "common/suite.h"
#include "core/memory.h"
#include "core/sha256.h"

/* FIPS 180-2, appendix B, and lengths at the edges of a block against Python's hashlib. */
START_TEST(sha256)
{
    static const struct {
        size_t zeros;
        const char *text, *digest;
    } cases[] = {{0, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                 {0, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                 {0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
                 {55, NULL, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
                 {64, NULL, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
                 {1000, NULL, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"}};
    static const uint8_t zeros[1000] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char digest[ANEW_SHA256_TEXT];
        anew_sha256(digest, cases[i].text == NULL ? (const void *)zeros : cases[i].text,
                    cases[i].text == NULL ? cases[i].zeros : strlen(cases[i].text));
        ck_assert_str_eq(digest, cases[i].digest);
    }
}
END_TEST

START_TEST(words_come_back)
{
    char name[64], value[64];
    const char *at = "anew 0.1.0  model=a%2Fb%20c flag x=%zz end=";
    static const char *const wanted[][2] = {{"anew", ""}, {"0.1.0", ""}, {"model", "a/b c"},
                                            {"flag", ""}, {"x", "%zz"},  {"end", ""}};
    for (int i = 0; i < 6; i++) {
        ck_assert(cli_provenance_word(&at, name, value, sizeof name));
        ck_assert_str_eq(name, wanted[i][0]);
        ck_assert_str_eq(value, wanted[i][1]);
    }
    ck_assert(!cli_provenance_word(&at, name, value, sizeof name));
    ck_assert_int_eq(*at, '\0');
    at = "more-than-the-room-for-it";
    ck_assert(!cli_provenance_word(&at, name, value, 8));
    ck_assert_int_ne(*at, '\0');
    at = "zero=%00";
    ck_assert(!cli_provenance_word(&at, name, value, 8));
}
END_TEST

/* What changes the result is told, and no path. */
START_TEST(a_line_tells_what_matters)
{
    char *words[] = {(char *)"--scale=2",
                     (char *)"--threads=3",
                     (char *)"-o",
                     (char *)"secret/x.png",
                     (char *)"--exact",
                     (char *)"-m",
                     (char *)"/secret/a b.anew:0.5,/secret/c.anew",
                     (char *)"p.png"};
    cli_options options;
    cli_provenance line;
    anew_model *model = NULL;
    anew_error error;
    const cli_mender none = {0};
    cli_digests digests;
    ck_assert(cli_parse(&options, 8, words));
    ck_assert_int_eq(anew_model_open_embedded(&model, NULL, &error), ANEW_OK);
    cli_digests_of(&digests, model, NULL, NULL, &none);
    cli_provenance_of(&line, &options, "c", &digests);
    const char *sha = strstr(line.text, " sha256=");
    ck_assert_ptr_nonnull(sha);
    ck_assert_msg(strncmp(line.text, "anew " ANEW_VERSION " model=a%20b.anew:0.5,c.anew sha256=",
                          (size_t)(sha - line.text) + 8) == 0,
                  "%s", line.text);
    ck_assert_str_eq(sha + 8 + 64, " scale=2 exact");
    ck_assert(anew_is_provenance(line.text, strlen(line.text)));
    options.no_provenance = true;
    cli_provenance_of(&line, &options, "c", &digests);
    ck_assert_str_eq(line.text, "");
    anew_model_close(&model);
}
END_TEST

static void has(const anew_block *xmp, const char *wanted)
{
    anew_block text = {0};
    ck_assert(anew_xmp_provenance(&text, xmp));
    ck_assert_str_eq(text.data == NULL ? "" : (const char *)text.data, wanted);
    anew_free(text.data);
}

START_TEST(xmp_holds_one)
{
    static const char packet[] =
        "<x:xmpmeta><rdf:RDF><rdf:Description a=\"b\"/></rdf:RDF></x:xmpmeta>";
    static const char foreign[] =
        "<rdf:RDF><rdf:Description anew:Provenance='anew 7 x'/></rdf:RDF>";
    anew_block xmp = {0};
    has(&xmp, "");
    ck_assert(anew_xmp_set_provenance(&xmp, NULL)); /* of nothing, nothing */
    ck_assert_ptr_null(xmp.data);
    ck_assert(anew_xmp_set_provenance(&xmp, "anew 1 a"));
    has(&xmp, "anew 1 a");
    ck_assert(anew_xmp_set_provenance(&xmp, NULL)); /* nor a packet that nobody needs */
    ck_assert_ptr_null(xmp.data);
    ck_assert(anew_block_set(&xmp, "<other/>", 8)); /* what is no packet of ours stays */
    ck_assert(anew_xmp_set_provenance(&xmp, "anew 1 a"));
    ck_assert_str_eq((const char *)xmp.data, "<other/>");
    ck_assert(anew_block_set(&xmp, packet, sizeof packet - 1));
    ck_assert(anew_xmp_set_provenance(&xmp, "anew 1 a"));
    ck_assert(anew_xmp_set_provenance(&xmp, "anew 2 b"));
    has(&xmp, "anew 2 b");
    ck_assert_ptr_null(strstr((const char *)xmp.data, "anew 1"));
    ck_assert(anew_xmp_set_provenance(&xmp, NULL));
    ck_assert_str_eq((const char *)xmp.data, packet);
    ck_assert(anew_block_set(&xmp, foreign, sizeof foreign - 1));
    has(&xmp, "anew 7 x");
    ck_assert(anew_xmp_set_provenance(&xmp, "anew 8"));
    ck_assert_ptr_null(strstr((const char *)xmp.data, "anew 7"));
    anew_free(xmp.data);
}
END_TEST

START_TEST(no_line_is_taken_that_is_none)
{
    ck_assert(anew_is_provenance("anew 1", 6));
    ck_assert(!anew_is_provenance("anew ", 5));
    ck_assert(!anew_is_provenance("anew 1\n", 7));
    ck_assert(!anew_is_provenance("anew <x>", 8));
    ck_assert(!anew_is_provenance("Anew 1", 6));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("provenance");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_test(all, sha256);
    tcase_add_test(all, words_come_back);
    tcase_add_test(all, a_line_tells_what_matters);
    tcase_add_test(all, xmp_holds_one);
    tcase_add_test(all, no_line_is_taken_that_is_none);
    return run_suite(suite);
}
