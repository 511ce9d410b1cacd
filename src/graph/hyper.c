/* hyper.c - the numbers of a network that its pages ask for: hyper-parameters of the model's file, and options of
 * whoever builds the graph. */
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "graph/graph_parts.h"

void anew_hyper_refuse(anew_graph *g, const char *name, const char *needed)
{
    char text[64];
    if (anew_model_value_text(anew_graph_model(g), name, text, sizeof text))
        anew_graph_refuse(g, "hyper-parameter '%s' is '%s' where the network needs %s", name, text,
                          needed);
    else
        anew_graph_refuse(g, "hyper-parameter '%s' is missing; the network needs %s", name, needed);
}

int anew_hyper_int(anew_graph *g, const char *name, int minimum, int maximum)
{
    int64_t value = 0;
    char needed[64];
    if (anew_model_integer(anew_graph_model(g), name, &value) && value >= minimum &&
        value <= maximum)
        return (int)value;
    (void)snprintf(needed, sizeof needed, "a whole number from %d to %d", minimum, maximum);
    anew_hyper_refuse(g, name, needed);
    return minimum;
}

int anew_hyper_int_or(anew_graph *g, const char *name, int fallback, int minimum, int maximum)
{
    char text[64];
    return anew_model_value_text(anew_graph_model(g), name, text, sizeof text)
               ? anew_hyper_int(g, name, minimum, maximum)
               : fallback;
}

float anew_hyper_real(anew_graph *g, const char *name, float fallback)
{
    double value = (double)fallback;
    char text[64];
    if (!anew_model_real(anew_graph_model(g), name, &value) &&
        anew_model_value_text(anew_graph_model(g), name, text, sizeof text))
        anew_hyper_refuse(g, name, "a number");
    return (float)value;
}

bool anew_hyper_is(anew_graph *g, const char *name, const char *value)
{
    const char *text = NULL;
    return anew_model_text(anew_graph_model(g), name, &text) && strcmp(text, value) == 0;
}

float anew_wish(anew_graph *g, const char *name, float fallback, float minimum, float maximum)
{
    for (int i = 0; i < anew_graph_options(g)->count; i++) {
        const anew_option *option = &anew_graph_options(g)->rows[i];
        if (strcmp(option->name, name) != 0)
            continue;
        if (option->value >= (double)minimum && option->value <= (double)maximum)
            return (float)option->value;
        anew_graph_refuse(g, "option '%s' is %g, which is outside %g .. %g", name, option->value,
                          (double)minimum, (double)maximum);
    }
    return fallback;
}
