/* json.c - the pieces of JSON that need care: strings, numbers that may not be finite; and faces. */
#include "cli/json.h"

#include <math.h>

/* Bytes of the UTF-8 character at `text` (Unicode 15, table 3-7), or 0 where it is none. */
static int utf8_length(const unsigned char *text)
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

void json_string(FILE *to, const char *text)
{
    (void)fputc('"', to);
    while (*text != '\0') {
        const unsigned char c = (unsigned char)*text;
        const int length = utf8_length((const unsigned char *)text);
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < ' ')
            fprintf(to, "\\u%04x", c);
        else if (length == 0)
            fputs("\\ufffd", to);
        else
            (void)fwrite(text, 1, (size_t)length, to);
        text += length == 0 ? 1 : length;
    }
    (void)fputc('"', to);
}

bool json_is_text(const char *text)
{
    for (int length = 0; *text != '\0'; text += length) {
        length = utf8_length((const unsigned char *)text);
        if (length == 0)
            return false;
    }
    return true;
}

void json_number(FILE *to, double value)
{
    if (isfinite(value))
        fprintf(to, "%.4f", value);
    else
        fputs("null", to);
}

void json_face(FILE *to, const anew_face *face)
{
    fprintf(to, "\"box\":[%.4f,%.4f,%.4f,%.4f],\"score\":%.6f,\"landmarks\":[",
            (double)face->box[0], (double)face->box[1], (double)face->box[2], (double)face->box[3],
            (double)face->score);
    for (int k = 0; k < 5; k++)
        fprintf(to, "%s[%.4f,%.4f]", k > 0 ? "," : "", (double)face->landmarks[k][0],
                (double)face->landmarks[k][1]);
    fputc(']', to);
}
