/* utf8.c - characters of more than one byte (RFC 3629, section 4). */
#include "core/utf8.h"

int anew_utf8_length(const unsigned char *text)
{
    const unsigned char c = text[0];
    const int length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
        (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

bool anew_is_utf8(const char *text)
{
    for (int length = 0; *text != '\0'; text += length) {
        length = anew_utf8_length((const unsigned char *)text);
        if (length == 0)
            return false;
    }
    return true;
}
