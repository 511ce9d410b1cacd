/* json.c - the pieces of JSON that need care: strings, numbers that may not be finite; and faces. */
#include "cli/json.h"

#include <math.h>

#include "core/utf8.h"

void json_string(FILE *to, const char *text)
{
    (void)fputc('"', to);
    while (*text != '\0') {
        const unsigned char c = (unsigned char)*text;
        const int length = anew_utf8_length((const unsigned char *)text);
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
    return anew_is_utf8(text);
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
