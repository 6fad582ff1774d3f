/* A path, and below it a pattern: what may be written leaves no folder. */
#include "store/base/path.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	char *path = arena_strndup(&arena, (const char *)bytes, len);
	char *pattern = strchr(path, '\n');

	if (pattern)
		*pattern++ = '\0';
	bool is_path = path_check(path, &err) == 0;
	must(is_path || (err.code && err.message));
	error_clear(&err);
	if (path_check_artifact(path, &err) == 0) {
		must(is_path);
		must(path[0] != '/' && path[0] != '\0');
		must(strncmp(path, "../", 3) != 0 && !strstr(path, "/../"));
		must(strncasecmp(path, ".git", 4) != 0);
		must(!strchr(path, '\\') && !strstr(path, "//"));
	}
	if (pattern && strlen(pattern) <= LIMIT_PATH)
		(void)path_matches(pattern, path);
	if (is_path && !path_is_pattern(path))
		must(path_matches(path, path));
	(void)path_ending(path);
	(void)path_pattern_base(&arena, path);
	return 0;
}
