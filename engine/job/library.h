/*
 * The library that ships inside the binary: the files of jobs/ and templates/
 * of this repository, made into a table by library.sh at build time.
 *
 * Rows are sorted by the bytes of their paths, which are those of the
 * repository: "jobs/agents/proposal-writer.yaml". All of it is constant and
 * lives as long as the process.
 */
#ifndef JOB_LIBRARY_H
#define JOB_LIBRARY_H

#include <stddef.h>

struct library_file {
	const char *path;
	const unsigned char *bytes; /* a NUL that does not count follows them */
	size_t len;
};

/* Behind the last file is one row that is all NULL. */
extern const struct library_file library_files[];
extern const size_t library_file_count;

#endif
