/*
 * Paths inside a workspace: relative, with `/`, never leaving it.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

/* 0 if `path` is a plain relative path of valid UTF-8: no empty, `.` or `..`
 * segment, no backslash, no control character, within the limits. */
int path_check(const char *path, struct error *err) MUST_CHECK;

/* 0 if reeve may write an artifact there: path_check(), and no segment that
 * any file system takes for `.git` (case, `git~1`, trailing dots and spaces,
 * colons, HFS ignorable code points), no segment with a leading dot, not
 * `reeve.yaml`, and nothing below `jobs/`, `agents/`, `templates/`,
 * `connectors/`, `tests/` or `actions/`. */
int path_check_artifact(const char *path, struct error *err) MUST_CHECK;

/* Whether `path` fits `pattern`: `*` and `?` stay within a segment, `**` as a
 * whole segment is any number of them, `[a-z]` is a set. Linear in practice
 * and never exponential. */
bool path_matches(const char *pattern, const char *path);
/* Whether `pattern` has a wildcard at all. */
bool path_is_pattern(const char *pattern);
/* The part of `pattern` before its first wildcard, cut at a `/`: "inbox/" for
 * "inbox/<star>.yaml", "" when the first segment has one. */
char *path_pattern_base(struct arena *arena, const char *pattern);

/* "a/b.md" -> ".md"; "" if the last segment has none. A pointer into `path`. */
const char *path_ending(const char *path);

#endif
