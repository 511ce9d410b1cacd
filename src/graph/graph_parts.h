/* graph_parts.h - what the files of the builder share; private to src/graph/. */
#ifndef ANEW_GRAPH_GRAPH_PARTS_H
#define ANEW_GRAPH_GRAPH_PARTS_H

#include <stdarg.h>

#include "graph/graph.h"

#define ANEW_MAX_NAME 192

/* Appends a node whose shape is that of its first source; the caller changes what differs. NULL when the graph is
 * broken. */
anew_node *anew_graph_append(anew_graph *g, anew_op op, const anew_val *sources, int source_count,
                             const char *name);

/* The scope's name, a dot, and the formatted one. */
void anew_graph_layer_name(anew_graph *g, char name[ANEW_MAX_NAME], const char *format,
                           va_list arguments) ANEW_PRINTF(3, 0);

/* char name[], the layer's name as a function with `format` was given it. */
#define ANEW_NAMED(name)                                                                           \
    char name[ANEW_MAX_NAME];                                                                      \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    anew_graph_layer_name(g, name, format, arguments);                                             \
    va_end(arguments)

/* The tensor `layer`.`part`, checked against the wanted shape, marked as taken; NULL when it is not so. */
const anew_tensor *anew_graph_bind(anew_graph *g, const char *layer, const char *part, int rank,
                                   const int64_t *dims);

/* Where the model has numbers for it, the convolution's input_scale and input_zero; its weights are there. */
void anew_graph_bind_integers(anew_graph *g, anew_node *node, int in_channels, const char *name);

/* Takes pixels off the node's sides, of its own size; before the scale is changed. */
void anew_graph_shrink(anew_graph *g, anew_node *node, int pixels);

/* Whether the node's losses are pixels of the picture, so that any size is rounded as it must be; refuses pixels of its own
 * that a stride would round with them. Before the scale is changed. */
bool anew_graph_must_round(anew_graph *g, const anew_node *node, int stride);

/* Changes the node's scale by up / down. */
void anew_graph_rescale(anew_node *node, int up, int down);

/* The node of a value; NULL where there is none, which a broken graph alone has. */
anew_node *anew_graph_value(anew_graph *g, anew_val x);

/* The newest value. */
anew_val anew_graph_newest(const anew_graph *g);

bool anew_same_size(const anew_node *a, const anew_node *b);

const anew_options *anew_graph_options(const anew_graph *g);

#endif
