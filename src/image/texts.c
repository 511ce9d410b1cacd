/* texts.c - pairs of words, and Latin-1, whose bytes are the first 256 characters of Unicode. */
#include "image/texts.h"

#include <string.h>

#include "core/memory.h"

static int count_texts(const anew_block *texts)
{
    const char *key = NULL, *value = NULL;
    int count = 0;
    for (size_t at = 0; anew_texts_next(texts, &at, &key, &value);)
        count++;
    return count;
}

bool anew_texts_add(anew_block *texts, const char *key, const uint8_t *value, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(value, 0, size);
    const size_t value_bytes = end == NULL ? size : (size_t)(end - value);
    const size_t key_bytes = strlen(key);
    const size_t bytes =
        anew_size_add(texts->size, anew_size_add(key_bytes, anew_size_add(value_bytes, 2)));
    if (bytes > ANEW_TEXT_BYTES || count_texts(texts) >= ANEW_MOST_TEXTS)
        return true;
    uint8_t *data = anew_alloc_zero(bytes + 1);
    if (data == NULL)
        return false;
    uint8_t *new_key = data + texts->size, *new_value = new_key + key_bytes + 1;
    if (texts->size > 0)
        memcpy(data, texts->data, texts->size);
    memcpy(new_key, key, key_bytes + 1);
    if (value_bytes > 0)
        memcpy(new_value, value, value_bytes);
    if (!anew_is_utf8((const char *)new_key) || !anew_is_utf8((const char *)new_value)) {
        anew_free(data);
        return true;
    }
    anew_free(texts->data);
    *texts = (anew_block){data, bytes};
    return true;
}

bool anew_texts_next(const anew_block *texts, size_t *at, const char **key, const char **value)
{
    if (*at >= texts->size)
        return false;
    *key = (const char *)texts->data + *at;
    *value = *key + strlen(*key) + 1;
    *at = (size_t)(*value - (const char *)texts->data) + strlen(*value) + 1;
    return true;
}

bool anew_utf8_of_latin1(anew_block *to, const uint8_t *text, size_t size)
{
    uint8_t *data = anew_alloc(anew_size_add(anew_size_mul(size, 2), 1));
    size_t at = 0;
    for (size_t i = 0; data != NULL && i < size; i++) {
        if (text[i] >= 0x80)
            data[at++] = (uint8_t)(0xc0 | text[i] >> 6);
        data[at++] = text[i] < 0x80 ? text[i] : (uint8_t)(0x80 | (text[i] & 0x3f));
    }
    if (data != NULL)
        data[at] = 0;
    anew_free(to->data);
    *to = (anew_block){data, at};
    return data != NULL;
}

bool anew_latin1_of_utf8(anew_block *to, const char *text, bool *fits)
{
    const uint8_t *from = (const uint8_t *)text;
    uint8_t *data = anew_alloc_zero(anew_size_add(strlen(text), 1));
    const bool memory = data != NULL;
    size_t at = 0;
    *fits = memory;
    while (*fits && *from != 0) {
        *fits = *from < 0x80 || ((*from == 0xc2 || *from == 0xc3) && (from[1] & 0xc0) == 0x80);
        if (*from < 0x80)
            data[at++] = *from++;
        else if (*fits) {
            data[at++] = (uint8_t)((from[0] & 3) << 6 | (from[1] & 0x3f));
            from += 2;
        }
    }
    if (!*fits) {
        anew_free(data);
        data = NULL;
        at = 0;
    }
    anew_free(to->data);
    *to = (anew_block){data, at};
    return memory;
}
