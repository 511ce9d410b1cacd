/* nets.h - the networks that the engine knows; each one is a page that reads like its paper. */
#ifndef ANEW_NETS_NETS_H
#define ANEW_NETS_NETS_H

#include "graph/graph.h"

/* Records the network of the graph's model and returns its output value. */
anew_val anew_build_srvgg(anew_graph *g);
anew_val anew_build_rrdb(anew_graph *g);
anew_val anew_build_span(anew_graph *g);
anew_val anew_build_swinir(anew_graph *g);
anew_val anew_build_swin2sr(anew_graph *g);
anew_val anew_build_hat(anew_graph *g);
anew_val anew_build_dncnn(anew_graph *g);
anew_val anew_build_ffdnet(anew_graph *g);
anew_val anew_build_espcn(anew_graph *g);
anew_val anew_build_pan(anew_graph *g);
anew_val anew_build_imdn(anew_graph *g);
anew_val anew_build_rfdn(anew_graph *g);
anew_val anew_build_bsrn(anew_graph *g);
anew_val anew_build_safmn(anew_graph *g);
anew_val anew_build_plksr(anew_graph *g);
anew_val anew_build_upconv(anew_graph *g);
anew_val anew_build_cunet(anew_graph *g);
anew_val anew_build_unet(anew_graph *g);
anew_val anew_build_parsenet(anew_graph *g);
anew_val anew_build_bisenet(anew_graph *g);
anew_val anew_build_face_unet(anew_graph *g);
anew_val anew_build_gfpgan(anew_graph *g);
anew_val anew_build_codeformer(anew_graph *g);
anew_val anew_build_retinaface(anew_graph *g);
anew_val anew_build_yunet(anew_graph *g);
anew_val anew_build_scrfd(anew_graph *g);
/* The network that the model file itself lists (recorded.c), and the operations that may stand there: number `index`,
 * false past the last. */
anew_val anew_build_recorded(anew_graph *g);
bool anew_recorded_op(int index, anew_op *op);

/* One row per network. */
typedef struct anew_net {
    const char *architecture; /* the model file's word for it */
    const char *paper;
    anew_val (*build)(anew_graph *g);
} anew_net;

extern const anew_net anew_nets[]; /* ends with a NULL architecture */

/* Builds the graph of a model by its architecture; unknown ones are refused with the list of the
 * known. The model must outlive the graph. */
ANEW_NODISCARD anew_status anew_net_graph(anew_graph **graph, const anew_model *model,
                                          anew_error *error);

/* The same with wishes that the network's page knows (anew_wish): CodeFormer's "fidelity" (0 .. 1) and "adain" (0 or
 * 1), GFPGAN's "noise_seed" (0: the stored noise). */
ANEW_NODISCARD anew_status anew_net_graph_with(anew_graph **graph, const anew_model *model,
                                               anew_options options, anew_error *error);

#endif
