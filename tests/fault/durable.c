#include "tests/fault/durable.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static bool copy_bytes(int from, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t some = to < 0 ? -1 : 1;

	while (some > 0)
		some = sendfile(to, from, NULL, 1 << 30);
	return (to < 0 || close(to) == 0) && some == 0;
}

static bool write_entries(DIR *dir, const char *path)
{
	FILE *list = fopen(path, "wex");
	const struct dirent *entry;
	bool good = list != NULL;

	while (good && (entry = readdir(dir)))
		good = fprintf(list, "%ju %d %s\n", (uintmax_t)entry->d_ino,
		               entry->d_type, entry->d_name) > 0;
	return list && fclose(list) == 0 && good;
}

static bool add_line(const char *folder, const struct stat *file,
                     unsigned number)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/log", folder);
	FILE *log = fopen(path, "ae");
	bool good = log && fprintf(log, "%s %ju %u %o\n",
	                           S_ISDIR(file->st_mode) ? "dir" : "file",
	                           (uintmax_t)file->st_ino, number,
	                           file->st_mode & 07777U) > 0;
	return log && fclose(log) == 0 && good;
}

static bool note(const char *folder, const char *from, const struct stat *file)
{
	static unsigned number;
	char to[4096];
	bool good = false;

	(void)snprintf(to, sizeof(to), "%s/%u", folder, ++number);
	if (S_ISDIR(file->st_mode)) {
		DIR *dir = opendir(from);
		good = dir && write_entries(dir, to);
		if (dir)
			(void)closedir(dir);
	} else {
		int source = open(from, O_RDONLY | O_CLOEXEC);
		good = source >= 0 && copy_bytes(source, to);
		if (source >= 0)
			(void)close(source);
	}
	return good && add_line(folder, file, number);
}

/* A tree has no more levels than this that are looked at. */
static bool note_below(const char *folder, const char *from, unsigned levels)
{
	DIR *dir = opendir(from);
	const struct dirent *entry;
	bool good = dir != NULL;

	while (good && levels > 0 && (entry = readdir(dir))) {
		char path[4096];
		struct stat file;

		(void)snprintf(path, sizeof(path), "%s/%s", from,
		               entry->d_name);
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 || lstat(path, &file) < 0)
			continue;
		if (S_ISREG(file.st_mode) || S_ISDIR(file.st_mode))
			good = note(folder, path, &file);
		if (good && S_ISDIR(file.st_mode))
			good = note_below(folder, path, levels - 1);
	}
	if (dir)
		(void)closedir(dir);
	return good;
}

bool durable_note(const char *folder, pid_t pid, uint64_t fd, bool below)
{
	char from[64];
	struct stat file;

	(void)snprintf(from, sizeof(from), "/proc/%d/fd/%d", (int)pid, (int)fd);
	if (stat(from, &file) < 0)
		return true; /* it is none, and the call will fail */
	return note(folder, from, &file) &&
	       (!below || note_below(folder, from, 64));
}
