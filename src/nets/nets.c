/* nets.c - the table of networks, and the way from a model to its graph. */
#include "nets/nets.h"

#include <stdio.h>
#include <string.h>

const anew_net anew_nets[] = {
    {"srvgg", "Wang et al. 2021, Real-ESRGAN (SRVGGNetCompact)", anew_build_srvgg},
#ifndef ANEW_EMBEDDED /* where a network that nobody runs would cost room */
    {"rrdb", "Wang et al. 2018, ESRGAN (RRDBNet)", anew_build_rrdb},
    {"span", "Wan et al. 2024, SPAN", anew_build_span},
    {"swinir", "Liang et al. 2021, SwinIR", anew_build_swinir},
    {"swin2sr", "Conde et al. 2022, Swin2SR", anew_build_swin2sr},
    {"hat", "Chen et al. 2023, HAT", anew_build_hat},
    {"dncnn", "Zhang et al. 2017, DnCNN (denoising)", anew_build_dncnn},
    {"ffdnet", "Zhang et al. 2018, FFDNet (denoising)", anew_build_ffdnet},
    {"espcn", "Shi et al. 2016, ESPCN", anew_build_espcn},
    {"pan", "Zhao et al. 2020, PAN", anew_build_pan},
    {"imdn", "Hui et al. 2019, IMDN", anew_build_imdn},
    {"rfdn", "Liu, Tang and Wu 2020, RFDN", anew_build_rfdn},
    {"bsrn", "Li et al. 2022, BSRN", anew_build_bsrn},
    {"safmn", "Sun et al. 2023, SAFMN", anew_build_safmn},
    {"plksr", "Lee, Yun and Ro 2024, PLKSR (RealPLKSR)", anew_build_plksr},
    {"upconv", "nagadomi 2016, waifu2x (upconv_7, vgg_7)", anew_build_upconv},
    {"cunet", "nagadomi 2018, waifu2x (cunet); bilibili 2022, Real-CUGAN", anew_build_cunet},
    {"unet", "Ronneberger et al. 2015, U-Net (face parsing)", anew_build_unet},
    {"gfpgan", "Wang et al. 2021, GFPGAN (face restoration)", anew_build_gfpgan},
    {"codeformer", "Zhou et al. 2022, CodeFormer (face restoration)", anew_build_codeformer},
    {"face_unet", "Ronneberger et al. 2015, U-Net (face restoration, anew's own)",
     anew_build_face_unet},
    {"parsenet", "facexlib, ParseNet (face parsing)", anew_build_parsenet},
    {"bisenet", "Yu et al. 2018, BiSeNet (face parsing)", anew_build_bisenet},
    {"retinaface", "Deng et al. 2019, RetinaFace", anew_build_retinaface},
    {"yunet", "Wu, Peng and Yu 2023, YuNet", anew_build_yunet},
    {"scrfd", "Guo et al. 2021, SCRFD", anew_build_scrfd},
    {"recorded", "any, as a list of operations in the model file", anew_build_recorded},
#endif
    {NULL, NULL, NULL},
};

anew_status anew_net_graph(anew_graph **graph, const anew_model *model, anew_error *error)
{
    return anew_net_graph_with(graph, model, (anew_options){NULL, 0}, error);
}

anew_status anew_net_graph_with(anew_graph **graph, const anew_model *model, anew_options options,
                                anew_error *error)
{
    const char *architecture = anew_model_architecture(model);
    const anew_net *net = anew_nets;
    while (net->architecture != NULL && strcmp(net->architecture, architecture) != 0)
        net++;
    if (net->architecture == NULL) {
        char known[512] = "";
        for (const anew_net *row = anew_nets; row->architecture != NULL; row++)
            (void)snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s",
                           row == anew_nets ? "" : ", ", row->architecture);
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: the architecture '%s' is not one of those known: %s",
                         anew_model_label(model), architecture, known);
    }
    anew_graph *g = NULL;
    anew_status status = anew_graph_create(&g, model, error);
    if (status == ANEW_OK) {
        anew_graph_set_options(g, options);
        status = anew_graph_finish(g, net->build(g), error);
    }
    if (status != ANEW_OK)
        anew_graph_free(&g);
    else
        *graph = g;
    return status;
}
