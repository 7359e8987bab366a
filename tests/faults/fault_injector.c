// Preloaded into a program, makes one of its calls that change files under a folder fail, or ends the
// process there. Set by the environment:
//   FAULT_FOLDER  files below it count, an absolute path without links
//   FAULT_AT      the call, from 1; 0: none
//   FAULT_KIND    a number of errno, which that call and all later ones get (a full disk stays full);
//                 "kill": SIGKILL before the call
//   FAULT_RANK    of Open MPI, the only one that counts; without: all
//   FAULT_COUNT   a file that grows by a byte a call
// Calls that count: open for writing, write, pwrite, writev, pwritev, ftruncate, fsync, rename,
// unlink, fopen for writing, fwrite, fflush, fclose. What these call within the C library does not pass
// here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int begins_with_folder(const char* path) {
  const char* folder = getenv("FAULT_FOLDER");
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_below(const char* path) {
  char absolute[2 * PATH_MAX];
  char here[PATH_MAX];
  if (path[0] == '/') return begins_with_folder(path);
  if (!getcwd(here, sizeof here)) return 0;
  snprintf(absolute, sizeof absolute, "%s/%s", here, path);
  return begins_with_folder(absolute);
}

static int is_file_below(int file) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return begins_with_folder(path);
}

// Whether this call is to fail; errno is set then.
static int fails(void) {
  static long calls = 0;
  const char* at = getenv("FAULT_AT");
  const char* kind = getenv("FAULT_KIND");
  const char* rank = getenv("FAULT_RANK");
  const char* own = getenv("OMPI_COMM_WORLD_RANK");
  const char* count = getenv("FAULT_COUNT");
  if (rank && own && strcmp(rank, own) != 0) return 0;
  const long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  if (count) {
    const long file = syscall(SYS_openat, AT_FDCWD, count, O_WRONLY | O_CREAT | O_APPEND, 0666);
    syscall(SYS_write, file, "x", 1);
    syscall(SYS_close, file);
  }
  const long first = at ? atol(at) : 0;
  if (first <= 0 || call < first || !kind) return 0;
  if (strcmp(kind, "kill") == 0) kill(getpid(), SIGKILL);
  errno = atoi(kind);
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int open_file(__typeof__(&open) real, const char* path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) != O_RDONLY && is_below(path) && fails()) return -1;
  return real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(REAL(open), path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_file(REAL(open64), path, flags, mode);
}

ssize_t write(int file, const void* data, size_t size) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(write)(file, data, size);
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(pwrite64)(file, data, size, at);
}

ssize_t writev(int file, const struct iovec* parts, int count) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(writev)(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec* parts, int count, off_t at) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(pwritev)(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t at) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(pwritev64)(file, parts, count, at);
}

int ftruncate(int file, off_t size) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size) {
  if (is_file_below(file) && fails()) return -1;
  return REAL(ftruncate64)(file, size);
}

// On a full disk, what needs no room succeeds: this, rename and unlink.
int fsync(int file) {
  if (is_file_below(file) && fails() && errno != ENOSPC) return -1;
  return REAL(fsync)(file);
}

static FILE* open_stream(__typeof__(&fopen) real, const char* path, const char* mode) {
  if ((mode[0] != 'r' || strchr(mode, '+')) && is_below(path) && fails()) return NULL;
  return real(path, mode);
}

FILE* fopen(const char* path, const char* mode) { return open_stream(REAL(fopen), path, mode); }

FILE* fopen64(const char* path, const char* mode) {
  return open_stream(REAL(fopen64), path, mode);
}

size_t fwrite(const void* data, size_t size, size_t count, FILE* stream) {
  if (is_file_below(fileno(stream)) && fails()) return 0;
  return REAL(fwrite)(data, size, count, stream);
}

int fflush(FILE* stream) {
  if (stream && is_file_below(fileno(stream)) && fails()) return EOF;
  return REAL(fflush)(stream);
}

int fclose(FILE* stream) {
  // Of streams that were read from, nothing is lost.
  const int flags = fcntl(fileno(stream), F_GETFL);
  const int failed = (flags & O_ACCMODE) != O_RDONLY && is_file_below(fileno(stream)) && fails();
  const int error = errno;
  const int status = REAL(fclose)(stream);
  if (!failed) return status;
  errno = error;
  return EOF;
}

int rename(const char* from, const char* to) {
  if (is_below(to) && fails() && errno != ENOSPC) return -1;
  return REAL(rename)(from, to);
}

int unlink(const char* path) {
  if (is_below(path) && fails() && errno != ENOSPC) return -1;
  return REAL(unlink)(path);
}
