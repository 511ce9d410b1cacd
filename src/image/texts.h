/*
 * texts.h - what a picture's file says in words: pairs of a key, such as "Title", and a value.
 *
 * All pairs of a picture are one block: key, zero, value, zero, key ... in UTF-8, in the order of the file.
 * Files of strangers may hold any number: so many pairs, of so many bytes together, are kept, and others left out.
 */
#ifndef ANEW_IMAGE_TEXTS_H
#define ANEW_IMAGE_TEXTS_H

#include "core/utf8.h"
#include "image/metadata.h"

#define ANEW_MOST_TEXTS 64
#define ANEW_TEXT_BYTES (1u << 20)

/* One pair more; the value ends at its first zero, or after `size` bytes. What is not UTF-8, or more than fits, is left out.
 * False without memory. */
ANEW_NODISCARD bool anew_texts_add(anew_block *texts, const char *key, const uint8_t *value,
                                   size_t size);

/* The pair at *at, which starts at 0 and moves to the next; false behind the last. */
bool anew_texts_next(const anew_block *texts, size_t *at, const char **key, const char **value);

/* *to, which is replaced, is followed by a zero. False without memory. */
ANEW_NODISCARD bool anew_utf8_of_latin1(anew_block *to, const uint8_t *text, size_t size);

/* The other way round; *fits says whether Latin-1 has all of its characters, else *to is empty. False without memory. */
ANEW_NODISCARD bool anew_latin1_of_utf8(anew_block *to, const char *text, bool *fits);

#endif
