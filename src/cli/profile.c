/* profile.c - prints a report. */
#include "cli/profile.h"

#include "cli/json.h"

static double rate(double flops, double seconds)
{
    return seconds > 0 ? flops / seconds * 1e-9 : 0;
}

void profile_print(FILE *to, const anew_report *report, const profile_times *times, bool steps)
{
    fprintf(to, "  decode %.3f s, prepare %.3f s, network %.3f s, resize %.3f s, encode %.3f s\n",
            times->decode, report->prepare_seconds, report->network_seconds, report->resize_seconds,
            times->encode);
    fprintf(to,
            "  %d thread%s, CPU level %s, %d strip%s, %d band%s, %.0f MB of activations, %.1f "
            "GFLOP/s\n",
            report->threads, report->threads == 1 ? "" : "s", report->cpu, report->strips,
            report->strips == 1 ? "" : "s", report->bands, report->bands == 1 ? "" : "s",
            (double)report->arena_bytes / 1e6, rate(report->flops, report->network_seconds));
    for (int i = 0; steps && i < report->step_count; i++) {
        const anew_step_time *s = &report->steps[i];
        fprintf(to, "  %8.2f ms %5.1f %% %7.1f GFLOP/s  %-20s %5dx%-5d %s\n", 1e3 * s->seconds,
                report->network_seconds > 0 ? 100 * s->seconds / report->network_seconds : 0,
                rate(s->flops, s->seconds), s->kernel, s->width, s->height, s->name);
    }
}

void profile_print_json(FILE *to, const char *input, const char *output, const anew_image *in,
                        const anew_image *out, const anew_report *report,
                        const profile_times *times)
{
    fprintf(to, "{\"schema\":1,\"input\":");
    json_string(to, input);
    fprintf(to, ",\"output\":");
    json_string(to, output);
    fprintf(to, ",\"input_size\":[%d,%d],\"output_size\":[%d,%d]", in->width, in->height,
            out->width, out->height);
    fprintf(to, ",\"threads\":%d,\"cpu\":\"%s\",\"strips\":%d,\"bands\":%d", report->threads,
            report->cpu, report->strips, report->bands);
    fprintf(to, ",\"arena_bytes\":%zu,\"flops\":%.0f", report->arena_bytes, report->flops);
    fprintf(to, ",\"steps\":[");
    for (int i = 0; i < report->step_count; i++) {
        const anew_step_time *s = &report->steps[i];
        fprintf(to, "%s{\"name\":", i == 0 ? "" : ",");
        json_string(to, s->name);
        fprintf(to, ",\"kernel\":");
        json_string(to, s->kernel);
        fprintf(to, ",\"size\":[%d,%d],\"flops\":%.0f,\"seconds\":%.6f}", s->width, s->height,
                s->flops, s->seconds);
    }
    fprintf(to,
            "],\"decode_seconds\":%.6f,\"prepare_seconds\":%.6f,\"resize_seconds\":%.6f,"
            "\"encode_seconds\":%.6f,\"total_seconds\":%.6f,\"network_seconds\":%.6f}\n",
            times->decode, report->prepare_seconds, report->resize_seconds, times->encode,
            times->total, report->network_seconds);
}
