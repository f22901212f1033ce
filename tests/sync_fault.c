/* A disk that cannot write: while the file that EBBSTONE_TEST_SYNC_FAULT names is there, no segment in a staging folder
 * can be synchronised. Each time that one is tried to, the file gets one byte longer. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int strikes(int fd) {
    const char *fault = getenv("EBBSTONE_TEST_SYNC_FAULT");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!fault || length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "/staging/seg-")) return 0;
    int counter = open(fault, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (counter < 0) return 0;
    int struck = write(counter, "x", 1) == 1;
    close(counter);
    return struck;
}

static int synchronise(long call, int fd) {
    if (!strikes(fd)) return (int)syscall(call, fd);
    errno = EIO;
    return -1;
}

int fsync(int fd) { return synchronise(SYS_fsync, fd); }

int fdatasync(int fd) { return synchronise(SYS_fdatasync, fd); }
