/* provenance.c - the line, written and taken apart. */
#include "cli/provenance.h"

#include <stdio.h>
#include <string.h>

/* Options that change nothing in the result, and those with a word of their own. */
static bool is_left_out(option_id id)
{
    switch (id) {
    case OPT_FORMAT: /* the file is of it */
    case OPT_MODEL:
    case OPT_UPSCALE:
    case OPT_AUTO:         /* what it chose is given one by one, too */
    case OPT_SCRATCH_MASK: /* pictures beside the result */
    case OPT_SAVE_CROPS:
    case OPT_DRAW_FACES:
    case OPT_SOCKET:
    case OPT_PRESET: /* whose options are given one by one */
    case OPT_SAVE_PRESET:
    case OPT_NO_CONFIG:
        return true;
    default:
        return cli_option_is_indifferent(id);
    }
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._-:,+", c) != NULL);
}

static void append(cli_provenance *line, const char *text)
{
    const size_t there = strlen(line->text), more = strlen(text);
    if (there + more <= ANEW_MAX_PROVENANCE)
        memcpy(line->text + there, text, more + 1);
    else
        line->text[0] =
            '\0'; /* half a record is none; nothing short follows, for the rest is as long */
}

/* " name=value"; of a path, and of each part of a mixture, only the name. */
static void add_word(cli_provenance *line, const char *name, const char *value, bool is_path)
{
    char word[ANEW_MAX_PROVENANCE + 1];
    size_t at = (size_t)snprintf(word, sizeof word, " %s%s", name, value == NULL ? "" : "=");
    const size_t first = at;
    for (const char *p = value; p != NULL && *p != '\0' && at + 4 < sizeof word; p++) {
        if (is_path && *p == '/') {
            while (at > first && word[at - 1] != ',')
                at--;
        } else if (is_plain(*p)) {
            word[at++] = *p;
        } else {
            (void)snprintf(word + at, 4, "%%%02X", (unsigned int)(unsigned char)*p);
            at += 3;
        }
    }
    word[at] = '\0';
    append(line, word);
}

static void add_digest(cli_provenance *line, const char *name, const char *digest)
{
    if (digest[0] != '\0')
        add_word(line, name, digest, false);
}

static void digest_of(char digest[ANEW_SHA256_TEXT], const anew_model *model)
{
    digest[0] = '\0';
    if (model != NULL)
        anew_model_digest(model, digest);
}

void cli_digests_of(cli_digests *digests, const anew_model *model, const anew_model *restore,
                    const anew_model *drawing, const cli_mender *mender)
{
    digest_of(digests->model, model);
    digest_of(digests->restore, restore);
    digest_of(digests->drawing, drawing);
    digest_of(digests->detector, mender->detector_model);
    digest_of(digests->face_model, mender->restorer_model);
}

void cli_provenance_of(cli_provenance *line, const cli_options *options, const char *cpu,
                       const cli_digests *digests)
{
    line->text[0] = '\0';
    if (options->no_provenance || options->image.strip)
        return;
    (void)snprintf(line->text, sizeof line->text, "anew %s", ANEW_VERSION);
    if (options->enhance.precision != ANEW_PRECISION_EXACT)
        add_word(line, "cpu", cpu, false);
    add_word(line, "model", options->model != NULL ? options->model : anew_embedded_name(0), true);
    add_digest(line, "sha256", digests->model);
    for (int i = 0; i < OPT_COUNT; i++)
        if (options->given[i] && !is_left_out((option_id)i))
            add_word(line, cli_option_table[i].name, options->texts[i],
                     cli_option_table[i].kind == OPTION_FILE);
    add_digest(line, "restore-sha256", digests->restore);
    add_digest(line, "detector-sha256", digests->detector);
    add_digest(line, "face-model-sha256", digests->face_model);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool cli_provenance_word(const char **at, char *name, char *value, size_t bytes)
{
    const char *p = *at;
    char *to = name;
    size_t length = 0;
    while (*p == ' ')
        p++;
    name[0] = value[0] = '\0';
    for (; *p != '\0' && *p != ' '; p++) {
        if (*p == '=' && to == name) {
            to = value;
            length = 0;
            continue;
        }
        char c = *p;
        if (c == '%' && digit_of(p[1]) >= 0 && digit_of(p[2]) >= 0) {
            c = (char)(digit_of(p[1]) * 16 + digit_of(p[2]));
            p += 2;
        }
        if (length + 1 >= bytes || c == '\0')
            return false;
        to[length++] = c;
        to[length] = '\0';
    }
    *at = p;
    return name[0] != '\0';
}
