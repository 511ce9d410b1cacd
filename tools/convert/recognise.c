/* recognise.c - the table of networks, and the hyper-parameters that a user sets. */
#include "recognise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_mix.h"

const recognition recognitions[] = {
    {"srvgg", "SRVGGNetCompact: realesr-general-x4v3, realesr-animevideov3, community \"Compact\"",
     "Wang et al. 2021, Real-ESRGAN", srvgg_matches, srvgg_describe},
    {"rrdb", "RRDBNet: RealESRGAN_x4plus, x2plus, anime_6B, ESRGAN, BSRGAN, ESRGAN+",
     "Wang et al. 2018, ESRGAN", rrdb_matches, rrdb_describe},
    {"span", "SPAN, with or without branches", "Wan et al. 2024, SPAN", span_matches,
     span_describe},
    {"swin2sr", "Swin2SR: enlargement, real-world, JPEG", "Conde et al. 2022, Swin2SR",
     swin2sr_matches, swin2sr_describe},
    {"hat", "HAT: HAT-S, HAT, HAT-L, Real_HAT_GAN", "Chen et al. 2023, HAT", hat_matches,
     hat_describe},
    {"swinir", "SwinIR: enlargement, real-world, noise, JPEG", "Liang et al. 2021, SwinIR",
     swinir_matches, swinir_describe},
    {"dncnn", "DnCNN and IRCNN, gray or colour, with batch normalisation or without",
     "Zhang et al. 2017, DnCNN", dncnn_matches, dncnn_describe},
    {"ffdnet", "FFDNet and FDnCNN, gray or colour, with batch normalisation or without",
     "Zhang et al. 2018, FFDNet", ffdnet_matches, ffdnet_describe},
    {"espcn", "ESPCN, also PyTorch's example super_resolution", "Shi et al. 2016, ESPCN",
     espcn_matches, espcn_describe},
    {"pan", "PAN", "Zhao et al. 2020, PAN", pan_matches, pan_describe},
    {"imdn", "IMDN", "Hui et al. 2019, IMDN", imdn_matches, imdn_describe},
    {"rfdn", "RFDN", "Liu, Tang and Wu 2020, RFDN", rfdn_matches, rfdn_describe},
    {"bsrn", "BSRN, of the paper and of the NTIRE 2022 contest", "Li et al. 2022, BSRN",
     bsrn_matches, bsrn_describe},
    {"safmn", "SAFMN, of the paper and of the NTIRE 2023 contest", "Sun et al. 2023, SAFMN",
     safmn_matches, safmn_describe},
    {"plksr", "PLKSR and RealPLKSR, with norms of groups, of layers or without",
     "Lee, Yun and Ro 2024, PLKSR", plksr_matches, plksr_describe},
    {"upconv", "waifu2x: upconv_7, upconv_7l, vgg_7", "nagadomi 2016, waifu2x", upconv_matches,
     upconv_describe},
    {"cunet", "waifu2x: cunet, x1 and x2; Real-CUGAN x2", "nagadomi 2018, waifu2x", cunet_matches,
     cunet_describe},
    {"unet", "U-Net of two halvings that parses faces", "Ronneberger et al. 2015, U-Net",
     unet_matches, unet_describe},
    {"gfpgan", "GFPGAN: 1.2, 1.3, 1.4", "Wang et al. 2021, GFPGAN", gfpgan_matches,
     gfpgan_describe},
    {"codeformer", "CodeFormer", "Zhou et al. 2022, CodeFormer", codeformer_matches,
     codeformer_describe},
    {"face_unet", "anew's own U-Net that restores faces", "Ronneberger et al. 2015, U-Net",
     face_unet_matches, face_unet_describe},
    {"parsenet", "ParseNet: parsing_parsenet", "facexlib, after Chen et al. 2021, PSFR-GAN",
     parsenet_matches, parsenet_describe},
    {"bisenet", "BiSeNet: parsing_bisenet", "Yu et al. 2018, BiSeNet", bisenet_matches,
     bisenet_describe},
    {"retinaface", "RetinaFace with MobileNet-0.25 or ResNet-50", "Deng et al. 2019, RetinaFace",
     retinaface_matches, retinaface_describe},
    {"yunet", "YuNet", "Wu, Peng and Yu 2023, YuNet", yunet_matches, yunet_describe},
    {"scrfd", "SCRFD with depthwise convolutions and five points (500M), as ONNX",
     "Guo et al. 2021, SCRFD", scrfd_matches, scrfd_describe},
    {NULL, NULL, NULL, NULL, NULL},
};

const checkpoint_tensor *recognise_find(const checkpoint *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, name) == 0)
            return &c->tensors[i];
    return NULL;
}

anew_status recognise_conv(const checkpoint_tensor **found, const checkpoint *c,
                           const char *network, const char *name, const char *label,
                           anew_error *error)
{
    char shape[ANEW_SHAPE_TEXT];
    *found = recognise_find(c, name);
    if (*found == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like %s, but its tensor '%s' is missing", label, network, name);
    if ((*found)->rank != 4)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like %s, but its tensor '%s' has the shape %s where a "
                         "convolution has 4 dimensions",
                         label, network, name,
                         anew_shape_text(shape, (*found)->rank, (*found)->dims));
    return ANEW_OK;
}

static recognised_hyper *hyper(recognised *r, const char *name)
{
    for (int i = 0; i < r->hyper_count; i++)
        if (strcmp(r->hypers[i].name, name) == 0)
            return &r->hypers[i];
    if (r->hyper_count == RECOGNISED_MAX_HYPERS)
        return NULL;
    recognised_hyper *h = &r->hypers[r->hyper_count++];
    *h = (recognised_hyper){.name = name};
    return h;
}

void recognised_integer(recognised *r, const char *name, int64_t value)
{
    recognised_hyper *h = hyper(r, name);
    if (h != NULL) {
        h->kind = 'i';
        h->integer = value;
    }
}

void recognised_real(recognised *r, const char *name, double value)
{
    recognised_hyper *h = hyper(r, name);
    if (h != NULL) {
        h->kind = 'r';
        h->real = value;
    }
}

void recognised_text(recognised *r, const char *name, const char *value)
{
    recognised_hyper *h = hyper(r, name);
    if (h != NULL) {
        h->kind = 't';
        (void)snprintf(h->text, sizeof h->text, "%s", value);
    }
}

anew_status recognised_set(recognised *r, const char *assignment, anew_error *error)
{
    const char *equals = strchr(assignment, '=');
    static const char *const partners[] = {ANEW_DENOISE_PARTNER, ANEW_CRISP_PARTNER};
    for (size_t i = 0; equals != NULL && i < sizeof partners / sizeof partners[0]; i++) {
        const char *name = equals + 1;
        if (strlen(partners[i]) != (size_t)(equals - assignment) ||
            strncmp(assignment, partners[i], strlen(partners[i])) != 0)
            continue;
        if (name[0] == '\0' || strchr(name, '/') != NULL ||
            strlen(name) >= sizeof r->hypers[0].text)
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "--set %s: must be a model's name of up to %zu characters, without a "
                             "folder",
                             assignment, sizeof r->hypers[0].text - 1);
        recognised_text(r, partners[i], name);
        return ANEW_OK;
    }
    static const char usual_mark[] = ANEW_CRISP_USUAL "=";
    if (strncmp(assignment, usual_mark, sizeof usual_mark - 1) == 0) {
        const char *number = assignment + sizeof usual_mark - 1;
        char *end = NULL;
        const double usual = strtod(number, &end);
        if (end == number || *end != '\0' || !(usual >= 0 && usual <= 1))
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "--set %s: must be a number from 0 to 1",
                             assignment);
        recognised_real(r, ANEW_CRISP_USUAL, usual);
        return ANEW_OK;
    }
    /* The short word that people use. */
    char longer[128];
    if (strncmp(assignment, "slope=", 6) == 0) {
        (void)snprintf(longer, sizeof longer, "negative_%s", assignment);
        assignment = longer;
        equals = strchr(assignment, '=');
    }
    for (int i = 0; equals != NULL && i < r->hyper_count; i++) {
        recognised_hyper *h = &r->hypers[i];
        if (strlen(h->name) != (size_t)(equals - assignment) ||
            strncmp(h->name, assignment, strlen(h->name)) != 0)
            continue;
        char *end = NULL;
        errno = 0;
        if (h->kind == 'i')
            h->integer = strtoll(equals + 1, &end, 10);
        else if (h->kind == 'r')
            h->real = strtod(equals + 1, &end);
        else
            (void)snprintf(h->text, sizeof h->text, "%s", equals + 1);
        if (end != NULL && (end == equals + 1 || *end != '\0' || errno != 0))
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "--set %s: the value must be %s number",
                             assignment, h->kind == 'i' ? "a whole" : "a");
        char said[128];
        (void)snprintf(said, sizeof said, "--set %s=", h->name);
        if (strstr(r->remark, said) != NULL)
            r->remark[0] = '\0'; /* it is no longer assumed */
        return ANEW_OK;
    }
    char known[256] = "";
    for (int i = 0; i < r->hyper_count; i++)
        (void)snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                       r->hypers[i].name);
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "--set %s: must be NAME=VALUE with one of the names %s", assignment, known);
}

anew_status recognised_fold_range(recognised *r, checkpoint *c, const char *label,
                                  anew_error *error)
{
    recognised_hyper *range = NULL;
    for (int i = 0; i < r->hyper_count; i++)
        if (strcmp(r->hypers[i].name, "value_range") == 0)
            range = &r->hypers[i];
    if (range == NULL || range->real == 1)
        return ANEW_OK;
    if (!(range->real > 0 && range->real <= 65535))
        return anew_fail(
            error, ANEW_ERROR_ARGUMENT,
            "%s: value_range must be the largest sample's value, such as 255 (above 0, up "
            "to 65535), not %g",
            label, range->real);
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        const size_t length = strlen(t->name);
        if (length < 5 || strcmp(t->name + length - 5, ".bias") != 0)
            continue;
        for (int64_t k = 0; k < t->elements; k++)
            t->values[k] = (float)(t->values[k] / range->real);
        t->stored = ANEW_DTYPE_F32; /* a quotient of 16-bit numbers has more digits */
    }
    const size_t said = strlen(r->remark);
    (void)snprintf(r->remark + said, sizeof r->remark - said,
                   "%sbiases divided by %g, so that the network takes samples from 0 to 1",
                   said > 0 ? "; " : "", range->real);
    range->real = 1;
    return ANEW_OK;
}

anew_status recognise(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    *r = (recognised){0};
    if (c->nodes != NULL) { /* a graph that was taken over, whatever its tensors are called */
        r->architecture = "recorded";
        (void)snprintf(r->remark, sizeof r->remark, "%s", c->remark == NULL ? "" : c->remark);
        return ANEW_OK;
    }
    for (const recognition *row = recognitions; row->architecture != NULL; row++) {
        if (row->matches(c)) {
            r->architecture = row->architecture;
            ANEW_TRY(row->describe(r, c, label, error));
            if (c->denoise_partner != NULL)
                recognised_text(r, "denoise_partner", c->denoise_partner);
            return ANEW_OK;
        }
    }
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: no network that is known here (its first tensor is '%.60s'); "
                     "anew-convert --list names those that are",
                     label, c->count > 0 ? c->tensors[0].name : "");
}
