/*
 * restore_faces.c - a program of its own on top of libanew: the faces of a picture are found, restored and pasted back,
 * and what became of each is said.
 *
 *     cc restore_faces.c $(pkg-config --cflags --libs anew) -o restore_faces
 *     restore_faces DETECTOR.anew RESTORER.anew IN.ppm OUT.ppm [PARSER.anew]
 *
 * Pictures are binary PPMs (P6, 8 bits), so that this needs no library of pictures.
 */
#include <anew.h>

#include <stdio.h>
#include <stdlib.h>

static anew_error error;

static void need(anew_status status)
{
    if (status == ANEW_OK)
        return;
    fprintf(stderr, "restore_faces: %s\n", error.text);
    exit(1);
}

static anew_pixels read_ppm(const char *path)
{
    anew_pixels p = {.channels = 3};
    FILE *file = fopen(path, "rb");
    if (file == NULL || fscanf(file, "P6 %d %d 255", &p.width, &p.height) != 2 ||
        fgetc(file) == EOF || p.width < 1 || p.height < 1 || p.width > 30000 || p.height > 30000) {
        fprintf(stderr, "restore_faces: %s is no PPM of 8 bits\n", path);
        exit(1);
    }
    const size_t bytes = 3 * (size_t)p.width * (size_t)p.height;
    p.data = malloc(bytes);
    if (p.data == NULL || fread(p.data, 1, bytes, file) != bytes) {
        fprintf(stderr, "restore_faces: %s ends too early\n", path);
        exit(1);
    }
    (void)fclose(file);
    return p;
}

static void write_ppm(const char *path, const anew_pixels *p)
{
    FILE *file = fopen(path, "wb");
    const size_t bytes = 3 * (size_t)p->width * (size_t)p->height;
    if (file == NULL || fprintf(file, "P6 %d %d 255\n", p->width, p->height) < 0 ||
        fwrite(p->data, 1, bytes, file) != bytes || fclose(file) != 0) {
        fprintf(stderr, "restore_faces: %s cannot be written\n", path);
        exit(1);
    }
}

int main(int count, char **arguments)
{
    anew_model *finds, *restores, *parses = NULL;
    anew_detector *detector;
    anew_restorer *restorer;
    anew_face *faces;
    int found;
    if (count < 5 || count > 6) {
        fprintf(stderr, "usage: restore_faces DETECTOR RESTORER IN.ppm OUT.ppm [PARSER]\n");
        return 2;
    }
    need(anew_model_open_named(&finds, arguments[1], &error));
    need(anew_model_open_named(&restores, arguments[2], &error));
    need(anew_detector_open(&detector, finds, &error));
    need(anew_restorer_open(&restorer, restores, &error));
    anew_restorer_set_guard(restorer, detector);
    if (count == 6) {
        need(anew_model_open_named(&parses, arguments[5], &error));
        anew_restorer_set_parser(restorer, parses);
    }

    anew_pixels picture = read_ppm(arguments[3]);
    need(anew_detector_find(detector, &faces, &found, &picture, &error));
    anew_restored_face *results = calloc((size_t)found + 1, sizeof *results);
    if (results == NULL)
        return 1;
    need(anew_restorer_run(restorer, &picture, 0, 0, faces, found, results, &error));
    for (int i = 0; i < found; i++)
        printf("face %d at %.0f,%.0f, score %.2f: %s (mask: %s); %s\n", i + 1,
               (double)faces[i].box[0], (double)faces[i].box[1], (double)faces[i].score,
               results[i].decision, results[i].mask, results[i].reason);
    if (found == 0)
        printf("no face\n");
    write_ppm(arguments[4], &picture);

    free(results);
    free(picture.data);
    anew_faces_free(&faces);
    anew_restorer_close(&restorer);
    anew_detector_close(&detector);
    anew_model_close(&parses);
    anew_model_close(&restores);
    anew_model_close(&finds);
    return 0;
}
