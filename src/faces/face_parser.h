/*
 * face_parser.h - which pixels of an aligned face are the face: a parsing network names the part that each pixel
 * belongs to, so that a hat, a hand's sleeve or the background inside the landmarks' shape is left as it was.
 */
#ifndef ANEW_FACES_FACE_PARSER_H
#define ANEW_FACES_FACE_PARSER_H

#include "faces/face_network.h"
#include "image/planes.h"

/* Side of the square that parsers were trained on; faces of another size are resized. */
#define ANEW_PARSER_SIDE 512

/* A parsing network with its packed weights; used by one thread at a time. */
typedef struct anew_face_parser anew_face_parser;

/* The model must stay open, and be of a network that parses faces. */
ANEW_NODISCARD anew_status anew_face_parser_open(anew_face_parser **parser, const anew_model *model,
                                                 const anew_face_network_options *options,
                                                 anew_error *error);
/* That it takes while it looks at a face. */
size_t anew_face_parser_bytes(const anew_face_parser *parser);
void anew_face_parser_close(anew_face_parser **parser);

/* classes[ANEW_PARSER_SIDE][ANEW_PARSER_SIDE]: of each pixel of the face (3 channels, RGB 0 .. 1, a square) the class
 * with the largest value, the lowest of equal ones, by the network's own numbers. */
ANEW_NODISCARD anew_status anew_face_parser_run(anew_face_parser *parser, uint8_t *classes,
                                                const anew_planes *face, anew_error *error);

/* The classes that belong to the face, by the network's numbers: 1, all others 0. Hair is one of them: restorers draw
 * it, too. Neck, hat and clothes are not. */
const float *anew_face_parser_weights(const anew_face_parser *parser);

/* Narrows a mask (1 channel, as large as the face; of its landmarks) to what the parser says is the face, with edges
 * that fall within `feather` pixels: nowhere does it grow. *parsed: false where the parser finds hardly any face inside
 * the mask; it then stays as it is. */
ANEW_NODISCARD anew_status anew_face_parser_narrow(anew_face_parser *parser, anew_planes *mask,
                                                   bool *parsed, const anew_planes *face,
                                                   double feather, anew_error *error);

#endif
