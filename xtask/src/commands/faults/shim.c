/* What a machine does to a process: clocks that are wrong, writes and syncs that fail or take long, and syncs that do
 * nothing. The file that FAULTS names holds seven numbers of eight bytes, and is read at every call:
 * 0: seconds added to the clock of the day
 * 1: so many of the next writes fail
 * 2: so many of the next syncs fail
 * 3: so many milliseconds each sync takes longer
 * 4: 1 if syncs do nothing
 * 5: so many seconds the machine slept: the clock of the day and the uptime have them, the monotonic clock has not
 * 6: a thread of the detector that asks for a piece of memory of so many bytes ends the process
 * Only processes are meant in whose command line the words of FAULTS_OF occur; without it, all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *faults;

__attribute__((constructor)) static void open_faults(void) {
    const char *path = getenv("FAULTS"), *word = getenv("FAULTS_OF");
    if (!path) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *at = mmap(NULL, 56, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at == MAP_FAILED) return;
    if (word) {
        char line[4096] = {0};
        int self = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
        ssize_t bytes = self < 0 ? 0 : read(self, line, sizeof line - 1);
        if (self >= 0) close(self);
        for (ssize_t i = 0; i + 1 < bytes; i++) if (!line[i]) line[i] = ' ';
        if (!strstr(line, word)) return;
    }
    faults = at;
}

extern void *__libc_malloc(size_t bytes);

void *malloc(size_t bytes) {
    if (faults && faults[6] && bytes == (size_t)faults[6]) {
        char name[16] = {0};
        prctl(PR_GET_NAME, name);
        if (!strcmp(name, "detector") || !strcmp(name, "prepare")) abort();
    }
    return __libc_malloc(bytes);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, at);
    if (done || !faults) return done;
    if (clock == CLOCK_REALTIME) at->tv_sec += faults[0];
    if (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME) at->tv_sec += faults[5];
    return done;
}

/* The uptime with the sleep in it, as a file of its own. */
static int open_uptime(void) {
    struct timespec at;
    char text[64];
    int file = memfd_create("uptime", MFD_CLOEXEC);
    if (file < 0 || clock_gettime(CLOCK_BOOTTIME, &at)) return file;
    int bytes = snprintf(text, sizeof text, "%lld.%02ld 0.00\n", (long long)at.tv_sec, at.tv_nsec / 10000000);
    if (pwrite(file, text, bytes, 0) != bytes) return -1;
    return file;
}

int open64(const char *path, int flags, ...) {
    static int (*real)(const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "open64");
    if (faults && faults[5] && !strcmp(path, "/proc/uptime")) return open_uptime();
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return real(path, flags, mode);
}

/* Sockets and pipes are not on the disk. */
static int is_on_the_disk(int file) {
    struct stat it;
    return fstat(file, &it) == 0 && S_ISREG(it.st_mode);
}

static int fails(int which, int file) {
    if (!faults || faults[which] <= 0 || !is_on_the_disk(file)) return 0;
    if (__sync_fetch_and_sub((int64_t *)&faults[which], 1) <= 0) return 0;
    errno = EIO;
    return 1;
}

ssize_t write(int file, const void *from, size_t bytes) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    return fails(1, file) ? -1 : real(file, from, bytes);
}

ssize_t pwrite64(int file, const void *from, size_t bytes, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    return fails(1, file) ? -1 : real(file, from, bytes, at);
}

ssize_t pwrite(int file, const void *from, size_t bytes, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite");
    return fails(1, file) ? -1 : real(file, from, bytes, at);
}

static int synced(int file, int (*real)(int)) {
    if (fails(2, file)) return -1;
    if (faults && faults[3] > 0) {
        struct timespec wait = {faults[3] / 1000, faults[3] % 1000 * 1000000};
        nanosleep(&wait, NULL);
    }
    return faults && faults[4] ? 0 : real(file);
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    return synced(file, real);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    return synced(file, real);
}

int sync_file_range(int file, off64_t from, off64_t bytes, unsigned flags) {
    static int (*real)(int, off64_t, off64_t, unsigned);
    if (faults && faults[4]) return 0;
    if (!real) real = dlsym(RTLD_NEXT, "sync_file_range");
    return real(file, from, bytes, flags);
}
