/*
 * SQLite compares a text with a number by their types and says nothing. So for
 * each comparison, `between` and `in` whose two sides are single names or
 * literals, the pair is noted, and the kinds are compared before anything is
 * evaluated. Sides that are computed are left to SQLite.
 */
#include <string.h>

#include "engine/job/expr_tools.h"

/* ---- finding */

struct finder {
	struct arena *arena;
	const struct token *tokens;
	size_t count;
	struct pairs pairs;
};

bool token_is_word(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token_is(token, word);
}

bool token_is_comparison(const struct token *token)
{
	return token->kind == TOKEN_OPERATOR &&
	       (strchr("=<>", token->text[0]) || token_is(token, "!=")) &&
	       !token_is(token, "<<") && !token_is(token, ">>");
}

static bool is_simple(const struct token *token)
{
	return token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER ||
	       token->kind == TOKEN_TEXT || token_is_word(token, "true") ||
	       token_is_word(token, "false");
}

/* Whether token `at` is the whole operand that ends there. */
static bool is_left(const struct finder *finder, size_t at)
{
	if (at >= finder->count || !is_simple(&finder->tokens[at]))
		return false;
	if (at == 0)
		return true;

	enum token_kind before = finder->tokens[at - 1].kind;

	return before == TOKEN_OPEN || before == TOKEN_COMMA ||
	       before == TOKEN_WORD;
}

/* Whether the operand that begins at `at` is one token, with a sign or not;
 * `*ret` is the token. */
static bool is_right(const struct finder *finder, size_t at, size_t *ret)
{
	if (at < finder->count && (token_is(&finder->tokens[at], "-") ||
	                           token_is(&finder->tokens[at], "+")))
		at++;
	if (at >= finder->count || !is_simple(&finder->tokens[at]))
		return false;
	*ret = at;
	if (at + 1 == finder->count)
		return true;

	enum token_kind behind = finder->tokens[at + 1].kind;

	return behind == TOKEN_CLOSE || behind == TOKEN_COMMA ||
	       behind == TOKEN_WORD;
}

static void add_pair(struct finder *finder, size_t left, size_t at)
{
	size_t right;

	if (!is_right(finder, at, &right))
		return;
	finder->pairs.list =
	        arena_grow(finder->arena, finder->pairs.list,
	                   finder->pairs.count, sizeof(struct pair));
	finder->pairs.list[finder->pairs.count++] =
	        (struct pair){ left, right };
}

/* Behind `between` or `in` at `at`: each operand that is not nested. */
static void add_pairs(struct finder *finder, size_t left, size_t at)
{
	bool between = token_is_word(&finder->tokens[at], "between");
	size_t depth = 0;

	if (between)
		add_pair(finder, left, at + 1);
	for (size_t i = at + 1; i < finder->count; i++) {
		const struct token *token = &finder->tokens[i];
		size_t before = depth;

		depth += token->kind == TOKEN_OPEN;
		depth -= token->kind == TOKEN_CLOSE && depth > 0;
		if (between && depth == 0 && token_is_word(token, "and")) {
			add_pair(finder, left, i + 1);
			return;
		}
		if (!between && depth == 1 &&
		    (before == 0 || token->kind == TOKEN_COMMA))
			add_pair(finder, left, i + 1);
		if (!between && depth == 0)
			return;
	}
}

struct pairs pairs_find(struct arena *arena, const struct token *tokens,
                        size_t count)
{
	struct finder state = { arena, tokens, count, { NULL, 0 } };
	struct finder *finder = &state;

	for (size_t i = 1; i < finder->count; i++) {
		const struct token *token = &finder->tokens[i];
		size_t left = i - 1;

		if (token_is_comparison(token) && is_left(finder, left))
			add_pair(finder, left, i + 1);
		if (!token_is_word(token, "between") &&
		    !token_is_word(token, "in"))
			continue;
		if (left > 0 && token_is_word(&finder->tokens[left], "not"))
			left--;
		if (is_left(finder, left))
			add_pairs(finder, left, i);
	}
	return state.pairs;
}

/* ---- judging */

enum side side_of_value(const struct value *value)
{
	switch (value->kind) {
	case VALUE_STRING:
		return SIDE_TEXT;
	case VALUE_BOOL:
	case VALUE_NUMBER:
		return SIDE_NUMBER;
	case VALUE_NULL:
	case VALUE_LIST:
	case VALUE_MAP:
		return SIDE_OTHER;
	}
	return SIDE_OTHER;
}

static enum side side_of(const struct judge *judge, const struct token *token)
{
	if (token->kind == TOKEN_TEXT)
		return SIDE_TEXT;
	if (token->kind != TOKEN_NAME)
		return SIDE_NUMBER;
	return judge->side(judge->state, token);
}

/* How a message names one side of a comparison. */
static const char *describe(struct arena *arena, const struct judge *judge,
                            const struct token *tokens, size_t at)
{
	const struct token *token = &tokens[at];
	bool minus = at > 0 && token_is(token - 1, "-");
	int len = (int)token->len;

	if (token->kind == TOKEN_NAME)
		return judge->describe(judge->state, arena, token);
	if (token->kind == TOKEN_NUMBER)
		return arena_printf(arena, "the number %s%.*s",
		                    minus ? "-" : "", len, token->text);
	return arena_printf(arena, "%s%.*s",
	                    token->kind == TOKEN_TEXT ? "the text " : "", len,
	                    token->text);
}

int pairs_check(const struct pairs *pairs, const struct token *tokens,
                const struct judge *judge, const char *file, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->list[i];
		const struct token *left = &tokens[pair->left];
		enum side a = side_of(judge, left);
		enum side b = side_of(judge, &tokens[pair->right]);

		if (a == b || a == SIDE_OTHER || b == SIDE_OTHER)
			continue;
		return error_at(err, ERR_CONFIG, file, left->pos,
		                "%s cannot be compared with %s",
		                describe(&arena, judge, tokens, pair->left),
		                describe(&arena, judge, tokens, pair->right));
	}
	return 0;
}
