/*
 * check_span.c - published weights of SPAN, where they are: samples of what PyTorch makes of a made-up picture
 * (tests/make_golden_span.py prints them).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/networks.h"
#include "common/suite.h"

#define HEIGHT 20
#define WIDTH  24
#define SCALE  4
#define PIXELS (HEIGHT * WIDTH)
#define COUNT  (3 * PIXELS * SCALE * SCALE)

static const double wanted[] = {0.4471036, 0.5315697, 0.4555672, 0.6459626, 0.4935451, 0.2913384,
                                0.5148853, 0.3624954, 0.5258300, 0.4251827, 0.5523772, 0.4496835,
                                0.3947418, 0.4650352, 0.2715513, 0.4767806};
static const double wanted_mean = 0.459992281;
#define SAMPLES ((int)(sizeof wanted / sizeof wanted[0]))

START_TEST(published_weights_of_span)
{
    static float in[3 * PIXELS], out[COUNT];
    char path[1024];
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_isa isa;
    (void)snprintf(path, sizeof path, "%s/real/span_team46.anew", model_folder());
    if (!is_there(path, "published weights of SPAN"))
        return;
    open_network(&model, &graph, path);
    ck_assert_int_eq(anew_graph_scale(graph), SCALE);
    ck_assert(anew_isa_detect(&isa, NULL));
    for (int i = 0; i < 3 * PIXELS; i++)
        in[i] = (float)(i * 7919 % 1021 / 1020.0 * 0.25 + i % WIDTH / (double)WIDTH * 0.7);
    const anew_picture from = {in, 3, HEIGHT, WIDTH, PIXELS, WIDTH};
    const anew_picture to = {out,          3, HEIGHT * SCALE, WIDTH * SCALE, PIXELS * SCALE * SCALE,
                             WIDTH * SCALE};
    for (int selection = ANEW_SELECT_EXACT; selection <= ANEW_SELECT_FAST; selection++) {
        anew_weights *weights = pack_weights(graph, (int)isa, selection);
        run_plan(&to, &from, weights, 7, ANEW_PLAN_FULL, 2);
        double sum = 0, worst = 0;
        for (int i = 0; i < COUNT; i++)
            sum += (double)out[i];
        for (int i = 0; i < SAMPLES; i++) {
            const double got = (double)out[COUNT / SAMPLES / 2 + i * (COUNT / SAMPLES)];
            worst = fmax(worst, fabs(got - wanted[i]));
        }
        printf("SPAN: at most %.1e off\n", worst);
        ck_assert_msg(worst <= 1e-5, "a sample differs by %g", worst);
        ck_assert_msg(fabs(sum / COUNT - wanted_mean) <= 1e-6, "the mean is %.9f", sum / COUNT);
        anew_weights_free(&weights);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("span");
    TCase *all = add_case(suite, "span", 300);
    tcase_add_test(all, published_weights_of_span);
    return run_suite(suite);
}
