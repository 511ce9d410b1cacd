/* profile.c - prints a report. */
#include "cli/profile.h"

#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "core/memory.h"
#include "exec/machine_peak.h"

#define PEAK_SECONDS 0.03

double profile_peak(const anew_report *report)
{
    anew_isa isa;
    return report->cpu != NULL && anew_isa_detect(&isa, report->cpu)
               ? anew_measure_peak(anew_peak_of(isa), report->threads, PEAK_SECONDS)
               : 0;
}

/* ---- groups of steps ----------------------------------------------------------------------------------- */

/* Steps of one kernel and shape; their times, operations and bytes are summed up in `all`, whose name is that of the
 * first of them. */
typedef struct step_group {
    anew_step_time all;
    int steps;
} step_group;

static bool belongs(const step_group *group, const anew_step_time *step)
{
    const anew_step_time *all = &group->all;
    return strcmp(all->kernel, step->kernel) == 0 && all->in_channels == step->in_channels &&
           all->out_channels == step->out_channels && all->width == step->width &&
           all->height == step->height;
}

static void add(step_group *group, const anew_step_time *step)
{
    if (group->steps++ == 0) {
        group->all = *step;
        return;
    }
    group->all.seconds += step->seconds;
    group->all.flops += step->flops;
    group->all.bytes += step->bytes;
}

static int by_time(const void *a, const void *b)
{
    const step_group *left = a, *right = b;
    return (left->all.seconds < right->all.seconds) - (left->all.seconds > right->all.seconds);
}

/* Fills groups[report->step_count] and returns how many there are; those that took longest first. */
static int group_steps(step_group *groups, const anew_report *report, profile_detail detail)
{
    int count = 0;
    for (int i = 0; i < report->step_count; i++) {
        int at = 0;
        while (at < count && (detail == PROFILE_STEPS || !belongs(&groups[at], &report->steps[i])))
            at++;
        if (at == count)
            groups[count++] = (step_group){.steps = 0};
        add(&groups[at], &report->steps[i]);
    }
    if (detail == PROFILE_GROUPS)
        qsort(groups, (size_t)count, sizeof *groups, by_time);
    return count;
}

static step_group *allocate_groups(const anew_report *report)
{
    return anew_alloc_zero(anew_size_mul((size_t)report->step_count, sizeof(step_group)));
}

/* ---- for people ---------------------------------------------------------------------------------------- */

/* In units of 10^9 a second. */
static double rate(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds * 1e-9 : 0;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void print_row(FILE *to, const step_group *group, const anew_report *report, double peak)
{
    const anew_step_time *s = &group->all;
    fprintf(to, "  %9.2f ms %5.1f %% %8.1f", 1e3 * s->seconds,
            percent(s->seconds, report->network_seconds), rate(s->flops, s->seconds));
    if (peak > 0)
        fprintf(to, " %6.1f %%", percent(rate(s->flops, s->seconds) * 1e9, peak));
    else
        fprintf(to, "        -");
    fprintf(to, " %9.1f %6.1f", s->bytes * 1e-6, rate(s->bytes, s->seconds));
}

static void print_steps(FILE *to, const anew_report *report, const profile_facts *facts,
                        const step_group *groups, int count)
{
    step_group sum = {.steps = 0};
    fprintf(to, "  %12s %7s %8s %8s %9s %6s  %-22s %5s %11s %11s  %s\n", "time", "share", "GFLOP/s",
            "of peak", "MB moved", "GB/s", "kernel", "steps", "channels", "size", "layer");
    for (int i = 0; i < count; i++) {
        const anew_step_time *s = &groups[i].all;
        print_row(to, &groups[i], report, facts->peak);
        fprintf(to, "  %-22s %5d %4d -> %-4d %5dx%-5d %s%s\n", s->kernel, groups[i].steps,
                s->in_channels, s->out_channels, s->width, s->height, s->name,
                groups[i].steps > 1 ? " ..." : "");
        add(&sum, s);
    }
    print_row(to, &sum, report, facts->peak);
    fprintf(to, "  sum of %d steps\n", report->step_count);
    if (facts->peak > 0)
        fprintf(to,
                "  peak: %.1f GFLOP/s of multiply-adds with %d thread%s, measured after the run; a "
                "Winograd\n  kernel is credited with the direct convolution's operations and can "
                "pass 100 %%\n",
                facts->peak * 1e-9, report->threads, report->threads == 1 ? "" : "s");
}

void profile_print(FILE *to, const anew_report *report, const profile_facts *facts,
                   profile_detail detail)
{
    fprintf(to, "  decode %.3f s, prepare %.3f s, network %.3f s, resize %.3f s, encode %.3f s\n",
            facts->decode, report->prepare_seconds, report->network_seconds, report->resize_seconds,
            facts->encode);
    if (report->cpu == NULL) {
        fprintf(to, "  no network was run: resampling alone\n");
        return;
    }
    fprintf(to,
            "  %d thread%s, CPU level %s, %d strip%s, %d band%s, %.0f MB of activations, %.1f "
            "GFLOP/s\n",
            report->threads, report->threads == 1 ? "" : "s", report->cpu, report->strips,
            report->strips == 1 ? "" : "s", report->bands, report->bands == 1 ? "" : "s",
            (double)report->arena_bytes / 1e6, rate(report->flops, report->network_seconds));
    step_group *groups = report->step_count > 0 ? allocate_groups(report) : NULL;
    if (groups != NULL)
        print_steps(to, report, facts, groups, group_steps(groups, report, detail));
    anew_free(groups);
}

/* ---- for programs -------------------------------------------------------------------------------------- */

/* The members that steps and groups have in common. */
static void print_json_step(FILE *to, const anew_step_time *s, double peak)
{
    fprintf(to, "\"kernel\":");
    json_string(to, s->kernel);
    fprintf(to,
            ",\"in_channels\":%d,\"out_channels\":%d,\"size\":[%d,%d],\"flops\":%.0f,"
            "\"bytes\":%.0f,\"seconds\":%.6f,\"share_of_peak\":",
            s->in_channels, s->out_channels, s->width, s->height, s->flops, s->bytes, s->seconds);
    if (peak > 0 && s->seconds > 0)
        fprintf(to, "%.4f}", s->flops / s->seconds / peak);
    else
        fprintf(to, "null}");
}

void profile_print_json(FILE *to, const char *input, const char *output, const anew_image *in,
                        const anew_image *out, const anew_report *report,
                        const profile_facts *facts)
{
    step_group *groups = report->step_count > 0 ? allocate_groups(report) : NULL;
    const int count = groups == NULL ? 0 : group_steps(groups, report, PROFILE_GROUPS);
    double bytes = 0;
    fprintf(to, "{\"schema\":1,\"input\":");
    json_string(to, input);
    fprintf(to, ",\"output\":");
    json_string(to, output);
    fprintf(to, ",\"input_size\":[%d,%d],\"output_size\":[%d,%d]", in->width, in->height,
            out->width, out->height);
    fprintf(to, ",\"threads\":%d,\"cpu\":", report->threads);
    if (report->cpu != NULL)
        json_string(to, report->cpu);
    else /* no network was run */
        fprintf(to, "null");
    fprintf(to, ",\"strips\":%d,\"bands\":%d", report->strips, report->bands);
    fprintf(to, ",\"arena_bytes\":%zu,\"flops\":%.0f", report->arena_bytes, report->flops);
    fprintf(to, ",\"steps\":[");
    for (int i = 0; i < report->step_count; i++) {
        fprintf(to, "%s{\"name\":", i == 0 ? "" : ",");
        json_string(to, report->steps[i].name);
        fprintf(to, ",");
        print_json_step(to, &report->steps[i], facts->peak);
        bytes += report->steps[i].bytes;
    }
    fprintf(to, "],\"groups\":[");
    for (int i = 0; i < count; i++) {
        fprintf(to, "%s{\"steps\":%d,", i == 0 ? "" : ",", groups[i].steps);
        print_json_step(to, &groups[i].all, facts->peak);
    }
    fprintf(to, "],\"bytes\":%.0f,\"peak_flops_per_second\":", bytes);
    if (facts->peak > 0)
        fprintf(to, "%.0f", facts->peak);
    else
        fprintf(to, "null");
    fprintf(to,
            ",\"decode_seconds\":%.6f,\"prepare_seconds\":%.6f,\"resize_seconds\":%.6f,"
            "\"encode_seconds\":%.6f,\"total_seconds\":%.6f,\"network_seconds\":%.6f}\n",
            facts->decode, report->prepare_seconds, report->resize_seconds, facts->encode,
            facts->total, report->network_seconds);
    anew_free(groups);
}
