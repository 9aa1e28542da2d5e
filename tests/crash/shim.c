/* Writes down, in order, everything done to the files of one folder, and can kill the process at the n-th of these acts.
 *
 * Preloaded into the process that is to die. Nothing is written down before crash_record, nothing kills before crash_arm.
 * Record: 1 byte act, 4 bytes descriptor, 8 bytes offset, 8 bytes length (host order), then length bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FDS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[512];
static size_t folder_length;
static int log_fd = -1;
static long acts;
static long dies_at = -1;
static int dies_how; /* 0 before the act, 1 half-way through a write, 2 after it */
static char ours[MOST_FDS];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void note(char act, int fd, int64_t offset, const void *payload, int64_t length) {
    static ssize_t (*really)(int, const struct iovec *, int);
    if (log_fd < 0) return;
    if (!really) really = REAL(writev);
    char head[21];
    int32_t descriptor = fd;
    head[0] = act;
    memcpy(head + 1, &descriptor, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)payload, (size_t)length}};
    if (really(log_fd, parts, length ? 2 : 1) != (ssize_t)(sizeof head + (size_t)length)) die();
}

static int is_ours(int fd) { return folder_length && fd >= 0 && fd < MOST_FDS && ours[fd]; }
static int in_folder(const char *path) { return folder_length && !strncmp(path, folder, folder_length); }

/* Whether this act is the one to die at; with 1 the caller dies half-way, with 2 after it. */
static int due(void) {
    if (acts++ != dies_at) return 0;
    if (dies_how == 0) die();
    return dies_how;
}

void crash_record(const char *path, int fd) {
    pthread_mutex_lock(&lock);
    strncpy(folder, path, sizeof folder - 1);
    folder_length = strlen(folder);
    log_fd = fd;
    acts = 0;
    dies_at = -1;
    memset(ours, 0, sizeof ours);
    pthread_mutex_unlock(&lock);
}

void crash_arm(long act, int how) {
    pthread_mutex_lock(&lock);
    acts = 0;
    dies_at = act;
    dies_how = how;
    pthread_mutex_unlock(&lock);
}

void crash_mark(const char *text, long length) {
    pthread_mutex_lock(&lock);
    note('M', -1, 0, text, length);
    pthread_mutex_unlock(&lock);
}

static int opened(int fd, const char *path, int flags, int is_there) {
    if (fd >= 0 && fd < MOST_FDS) {
        ours[fd] = (char)in_folder(path);
        if (ours[fd]) note(!is_there && (flags & O_CREAT) ? 'N' : 'O', fd, 0, path, (int64_t)strlen(path));
        if (ours[fd] && (flags & O_TRUNC)) note('T', fd, 0, NULL, 0);
    }
    return fd;
}

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...) {                                    \
        static int (*really)(const char *, int, ...);                               \
        if (!really) really = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        va_list rest;                                                               \
        va_start(rest, flags);                                                      \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0; \
        va_end(rest);                                                               \
        if (!in_folder(path)) return really(path, flags, mode);                     \
        pthread_mutex_lock(&lock);                                                  \
        int creates = (flags & O_CREAT) && access(path, F_OK) != 0;                 \
        if (creates) due();                                                         \
        int fd = opened(really(path, flags, mode), path, flags, !creates);          \
        pthread_mutex_unlock(&lock);                                                \
        return fd;                                                                  \
    }
OPEN(open)
OPEN(open64)

#define PWRITE(name, offset_type)                                                   \
    ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) {     \
        static ssize_t (*really)(int, const void *, size_t, offset_type);           \
        if (!really) really = (ssize_t (*)(int, const void *, size_t, offset_type))dlsym(RTLD_NEXT, #name); \
        if (!is_ours(fd)) return really(fd, bytes, count, offset);                  \
        pthread_mutex_lock(&lock);                                                  \
        int how = due();                                                            \
        ssize_t done = really(fd, bytes, how == 1 ? count / 2 : count, offset);     \
        if (how) die();                                                             \
        if (done > 0) note('W', fd, offset, bytes, done);                           \
        pthread_mutex_unlock(&lock);                                                \
        return done;                                                                \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*really)(int, const void *, size_t);
    if (!really) really = REAL(write);
    if (!is_ours(fd)) return really(fd, bytes, count);
    pthread_mutex_lock(&lock);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    int how = due();
    ssize_t done = really(fd, bytes, how == 1 ? count / 2 : count);
    if (how) die();
    if (done > 0) note('W', fd, offset, bytes, done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATE(name, size_type)                                                   \
    int name(int fd, size_type size) {                                              \
        static int (*really)(int, size_type);                                       \
        if (!really) really = (int (*)(int, size_type))dlsym(RTLD_NEXT, #name);     \
        if (!is_ours(fd)) return really(fd, size);                                  \
        pthread_mutex_lock(&lock);                                                  \
        int how = due();                                                            \
        int answer = really(fd, size);                                              \
        if (how) die();                                                             \
        if (!answer) note('T', fd, size, NULL, 0);                                  \
        pthread_mutex_unlock(&lock);                                                \
        return answer;                                                              \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                  \
    int name(int fd) {                                                              \
        static int (*really)(int);                                                  \
        if (!really) really = (int (*)(int))dlsym(RTLD_NEXT, #name);                \
        if (!is_ours(fd)) return really(fd);                                        \
        pthread_mutex_lock(&lock);                                                  \
        int how = due();                                                            \
        int answer = really(fd);                                                    \
        if (how) die();                                                             \
        if (!answer) note('S', fd, 0, NULL, 0);                                     \
        pthread_mutex_unlock(&lock);                                                \
        return answer;                                                              \
    }
SYNC(fsync)
SYNC(fdatasync)

int close(int fd) {
    static int (*really)(int);
    if (!really) really = REAL(close);
    if (!is_ours(fd)) return really(fd);
    pthread_mutex_lock(&lock);
    ours[fd] = 0;
    note('C', fd, 0, NULL, 0);
    int answer = really(fd);
    pthread_mutex_unlock(&lock);
    return answer;
}

int unlink(const char *path) {
    static int (*really)(const char *);
    if (!really) really = REAL(unlink);
    if (!in_folder(path)) return really(path);
    pthread_mutex_lock(&lock);
    int how = due();
    int answer = really(path);
    if (how) die();
    if (!answer) note('U', -1, 0, path, (int64_t)strlen(path));
    pthread_mutex_unlock(&lock);
    return answer;
}

int rename(const char *from, const char *to) {
    static int (*really)(const char *, const char *);
    if (!really) really = REAL(rename);
    if (!in_folder(from)) return really(from, to);
    pthread_mutex_lock(&lock);
    int how = due();
    int answer = really(from, to);
    if (how) die();
    if (!answer) {
        char both[1100];
        size_t first = strlen(from), second = strlen(to);
        memcpy(both, from, first + 1);
        memcpy(both + first + 1, to, second);
        note('R', -1, 0, both, (int64_t)(first + 1 + second));
    }
    pthread_mutex_unlock(&lock);
    return answer;
}
