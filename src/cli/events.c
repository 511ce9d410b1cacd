/* events.c - the lines themselves. Failures go to standard error in both forms, and as events, too. */
#include "cli/events.h"

#include <math.h>
#include <string.h>

#include "cli/complain.h"
#include "cli/json.h"
#include "cli/whole_pictures.h"
#include "core/interrupt.h"

static void begin(const cli_events *events, const char *event, const char *input)
{
    fprintf(events->to, "{\"schema\":1,\"event\":\"%s\"", event);
    if (events->id != NULL)
        fprintf(events->to, ",\"id\":%s", events->id);
    fprintf(events->to, ",\"input\":");
    json_string(events->to, input);
}

/* A program that waits for the line must get it. */
static void end(const cli_events *events)
{
    fprintf(events->to, "}\n");
    (void)fflush(events->to);
}

static void sizes(const cli_events *events, const char *output, int in_width, int in_height,
                  int out_width, int out_height)
{
    fprintf(events->to, ",\"output\":");
    json_string(events->to, output);
    fprintf(events->to, ",\"input_size\":[%d,%d],\"output_size\":[%d,%d]", in_width, in_height,
            out_width, out_height);
}

/* Those of `numbers` that no face has, which the detector is sure of. */
static int missing(const cli_faces_done *faces, int numbers[ANEW_MOST_FACE_NUMBERS])
{
    int sure = 0, count = 0;
    for (int i = 0; i < faces->count; i++)
        sure += faces->list[i].fate != ANEW_FACE_DOUBTFUL;
    for (int i = 0; faces->options != NULL && i < faces->options->number_count; i++)
        if (faces->options->numbers[i] > sure)
            numbers[count++] = faces->options->numbers[i];
    return count;
}

/* Such as ", 3 faces: 2 restored, 1 too small; no face 7". */
static void count_faces(FILE *to, const cli_faces_done *faces)
{
    fprintf(to,
            faces->count == 0   ? ", no face"
            : faces->count == 1 ? ", %d face"
                                : ", %d faces",
            faces->count);
    const char *separator = ": ";
    for (int fate = ANEW_FACE_RESTORED; fate <= (int)ANEW_FACE_UNCLEAR; fate++) {
        int count = 0;
        for (int i = 0; i < faces->count; i++)
            count += (int)faces->list[i].fate == fate;
        if (count == 0)
            continue;
        fprintf(to, "%s%d %s", separator, count, anew_face_fate_name((anew_face_fate)fate));
        separator = ", ";
    }
    int missed = 0;
    for (int i = 0; i < faces->count; i++)
        missed += faces->list[i].mask == ANEW_FACE_MASK_NOT_PARSED;
    if (missed > 0)
        fprintf(to, "; the parser sees no face in %d", missed);
    int numbers[ANEW_MOST_FACE_NUMBERS];
    const int none = missing(faces, numbers);
    for (int i = 0; i < none; i++)
        fprintf(to, "%s%d", i == 0 ? "; no face " : ", ", numbers[i]);
}

static void print_faces(FILE *to, const cli_faces_done *faces)
{
    fprintf(to, ",\"faces\":[");
    for (int i = 0; i < faces->count; i++) {
        const anew_face_report *f = &faces->list[i];
        fprintf(to, "%s{", i > 0 ? "," : "");
        json_face(to, &f->face);
        fprintf(to, ",\"fate\":");
        json_string(to, anew_face_fate_name(f->fate));
        fprintf(to, ",\"share\":%.4f,\"displacement\":", f->share);
        json_number(to, f->displacement);
        fprintf(to, ",\"eye_colour\":");
        json_number(to, f->eye_colour);
        fprintf(to, ",\"mask\":");
        json_string(to, anew_face_mask_name(f->mask));
        fputc('}', to);
    }
    fputc(']', to);
    int numbers[ANEW_MOST_FACE_NUMBERS];
    const int none = missing(faces, numbers);
    for (int i = 0; i < none; i++)
        fprintf(to, "%s%d", i == 0 ? ",\"missing_faces\":[" : ",", numbers[i]);
    if (none > 0)
        fputc(']', to);
}

/* Such as ", quality 71, 148213 bytes". */
static void tell_taken(FILE *to, const anew_image_taken *taken)
{
    if (taken->quality > 0)
        fprintf(to, ", quality %d", taken->quality);
    if (taken->png_compression >= 0)
        fprintf(to, ", compression %d", taken->png_compression);
    fprintf(to, ", %lld bytes", (long long)taken->bytes);
}

static void print_taken(FILE *to, const anew_image_taken *taken)
{
    if (taken->quality > 0)
        fprintf(to, ",\"quality\":%d", taken->quality);
    if (taken->png_compression >= 0)
        fprintf(to, ",\"png_compression\":%d", taken->png_compression);
    fprintf(to, ",\"bytes\":%lld", (long long)taken->bytes);
}

static void print_finish(FILE *to, const anew_finish_report *finish)
{
    if (isnan(finish->faithful))
        return;
    fprintf(to, ",\"faithful\":{\"before\":");
    json_number(to, finish->faithful_before);
    fprintf(to, ",\"after\":");
    json_number(to, finish->faithful);
    fprintf(to, ",\"rounds\":%d}", finish->rounds);
}

static void tell_finish(FILE *to, const anew_finish_report *finish)
{
    if (!isnan(finish->faithful))
        fprintf(to, ", agrees with the picture by %.2f dB (%.2f dB before)", finish->faithful,
                finish->faithful_before);
}

static void print_looked(FILE *to, const char *text, double shrink_first, double restore_strength,
                         int faces)
{
    fprintf(to, "\"text\":");
    json_string(to, text);
    fprintf(to, ",\"shrink_first\":%.3f,\"restore_strength\":%.3f",
            shrink_first > 1 ? shrink_first : 1, restore_strength);
    if (faces >= 0)
        fprintf(to, ",\"faces_mended\":%d", faces);
}

void cli_event_done(cli_events *events, const char *input, const char *output, const anew_image *in,
                    const anew_image *out, int frames, double seconds, const cli_faces_done *faces,
                    const anew_image_taken *taken, const anew_finish_report *finish,
                    const cli_repaired *repaired)
{
    cli_screen_take(&events->screen);
    events->done++;
    if (events->options->json) {
        begin(events, "done", input);
        sizes(events, output, in->width, in->height, out->width, out->height);
        fprintf(events->to, ",\"seconds\":%.6f", seconds);
        if (frames > 1)
            fprintf(events->to, ",\"frames\":%d", frames);
        if (faces != NULL)
            print_faces(events->to, faces);
        if (taken != NULL)
            print_taken(events->to, taken);
        if (finish != NULL)
            print_finish(events->to, finish);
        if (repaired != NULL)
            fprintf(events->to, ",\"repaired\":{\"scratches\":%d,\"pixels\":%lld}", repaired->found,
                    (long long)repaired->pixels);
        if (events->looked[0] != '\0') {
            fprintf(events->to, ",\"looked\":{");
            print_looked(events->to, events->looked, events->shrink_first, events->restore_strength,
                         events->faces_mended);
            fputc('}', events->to);
        }
        end(events);
    } else if (!events->options->quiet && !events->options->profile_json) {
        fprintf(events->to, "%s: ", input);
        if (frames > 1)
            fprintf(events->to, "%d frames of ", frames);
        fprintf(events->to, "%dx%d -> %s: %dx%d, %.2f s", in->width, in->height, output, out->width,
                out->height, seconds);
        if (faces != NULL)
            count_faces(events->to, faces);
        if (taken != NULL)
            tell_taken(events->to, taken);
        if (finish != NULL)
            tell_finish(events->to, finish);
        if (repaired != NULL)
            fprintf(events->to, ", %lld pixels filled in (%.2f %%)", (long long)repaired->pixels,
                    100.0 * (double)repaired->pixels / ((double)in->width * in->height));
        fputc('\n', events->to);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_looked(cli_events *events, const char *input, const char *text, double shrink_first,
                      double restore_strength, int faces)
{
    if (events->id != NULL) { /* a worker's job has one answer */
        (void)snprintf(events->looked, sizeof events->looked, "%s", text);
        events->shrink_first = shrink_first;
        events->restore_strength = restore_strength;
        events->faces_mended = faces;
        return;
    }
    cli_screen_take(&events->screen);
    if (events->options->json) {
        begin(events, "looked", input);
        fputc(',', events->to);
        print_looked(events->to, text, shrink_first, restore_strength, faces);
        end(events);
    } else if (!events->options->quiet) {
        fprintf(events->to, "%s: %s\n", input, text);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_warned(cli_events *events, const char *input, const char *text)
{
    if (events->id != NULL)
        return; /* a worker's job has one answer */
    cli_screen_take(&events->screen);
    if (events->options->json) {
        begin(events, "warning", input);
        fprintf(events->to, ",\"text\":");
        json_string(events->to, text);
        end(events);
    } else if (!events->options->quiet) {
        cli_complain("%s: %s", strcmp(input, "-") == 0 ? "standard input" : input, text);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_skipped(cli_events *events, const char *input, const char *output)
{
    cli_screen_take(&events->screen);
    events->skipped++;
    if (events->options->json) {
        begin(events, "skipped", input);
        fprintf(events->to, ",\"output\":");
        json_string(events->to, output);
        end(events);
    } else if (events->options->verbose || events->options->dry_run) {
        fprintf(events->to, "%s: left out: %s exists\n", input, output);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_planned(cli_events *events, const char *input, const char *output,
                       const anew_explanation *e, double seconds, double kept, const char *because)
{
    cli_screen_take(&events->screen);
    events->done++;
    if (events->options->json) {
        begin(events, "planned", input);
        sizes(events, output, e->width, e->height, e->out_width, e->out_height);
        fprintf(events->to, ",\"seconds\":%.3f,\"memory_bytes\":%zu", seconds, e->bytes);
        if (kept > 0)
            fprintf(events->to, ",\"kept_bytes\":%.0f", kept);
        end(events);
    } else {
        fprintf(events->to, "%s: %dx%d -> %s: %dx%d, about %.2f s, %.0f MiB", input, e->width,
                e->height, output, e->out_width, e->out_height, seconds,
                (double)e->bytes / 1048576);
        if (kept > 0)
            fprintf(events->to, ", and %.0f MiB: pictures are kept whole for %s%s",
                    ceil(kept / 1048576), strcmp(because, CLI_ANIMATION) == 0 ? "an " : "--",
                    because);
        fputc('\n', events->to);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_failed(cli_events *events, const char *input, const anew_error *error)
{
    cli_screen_take(&events->screen);
    events->failed++;
    anew_error named = *error;
    anew_error_name(&named, strcmp(input, "-") == 0 ? "standard input" : input);
    cli_final_report_add(&events->report, input, error, events->options->report != NULL);
    if (events->id == NULL)
        cli_complain_error(&named);
    if (events->options->json) {
        begin(events, "failed", input);
        fprintf(events->to, ",\"cause\":\"%s\",\"error\":", cli_cause_name(cli_cause_of(error)));
        json_string(events->to, error->text);
        end(events);
    }
    cli_screen_give_back(&events->screen);
}

void cli_event_retrying(cli_events *events, const char *input, const anew_error *error, int attempt,
                        double pause)
{
    cli_screen_take(&events->screen);
    events->report.retries++;
    if (events->options->json) {
        begin(events, "retrying", input);
        fprintf(events->to, ",\"attempt\":%d,\"pause\":%.3f,\"cause\":\"%s\",\"error\":", attempt,
                pause, cli_cause_name(cli_cause_of(error)));
        json_string(events->to, error->text);
        end(events);
    } else if (events->options->verbose) {
        fprintf(events->to, "%s: tried again in %.2f s: %s\n", input, pause, error->text);
    }
    cli_screen_give_back(&events->screen);
}

/* Pictures that the end came before. */
static void print_undone(const cli_events *events, const char *planned)
{
    const cli_final_report *r = &events->report;
    fprintf(
        stderr,
        "anew: interrupted: %zu picture%s: %zu %s, %zu failed, %zu left out, %zu not done; %.1f "
        "s\n",
        r->pictures, r->pictures == 1 ? "" : "s", r->done, planned, r->failed, r->skipped,
        r->undone, r->seconds);
}

void cli_event_summary(cli_events *events)
{
    cli_final_report *r = &events->report;
    const char *planned = events->options->dry_run ? "planned" : "done";
    r->pictures = events->pictures;
    r->done = events->done;
    r->skipped = events->skipped;
    r->undone = events->pictures - events->done - events->failed - events->skipped;
    r->interrupted = r->undone > 0 ? anew_interrupted() : 0;
    r->seconds = anew_seconds() - events->started;
    if (events->options->json) {
        fprintf(events->to,
                "{\"schema\":1,\"event\":\"summary\",\"%s\":%zu,\"failed\":%zu,\"skipped\":%zu,"
                "\"seconds\":%.3f",
                planned, r->done, r->failed, r->skipped, r->seconds);
        if (r->interrupted != 0)
            fprintf(events->to, ",\"undone\":%zu", r->undone);
        end(events);
    } else if (r->interrupted != 0 && !events->options->quiet) {
        print_undone(events, planned);
    } else if (r->interrupted == 0 && events->pictures != 1 &&
               (!events->options->quiet || events->failed > 0)) {
        fprintf(events->failed > 0 ? stderr : events->to,
                "anew: %zu pictures: %zu %s, %zu failed, %zu left out; %.1f s\n", events->pictures,
                r->done, planned, r->failed, r->skipped, r->seconds);
    }
}
