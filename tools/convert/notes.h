/* notes.h - what --list says of a network beside its name and paper. */
#ifndef ANEW_CONVERT_NOTES_H
#define ANEW_CONVERT_NOTES_H

typedef struct network_note {
    const char *architecture;
    const char *operations; /* beside convolutions of the simplest kind */
    const char *licence;    /* of published weights; each file's own counts */
} network_note;

/* NULL where there is nothing to say. */
const network_note *network_note_of(const char *architecture);

#endif
