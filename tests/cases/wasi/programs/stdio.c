/* Standard input and output, files and memory, through the C library. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void leave(int depth) {
    if (depth == 0) {
        printf("}\n");
        exit(0);
    }
    leave(depth - 1);
}

int main(int argc, char **argv) {
    static char text[1 << 16];
    size_t read = fread(text, 1, sizeof text, stdin);
    char *big = malloc(10 << 20);
    memset(big, 'x', 10 << 20);
    printf("{\"arguments\":%d,\"name\":\"%s\",\"read\":%zu,\"last\":\"%c\"", argc, argv[0], read, big[(10 << 20) - 1]);

    static char buffer[1 << 16];
    FILE *file = fopen("/data/long.txt", "w");
    if (file) {
        setvbuf(file, buffer, _IOFBF, sizeof buffer);
        for (int line = 0; line < 20000; line++) fprintf(file, "line %d\n", line);
        fclose(file);
    }
    file = fopen("/data/long.txt", "r");
    size_t lines = 0;
    while (file && fgets(text, sizeof text, file)) lines++;
    printf(",\"lines\":%zu", lines);
    if (file) fclose(file);

    file = fopen("/data/out.txt", "w");
    if (file) {
        fprintf(file, "read %zu\n", read);
        printf(",\"closed\":%d", fclose(file));
    } else {
        printf(",\"refused\":%d", errno == EACCES);
    }
    file = fopen("/data/out.txt", "a");
    if (file) {
        fprintf(file, "and %zu\n", lines);
        fclose(file);
    }

    DIR *folder = opendir("/data");
    int entries = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) entries++;
    printf(",\"entries\":%d", entries);

    unsigned char random[4];
    printf(",\"random\":%d", getentropy(random, sizeof random));
    struct timespec pause = {0, 20000000};
    printf(",\"slept\":%d", nanosleep(&pause, NULL));
    fprintf(stderr, "almost ");
    fprintf(stderr, "done\n");
    leave(50);
    return 1;
}
