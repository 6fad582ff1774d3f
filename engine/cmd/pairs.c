#include "engine/cmd/pairs.h"

#include <string.h>

#include "store/base/json.h"

/* "key=text" or "key:=JSON" into `ret`. */
static int add_pair(const struct invocation *invocation, const char *word,
                    const char *what, struct value *ret, struct error *err)
{
	struct arena *arena = invocation->arena;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;
	bool typed = len > 0 && word[len - 1] == ':';
	const char *key = arena_strndup(arena, word, len - typed);
	struct value *value;

	if (!*key) {
		error_set(err, ERR_USAGE, "\"%s\" is no %s", word, what);
		return error_hint(err, "Write key=value, or key:=JSON.");
	}
	value = typed ? json_parse(arena, key, equals + 1, strlen(equals + 1),
	                           err)
	              : value_string(arena, equals + 1);
	if (!value)
		return -1;
	value_map_set(arena, ret, key, value);
	return 0;
}

int pairs_add(const struct invocation *invocation, const char *what,
              struct value *ret, struct error *err)
{
	for (size_t i = 1; i < invocation->count; i++)
		if (add_pair(invocation, invocation->args[i], what, ret, err) <
		    0)
			return -1;
	return 0;
}

struct value *pairs_read(const struct invocation *invocation, const char *what,
                         struct error *err)
{
	struct value *pairs = value_map(invocation->arena);

	return pairs_add(invocation, what, pairs, err) < 0 ? NULL : pairs;
}
