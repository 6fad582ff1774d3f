/*
 * Expressions that SQLite is sure to take
 *
 * Most conditions are names, literals, comparisons, and/or/not and a function
 * or two. For those it is cheaper to know SQLite's grammar than to ask it: the
 * tokens are walked once, with what is open on a small stack. At each token
 * either an operand may stand or an operator. Whatever is not in the tables
 * here is left to SQLite, which is asked then: `case`, `escape`, aggregates,
 * an operator within `between`, what is long or deep.
 */
#include "engine/job/expr_tools.h"

/* Far below SQLite's limits on the depth and size of an expression. */
#define PLAIN_TOKENS 64
#define PLAIN_DEPTH  8

/* SQLite's own functions of single values, with as many arguments as each
 * takes. */
static const struct {
	const char *name;
	int least;
	int most;
} scalars[] = {
	{ "abs", 1, 1 },       { "coalesce", 2, 30 }, { "ifnull", 2, 2 },
	{ "iif", 3, 3 },       { "instr", 2, 2 },     { "length", 1, 1 },
	{ "lower", 1, 1 },     { "ltrim", 1, 2 },     { "max", 2, 30 },
	{ "min", 2, 30 },      { "nullif", 2, 2 },    { "replace", 3, 3 },
	{ "round", 1, 2 },     { "rtrim", 1, 2 },     { "substr", 2, 3 },
	{ "substring", 2, 3 }, { "trim", 1, 2 },      { "typeof", 1, 1 },
	{ "upper", 1, 1 },
};

/* What stands around a token: the expression itself, a parenthesis, a list
 * behind `in`, the arguments of a function. */
struct level {
	bool commas; /* it may hold more than one operand */
	bool within; /* behind `between`, before its `and` */
	int count;   /* of operands before this one */
	int least;
	int most;
};

struct walk {
	const struct token *tokens;
	size_t count;
	size_t at;
	bool operand; /* one has ended: an operator may follow */
	struct level levels[PLAIN_DEPTH];
	size_t depth;
};

static bool is_any(const struct token *token, const char *const *words,
                   size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (token_is(token, words[i]))
			return true;
	return false;
}

static bool find_function(const struct token *token, struct level *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		if (!token_is(token, scalars[i].name))
			continue;
		ret->least = scalars[i].least;
		ret->most = scalars[i].most;
		return true;
	}
	for (size_t i = 0; i < function_count; i++) {
		if (!token_is(token, functions[i].name))
			continue;
		ret->least = functions[i].least;
		ret->most = functions[i].most;
		return ret->most > 0;
	}
	return false;
}

static bool open_level(struct walk *walk, struct level level)
{
	if (walk->depth + 1 == PLAIN_DEPTH)
		return false;
	walk->levels[++walk->depth] = level;
	walk->operand = false;
	return true;
}

/* The parenthesis of a function or a list, which is the next token. */
static bool open_next(struct walk *walk, struct level level)
{
	if (walk->at >= walk->count ||
	    walk->tokens[walk->at].kind != TOKEN_OPEN)
		return false;
	walk->at++;
	return open_level(walk, level);
}

static bool close_level(struct walk *walk)
{
	const struct level *level = &walk->levels[walk->depth];

	if (walk->depth == 0 || level->within ||
	    level->count + 1 < level->least || level->count + 1 > level->most)
		return false;
	walk->depth--;
	return true;
}

static bool add_comma(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth];

	if (!level->commas || level->within)
		return false;
	level->count++;
	walk->operand = false;
	return true;
}

/* `not` binds less than comparisons, so it stands where one of them begins. */
static bool may_negate(const struct walk *walk)
{
	const struct token *before =
	        walk->at > 1 ? &walk->tokens[walk->at - 2] : NULL;

	return !walk->levels[walk->depth].within &&
	       (!before || before->kind == TOKEN_OPEN ||
	        before->kind == TOKEN_COMMA || token_is_word(before, "and") ||
	        token_is_word(before, "or") || token_is_word(before, "not"));
}

static bool take_operand(struct walk *walk, const struct token *token)
{
	static const char *const literals[] = { "true", "false", "null" };
	static const char *const signs[] = { "-", "+" };
	struct level level = { .commas = true };

	switch (token->kind) {
	case TOKEN_NAME:
	case TOKEN_NUMBER:
	case TOKEN_TEXT:
		walk->operand = true;
		return true;
	case TOKEN_OPEN:
		level = (struct level){ .least = 1, .most = 1 };
		return open_level(walk, level);
	case TOKEN_FUNCTION:
		return find_function(token, &level) && open_next(walk, level);
	case TOKEN_OPERATOR:
		return is_any(token, signs, ARRAY_LEN(signs));
	case TOKEN_WORD:
		if (token_is(token, "not"))
			return may_negate(walk);
		walk->operand = true;
		return is_any(token, literals, ARRAY_LEN(literals));
	case TOKEN_CLOSE:
	case TOKEN_COMMA:
	case TOKEN_COLUMN:
	case TOKEN_STAR:
		break;
	}
	return false;
}

/* The word at `walk->at`, stepped over. */
static bool skip_word(struct walk *walk, const char *word)
{
	if (walk->at >= walk->count ||
	    !token_is_word(&walk->tokens[walk->at], word))
		return false;
	walk->at++;
	return true;
}

static bool take_word(struct walk *walk, const struct token *token)
{
	static const char *const joins[] = { "and", "or", "like", "glob" };
	struct level *level = &walk->levels[walk->depth];

	walk->operand = false;
	if (level->within) {
		level->within = false;
		return token_is(token, "and");
	}
	if (token_is(token, "is")) {
		(void)skip_word(walk, "not");
		return true;
	}
	if (token_is(token, "not")) {
		if (walk->at >= walk->count)
			return false;
		token = &walk->tokens[walk->at++];
		if (token_is_word(token, "and") || token_is_word(token, "or"))
			return false;
	}
	if (token_is_word(token, "between")) {
		level->within = true;
		return true;
	}
	if (token_is_word(token, "in"))
		return open_next(walk, (struct level){ .commas = true,
		                                       .least = 1,
		                                       .most = PLAIN_TOKENS });
	return token->kind == TOKEN_WORD &&
	       is_any(token, joins, ARRAY_LEN(joins));
}

static bool take_operator(struct walk *walk, const struct token *token)
{
	switch (token->kind) {
	case TOKEN_OPERATOR:
		walk->operand = false;
		return !token_is(token, "~") &&
		       !(walk->levels[walk->depth].within &&
		         token_is_comparison(token));
	case TOKEN_WORD:
		return take_word(walk, token);
	case TOKEN_CLOSE:
		return close_level(walk);
	case TOKEN_COMMA:
		return add_comma(walk);
	case TOKEN_NAME:
	case TOKEN_NUMBER:
	case TOKEN_TEXT:
	case TOKEN_OPEN:
	case TOKEN_FUNCTION:
	case TOKEN_COLUMN:
	case TOKEN_STAR:
		break;
	}
	return false;
}

bool tokens_are_plain(const struct token *tokens, size_t count)
{
	struct walk walk = { .tokens = tokens, .count = count };

	if (count > PLAIN_TOKENS)
		return false;
	while (walk.at < count) {
		const struct token *token = &tokens[walk.at++];

		if (walk.operand ? !take_operator(&walk, token)
		                 : !take_operand(&walk, token))
			return false;
	}
	return walk.operand && walk.depth == 0 && !walk.levels[0].within;
}
