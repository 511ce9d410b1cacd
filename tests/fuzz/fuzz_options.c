/*
 * fuzz_options.c - fuzz target: the command line, one word a line, and the converter's --set. What is refused
 * must be refused in one line of printable text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "fuzz.h"
#include "tools/convert/recognise.h"

#define MAX_WORDS 64

static void check_line(const char *said, size_t size)
{
    if (size < 2 || said[size - 1] != '\n')
        abort();
    for (size_t i = 0; i + 1 < size; i++)
        if ((unsigned char)said[i] < ' ' || said[i] == 0x7f)
            abort();
}

static void parse_words(char *text)
{
    char *words[MAX_WORDS], *said = NULL;
    size_t said_bytes = 0;
    int count = 0;
    cli_options options;
    FILE *const real = stderr;
    for (char *next = text; next != NULL && count < MAX_WORDS; count++) {
        words[count] = next;
        next = strchr(next, '\n');
        if (next != NULL)
            *next++ = '\0';
    }
    FILE *caught = open_memstream(&said, &said_bytes);
    if (caught == NULL)
        abort();
    stderr = caught;
    const bool done = cli_parse(&options, count, words);
    stderr = real;
    (void)fclose(caught);
    if (done && said_bytes > 0)
        abort();
    if (!done)
        check_line(said, said_bytes);
    free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    anew_error error = {0};
    recognised r = {.architecture = "srvgg"};
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    recognised_integer(&r, "upscale", 4);
    recognised_text(&r, "act_type", "prelu");
    fuzz_check(recognised_set(&r, text, &error), "--set", &error);
    parse_words(text);
    free(text);
    return 0;
}
