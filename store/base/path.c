/*
 * A path is looked at segment by segment, in place. Segments that must not be
 * taken for something else are folded first: what a file system of another
 * machine ignores is left out, capitals become small letters.
 */
#include "store/base/path.h"

#include <stdint.h>
#include <string.h>

#include "store/base/limits.h"
#include "store/base/text.h"

/* The segment behind the one at `at`; NULL behind the last one. */
static const char *next_segment(const char *at)
{
	at = strchrnul(at, '/');
	return *at == '/' ? at + 1 : NULL;
}

static size_t segment_len(const char *at)
{
	return (size_t)(strchrnul(at, '/') - at);
}

static int refuse(const char *path, const char *why, struct error *err)
{
	return error_set(err, ERR_CONFIG, "cannot use the path \"%s\": %s",
	                 path, why);
}

/* What is wrong with one segment in any path, or NULL. */
static const char *segment_problem(const char *at, size_t len)
{
	if (len == 0)
		return "a name in it is empty";
	if ((len == 1 && at[0] == '.') ||
	    (len == 2 && at[0] == '.' && at[1] == '.'))
		return "\".\" and \"..\" are not allowed";
	if (len > LIMIT_PATH_SEGMENT)
		return "a name in it is too long";
	return NULL;
}

/* What is wrong with the bytes of a path, or NULL. */
static const char *bytes_problem(const char *path)
{
	size_t len = strlen(path);

	while (len > 0) {
		uint32_t point = (unsigned char)*path;
		size_t size = point < 0x80 ? 1 : utf8_next(path, len, &point);

		if (size == 0)
			return "it is not valid UTF-8";
		if (point < 0x20 || (point >= 0x7f && point < 0xa0))
			return "it has a control character";
		if (point == '\\')
			return "it has a backslash";
		path += size;
		len -= size;
	}
	return NULL;
}

int path_check(const char *path, struct error *err)
{
	const char *problem = bytes_problem(path);

	if (path[0] == '\0')
		return error_set(err, ERR_CONFIG, "the path is empty");
	if (path[0] == '/')
		return refuse(path, "it does not begin in the workspace", err);
	if (problem != NULL)
		return refuse(path, problem, err);
	if (strlen(path) > LIMIT_PATH)
		return refuse(path, "it is too long", err);
	for (const char *at = path; at != NULL; at = next_segment(at)) {
		problem = segment_problem(at, segment_len(at));
		if (problem != NULL)
			return refuse(path, problem, err);
	}
	return 0;
}

/* Code points that HFS+ leaves out when it compares names. */
static bool is_ignored(uint32_t point)
{
	return (point >= 0x200c && point <= 0x200f) ||
	       (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
}

/* The segment as the least careful file system compares it: without what is
 * ignored, in lower case. The long s is an s there; other capitals beyond
 * ASCII fold to nothing that our names have. */
static void fold(const char *at, size_t len, char ret[LIMIT_PATH_SEGMENT + 1])
{
	while (len > 0) {
		uint32_t point = (unsigned char)*at;
		size_t size = point < 0x80 ? 1 : utf8_next(at, len, &point);

		size = size > 0 ? size : 1;
		if (point >= 'A' && point <= 'Z')
			*ret++ = (char)(point - 'A' + 'a');
		else if (point < 0x80)
			*ret++ = *at;
		else if (point == 0x17f)
			*ret++ = 's';
		else if (!is_ignored(point)) {
			memcpy(ret, at, size);
			ret += size;
		}
		at += size;
		len -= size;
	}
	*ret = '\0';
}

/* A tilde and a digit: how FAT and NTFS shorten a name, as in `git~1`. */
static bool has_short_name(const char *name)
{
	while ((name = strchr(name, '~')) != NULL) {
		if (text_is_digit(*++name))
			return true;
	}
	return false;
}

/* What is wrong with a folded segment of an artifact, or NULL. */
static const char *artifact_problem(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || name[0] == '.')
		return "a name in it begins with a dot";
	if (name[len - 1] == '.' || name[len - 1] == ' ')
		return "a name in it ends with a dot or a space";
	if (strchr(name, ':') != NULL)
		return "it has a colon";
	if (has_short_name(name))
		return "a name in it looks like a short name of Windows";
	return NULL;
}

/* What only the owner writes: names at the top of a workspace. */
static const char *const owned[] = {
	"actions",    "agents",    "connectors", "jobs",
	"reeve.yaml", "templates", "tests",
};

static int check_top(const char *path, const char *name, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
		if (strcmp(name, owned[i]) == 0)
			return error_set(err, ERR_CONFIG,
			                 "cannot write \"%s\": only a person "
			                 "changes \"%s\"",
			                 path, owned[i]);
	}
	return 0;
}

/* Whether no file system takes a name in the path for another one, and nothing
 * else can be wrong with it either. Most paths are of small letters, digits and
 * hyphens, with dots and underscores between them. */
static bool is_plain(const char *path)
{
	char before = '/';
	size_t len = 0;

	for (; path[len] != '\0'; before = path[len++]) {
		char c = path[len];
		bool letter = (c >= 'a' && c <= 'z') || text_is_digit(c);

		if (letter)
			continue;
		if (before == '/' || before == '.')
			return false;
		if (c != '/' && c != '.' && c != '-' && c != '_')
			return false;
	}
	return before != '/' && before != '.' && len <= LIMIT_PATH_SEGMENT;
}

int path_check_artifact(const char *path, struct error *err)
{
	char name[LIMIT_PATH_SEGMENT + 1];

	if (is_plain(path)) {
		fold(path, segment_len(path), name);
		return check_top(path, name, err);
	}
	if (path_check(path, err) < 0)
		return -1;
	for (const char *at = path; at != NULL; at = next_segment(at)) {
		const char *problem;

		fold(at, segment_len(at), name);
		if (at == path && check_top(path, name, err) < 0)
			return -1;
		problem = artifact_problem(name);
		if (problem != NULL)
			return refuse(path, problem, err);
	}
	return 0;
}

/* The code point at `*at`, which is moved behind it. A byte that is not valid
 * UTF-8 is itself. */
static uint32_t take_point(const char **at, const char *end)
{
	uint32_t point = (unsigned char)**at;
	size_t size = utf8_next(*at, (size_t)(end - *at), &point);

	*at += size > 0 ? size : 1;
	return point;
}

/* The set at `*at` ("[a-z]"), which is moved behind it. False if `point` is
 * not in it. */
static bool set_has(const char **at, const char *end, uint32_t point)
{
	bool negated = (*at)[1] == '!';
	bool found = false;

	*at += negated ? 2 : 1;
	while (**at != ']') {
		uint32_t first = take_point(at, end);
		uint32_t last = first;

		if (**at == '-' && (*at)[1] != ']') {
			(*at)++;
			last = take_point(at, end);
		}
		found = found || (point >= first && point <= last);
	}
	(*at)++;
	return found != negated;
}

/* Whether the pattern's next element fits the name's next code point; both are
 * moved behind it when it does. A `[` that nothing closes is a `[`. */
static bool element_matches(const char **pattern, const char *pattern_end,
                            const char **name, const char *name_end)
{
	const char *p = *pattern;
	const char *n = *name;
	uint32_t point;
	bool fits;

	if (p == pattern_end || n == name_end)
		return false;
	point = take_point(&n, name_end);
	if (*p == '[' && memchr(p, ']', (size_t)(pattern_end - p)) != NULL)
		fits = set_has(&p, pattern_end, point);
	else if (*p == '?')
		fits = p++ != NULL;
	else
		fits = take_point(&p, pattern_end) == point;
	if (!fits)
		return false;
	*pattern = p;
	*name = n;
	return true;
}

/*
 * One segment. Only the last `*` ever has to be taken back: what an earlier
 * one could give, the later one can take as well. That bounds the work by the
 * product of both lengths.
 */
static bool segment_matches(const char *pattern, const char *name)
{
	const char *pattern_end = pattern + segment_len(pattern);
	const char *name_end = name + segment_len(name);
	const char *behind_star = NULL;
	const char *retry = NULL;

	while (name < name_end) {
		if (pattern < pattern_end && *pattern == '*') {
			behind_star = ++pattern;
			retry = name;
		} else if (!element_matches(&pattern, pattern_end, &name,
		                            name_end)) {
			if (behind_star == NULL)
				return false;
			pattern = behind_star;
			(void)take_point(&retry, name_end);
			name = retry;
		}
	}
	while (pattern < pattern_end && *pattern == '*')
		pattern++;
	return pattern == pattern_end;
}

static bool is_any_depth(const char *pattern)
{
	return pattern != NULL && segment_len(pattern) == 2 &&
	       pattern[0] == '*' && pattern[1] == '*';
}

/* The same walk over segments, with `**` in the place of `*`. */
bool path_matches(const char *pattern, const char *path)
{
	const char *behind_stars = NULL;
	const char *retry = NULL;

	while (path != NULL) {
		if (is_any_depth(pattern)) {
			pattern = next_segment(pattern);
			if (pattern == NULL)
				return true;
			behind_stars = pattern;
			retry = path;
		} else if (pattern != NULL && segment_matches(pattern, path)) {
			pattern = next_segment(pattern);
			path = next_segment(path);
		} else {
			if (retry == NULL)
				return false;
			pattern = behind_stars;
			retry = next_segment(retry);
			path = retry;
		}
	}
	while (is_any_depth(pattern))
		pattern = next_segment(pattern);
	return pattern == NULL;
}

bool path_is_pattern(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

char *path_pattern_base(struct arena *arena, const char *pattern)
{
	size_t len = strcspn(pattern, "*?[");

	while (len > 0 && pattern[len - 1] != '/')
		len--;
	return arena_strndup(arena, pattern, len);
}

const char *path_ending(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	/* ".profile" is a name, not an ending. */
	return dot != NULL && dot != name ? dot : name + strlen(name);
}
