#include "engine/cmd/pairs.h"

#include <string.h>

struct value *pairs_read(const struct invocation *invocation, const char *what,
                         struct error *err)
{
	struct value *pairs = value_map(invocation->arena);

	for (size_t i = 1; i < invocation->count; i++) {
		const char *word = invocation->args[i];
		const char *equals = strchr(word, '=');
		if (!equals || equals == word) {
			error_set(err, ERR_USAGE, "\"%s\" is no %s", word,
			          what);
			error_hint(err, "Write key=value.");
			return NULL;
		}
		value_map_text(invocation->arena, pairs,
		               arena_strndup(invocation->arena, word,
		                             (size_t)(equals - word)),
		               equals + 1);
	}
	return pairs;
}
