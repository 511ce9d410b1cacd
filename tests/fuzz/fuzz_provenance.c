/* fuzz_provenance.c - fuzz target: the line by which a result says how it was made. */
#include <stdlib.h>
#include <string.h>

#include "cli/provenance.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[32], value[32];
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    for (const char *at = text; cli_provenance_word(&at, name, value, sizeof name);)
        if (name[0] == '\0' || strlen(name) + strlen(value) > 62 || at > text + size)
            abort();
    free(text);
    return 0;
}
