/* Stands for a closed photo library: decodes, or goes wrong in one of the ways such libraries do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PHOTO = 1024, PIXELS = 102 * 126 * 3 };

static void paint(const unsigned char *photo, unsigned char *pixels) {
    for (int n = 0; n < PIXELS; n++) pixels[n] = photo[n % PHOTO];
}

int unpack(const unsigned char *photo, unsigned char *pixels, int save) {
    if (save) return -1;
    paint(photo, pixels);
    return 1;
}

int with_two_arguments(const unsigned char *photo, unsigned char *pixels) {
    paint(photo, pixels);
    return 1;
}

int talks(const unsigned char *photo, unsigned char *pixels, int save) {
    printf("decoding %02x\n", photo[0]);
    fflush(stdout);
    fprintf(stderr, "decoded\n");
    return unpack(photo, pixels, save);
}

int refuses(const unsigned char *photo, unsigned char *pixels, int save) { return -2; }

int blank(const unsigned char *photo, unsigned char *pixels, int save) { return 1; }

int crashes(const unsigned char *photo, unsigned char *pixels, int save) {
    memset((void *)8, 0, PIXELS);
    return 1;
}

int aborts(const unsigned char *photo, unsigned char *pixels, int save) { abort(); }

int leaves(const unsigned char *photo, unsigned char *pixels, int save) { _exit(0); }

int hangs(const unsigned char *photo, unsigned char *pixels, int save) {
    for (;;) pause();
}

int overruns(const unsigned char *photo, unsigned char *pixels, int save) {
    paint(photo, pixels);
    memset(pixels + PIXELS, 0, 400);
    return 1;
}

int scribbles(const unsigned char *photo, unsigned char *pixels, int save) {
    for (int fd = 3; fd < 64; fd++)
        if (write(fd, "\xff\xff\xff\xff garbage", 12) < 0) continue;
    return unpack(photo, pixels, save);
}

/* Crashes for a photo that begins with FF, and for no other. */
int crashes_sometimes(const unsigned char *photo, unsigned char *pixels, int save) {
    if (photo[0] == 0xFF) abort();
    return unpack(photo, pixels, save);
}
