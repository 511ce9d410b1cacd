/* progress.c - the bar, the percentage, the time left and the speed. */
#define _DEFAULT_SOURCE /* struct winsize */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR           20
#define SECONDS_APART 0.1
#define SHOWN_AFTER   0.3 /* what is done sooner needs no bar */

static void wipe(void)
{
    fprintf(stderr, "\r\033[K");
}

void cli_screen_take(cli_screen *screen)
{
    (void)pthread_mutex_lock(&screen->mutex);
    if (screen->shown != NULL)
        wipe();
    screen->shown = NULL;
}

void cli_screen_give_back(cli_screen *screen)
{
    (void)pthread_mutex_unlock(&screen->mutex);
}

void cli_progress_begin(cli_progress *progress, cli_screen *screen, const cli_options *options,
                        const char *name, size_t number, size_t pictures, double megapixels)
{
    const bool wanted = !options->quiet && !options->json && !options->profile_json;
    *progress = (cli_progress){.shown = wanted && isatty(STDERR_FILENO) == 1,
                               .screen = screen,
                               .name = name,
                               .number = number,
                               .pictures = pictures,
                               .megapixels = megapixels,
                               .started = anew_seconds()};
    progress->last = progress->started + SHOWN_AFTER - SECONDS_APART;
}

void cli_progress_line(char line[CLI_PROGRESS_BYTES], const cli_progress *progress, double share,
                       double seconds, int columns)
{
    char bar[BAR + 1], count[48] = "", facts[96];
    const int filled = (int)(share * BAR);
    for (int i = 0; i < BAR; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR] = '\0';
    const double left = share > 0 ? seconds / share - seconds : 0;
    const int whole = left < 359999 ? (int)(left + 0.5) : 359999;
    if (progress->pictures > 1)
        (void)snprintf(count, sizeof count, "%zu/%zu ", progress->number, progress->pictures);
    (void)snprintf(facts, sizeof facts, "[%s] %3.0f %%  %d:%02d:%02d left  %.2f MP/s", bar,
                   100 * share, whole / 3600, whole / 60 % 60, whole % 60,
                   seconds > 0 ? share * progress->megapixels / seconds : 0);
    /* The name's end tells more than its beginning. */
    const int room = columns - 1 - (int)strlen(count) - (int)strlen(facts) - 2;
    const size_t length = strlen(progress->name);
    const char *name = progress->name;
    int shown = room < 0 ? 0 : room > 80 ? 80 : room;
    if (length > (size_t)shown)
        name += length - (size_t)shown;
    (void)snprintf(line, CLI_PROGRESS_BYTES, "%s%s%s%s", count, name, shown > 0 ? "  " : "", facts);
    if (columns > 0 && strlen(line) > (size_t)columns - 1)
        line[columns - 1] = '\0';
    /* A name must not move the cursor or change colours. */
    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
}

bool cli_progress_step(void *context, int64_t done, int64_t total)
{
    cli_progress *progress = context;
    const double now = anew_seconds();
    if (!progress->shown || total <= 0 || now - progress->last < SECONDS_APART)
        return true;
    char line[CLI_PROGRESS_BYTES];
    struct winsize size = {0};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    cli_progress_line(line, progress, (double)done / (double)total, now - progress->started,
                      known ? size.ws_col : 80);
    cli_screen *screen = progress->screen;
    (void)pthread_mutex_lock(&screen->mutex);
    if (screen->shown == NULL || screen->shown == progress) {
        fprintf(stderr, "\r%s\033[K", line);
        (void)fflush(stderr);
        screen->shown = progress;
    }
    (void)pthread_mutex_unlock(&screen->mutex);
    progress->last = now;
    return true;
}

void cli_progress_end(cli_progress *progress)
{
    cli_screen *screen = progress->screen;
    if (screen == NULL)
        return;
    (void)pthread_mutex_lock(&screen->mutex);
    if (screen->shown == progress) {
        wipe();
        screen->shown = NULL;
    }
    (void)pthread_mutex_unlock(&screen->mutex);
}
