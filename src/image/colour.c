/* colour.c - conversion to sRGB; the only file that sees lcms2. */
#include "image/colour.h"

#include "core/memory.h"

#if ANEW_LCMS

#include <lcms2.h>
#include <stdlib.h>

struct anew_colour {
    cmsContext context;
    cmsHTRANSFORM transform;
    size_t pixel_bytes;
};

/* ---- profiles --------------------------------------------------------------------------------------- */

/* PNG's words: chromaticities, or those of sRGB where none are written, and a gamma. */
static cmsHPROFILE profile_of_words(cmsContext context, const anew_metadata *m, int channels)
{
    static const int32_t srgb[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
    const int32_t *c = m->has_chromaticities ? m->chromaticities : srgb;
    const cmsCIExyY white = {c[0] / 1e5, c[1] / 1e5, 1};
    const cmsCIExyYTRIPLE primaries = {
        {c[2] / 1e5, c[3] / 1e5, 1}, {c[4] / 1e5, c[5] / 1e5, 1}, {c[6] / 1e5, c[7] / 1e5, 1}};
    cmsToneCurve *curve = cmsBuildGamma(context, 1e5 / m->gamma);
    cmsToneCurve *const curves[3] = {curve, curve, curve};
    cmsHPROFILE profile = curve == NULL ? NULL
                          : channels <= 2
                              ? cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve)
                              : cmsCreateRGBProfileTHR(context, &white, &primaries, curves);
    cmsFreeToneCurve(curve);
    return profile;
}

/* Adobe RGB (1998), section 4.3: its white, its primaries, gamma 563 / 256. */
static cmsHPROFILE adobe_rgb(cmsContext context)
{
    const anew_metadata words = {
        .has_chromaticities = true,
        .gamma = 45471,
        .chromaticities = {31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000}};
    return profile_of_words(context, &words, 3);
}

/* Gray in sRGB is the gray of equal red, green and blue: the curve alone. */
static cmsHPROFILE srgb_of(cmsContext context, int channels)
{
    static const cmsFloat64Number curve_of_srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92,
                                                      0.04045}; /* IEC 61966-2-1 */
    if (channels > 2)
        return cmsCreate_sRGBProfileTHR(context);
    cmsToneCurve *curve = cmsBuildParametricToneCurve(context, 4, curve_of_srgb);
    cmsHPROFILE profile =
        curve == NULL ? NULL : cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve);
    cmsFreeToneCurve(curve);
    return profile;
}

/* What the file says, as a profile; NULL without a message: nothing, or sRGB by name. */
static anew_status profile_of(cmsHPROFILE *profile, cmsContext context, const anew_metadata *m,
                              int channels, const char *label, anew_error *error)
{
    const cmsColorSpaceSignature wanted = channels <= 2 ? cmsSigGrayData : cmsSigRgbData;
    *profile = NULL;
    if (m->icc.data != NULL) {
        *profile = cmsOpenProfileFromMemTHR(context, m->icc.data, (cmsUInt32Number)m->icc.size);
        if (*profile == NULL)
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: damaged colour profile; leave --to-srgb out", label);
        if (cmsGetColorSpace(*profile) != wanted)
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: its colour profile is not for %s; leave --to-srgb out", label,
                             channels <= 2 ? "gray" : "RGB");
    } else if (!m->has_srgb && m->has_gamma && m->gamma > 1000) {
        *profile = profile_of_words(context, m, channels);
    } else if (channels > 2 && anew_exif_says_adobe_rgb(&m->exif)) {
        *profile = adobe_rgb(context);
    }
    return ANEW_OK;
}

/* ---- conversion -------------------------------------------------------------------------------------- */

static cmsUInt32Number type_of(int channels, int depth)
{
    static const cmsUInt32Number types[2][5] = {
        {0, TYPE_GRAY_8, TYPE_GRAYA_8, TYPE_RGB_8, TYPE_RGBA_8},
        {0, TYPE_GRAY_16, TYPE_GRAYA_16, TYPE_RGB_16, TYPE_RGBA_16}};
    return types[depth == 16][channels];
}

#define STEPS 17 /* a side of the grid of colours that are tried */

/* Whether no colour of a grid changes by more than rounding does: then the picture is left alone, bit for bit. */
static bool changes_nothing(cmsContext context, cmsHPROFILE from, cmsHPROFILE to, int channels)
{
    const int colours = channels <= 2 ? 1 : 3, count = colours == 1 ? 256 : STEPS * STEPS * STEPS;
    cmsHTRANSFORM transform = cmsCreateTransformTHR(
        context, from, type_of(colours, 16), to, type_of(colours, 16), INTENT_RELATIVE_COLORIMETRIC,
        cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOOPTIMIZE);
    bool same = transform != NULL;
    for (int i = 0; same && i < count; i++) {
        uint16_t in[3], out[3];
        for (int c = 0, rest = i; c < colours; c++, rest /= STEPS)
            in[c] = (uint16_t)(colours == 1 ? i * 257 : rest % STEPS * 4095 + rest % STEPS / 4 * 3);
        cmsDoTransform(transform, in, out, 1);
        for (int c = 0; c < colours; c++)
            same = same && abs((int)in[c] - (int)out[c]) <= 257;
    }
    if (transform != NULL)
        cmsDeleteTransform(transform);
    return same;
}

anew_status anew_colour_open(anew_colour **colour, const anew_metadata *metadata,
                             const anew_image *shape, const char *label, anew_error *error)
{
    cmsHPROFILE from = NULL, to = NULL;
    anew_status status = ANEW_OK;
    *colour = NULL;
    anew_colour *c = anew_alloc_zero(sizeof *c);
    if (c == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to convert its colours", label);
    c->context = cmsCreateContext(NULL, NULL);
    c->pixel_bytes = (size_t)shape->channels * (size_t)(shape->depth / 8);
    if (c->context == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to convert its colours", label);
        goto out;
    }
    ANEW_TRY_GOTO(profile_of(&from, c->context, metadata, shape->channels, label, error), out);
    if (from == NULL)
        goto out;
    to = srgb_of(c->context, shape->channels);
    if (to != NULL && changes_nothing(c->context, from, to, shape->channels))
        goto out;
    const cmsUInt32Number type = type_of(shape->channels, shape->depth);
    /* 16 bits without the tables by which lcms2 goes faster: those are right to some 11 bits. */
    c->transform =
        to == NULL
            ? NULL
            : cmsCreateTransformTHR(c->context, from, type, to, type, INTENT_RELATIVE_COLORIMETRIC,
                                    cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_COPY_ALPHA |
                                        (shape->depth == 16 ? cmsFLAGS_NOOPTIMIZE : 0));
    if (c->transform == NULL)
        status = anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: lcms2 makes no conversion of its colour profile; leave --to-srgb out", label);
out:
    if (from != NULL)
        cmsCloseProfile(from);
    if (to != NULL)
        cmsCloseProfile(to);
    if (c->transform == NULL)
        anew_colour_close(&c);
    *colour = c;
    return status;
}

/* lcms2 counts pixels in 32 bits. */
#define PORTION ((size_t)1 << 24)

void anew_colour_convert(const anew_colour *colour, void *pixels, size_t count)
{
    for (size_t at = 0; at < count; at += PORTION) {
        uint8_t *part = (uint8_t *)pixels + at * colour->pixel_bytes;
        const size_t now = count - at < PORTION ? count - at : PORTION;
        cmsDoTransform(colour->transform, part, part, (cmsUInt32Number)now);
    }
}

void anew_colour_close(anew_colour **colour)
{
    anew_colour *c = *colour;
    if (c == NULL)
        return;
    if (c->transform != NULL)
        cmsDeleteTransform(c->transform);
    if (c->context != NULL)
        cmsDeleteContext(c->context);
    anew_free(c);
    *colour = NULL;
}

#else

anew_status anew_colour_open(anew_colour **colour, const anew_metadata *metadata,
                             const anew_image *shape, const char *label, anew_error *error)
{
    (void)metadata;
    (void)shape;
    *colour = NULL;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: this build does not convert colours (lcms2 was left out)", label);
}

void anew_colour_convert(const anew_colour *colour, void *pixels, size_t count)
{
    (void)colour;
    (void)pixels;
    (void)count;
}

void anew_colour_close(anew_colour **colour)
{
    *colour = NULL;
}

#endif
