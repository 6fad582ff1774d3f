/*
 * What is not in a table here cannot reach SQLite: words and operators are
 * allow-lists, names become parameters, and what is left is numbers, quoted
 * texts, commas and parentheses. The tokens are put together again with spaces
 * between them, so no two of them can meet to form a comment or an operator
 * that was not written.
 */
#include "engine/job/expr_token.h"

#include <string.h>
#include <strings.h>

#include "store/base/limits.h"
#include "store/base/number.h"
#include "store/base/text.h"

/* Every token has a position that is found from the text's beginning. */
#define MAX_TOKENS 2000

struct scanner {
	struct arena *arena;
	const char *file;
	const struct value *source;
	struct token *tokens;
	size_t count;
	size_t depth;
	size_t coalesce_depth; /* of the outermost open one; 0: none */
	struct error *err;
};

static const char *const words[] = {
	"and",   "between", "case", "else", "end",  "escape",
	"false", "glob",    "in",   "is",   "like", "not",
	"null",  "or",      "then", "true", "when",
};

/* Words of SQL that would otherwise be taken for names. */
static const char *const refused_words[] = {
	"as",           "cast",         "collate",
	"current_date", "current_time", "current_timestamp",
	"distinct",     "except",       "exists",
	"filter",       "from",         "group",
	"having",       "intersect",    "isnull",
	"join",         "limit",        "match",
	"notnull",      "offset",       "order",
	"over",         "regexp",       "select",
	"union",        "using",        "values",
	"where",        "with",
};

/* Longer ones first. */
static const char *const operators[] = {
	"||", "==", "!=", "<>", "<=", ">=", "<<", ">>", "=", "<",
	">",  "+",  "-",  "*",  "/",  "%",  "&",  "|",  "~",
};

/* What people write out of habit from elsewhere. */
static const struct {
	const char *text;
	const char *message;
	const char *hint;
} slips[] = {
	{ "{{", "a name stands without braces in an expression",
	  "Write brief.client, not {{brief.client}}." },
	{ "--", "an expression cannot hold a comment", NULL },
	{ "/*", "an expression cannot hold a comment", NULL },
	{ "&&", "\"&&\" cannot be used in an expression", "Write and." },
	{ "->", "\"->\" cannot be used in an expression",
	  "Fields are named with a dot." },
	{ "\"", "double quotes name a column, and there is none here",
	  "Texts stand in single quotes." },
	{ ";", "an expression cannot hold \";\"", NULL },
};

bool token_is(const struct token *token, const char *text)
{
	return strlen(text) == token->len &&
	       strncasecmp(token->text, text, token->len) == 0;
}

static bool is_one_of(const struct token *token, const char *const *list,
                      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (token_is(token, list[i]))
			return true;
	return false;
}

static struct pos pos_of(const struct scanner *scanner, const char *at)
{
	return value_pos_at(scanner->source,
	                    (size_t)(at - scanner->source->text));
}

#define fail_at(scanner, at, ...)                                              \
	error_at((scanner)->err, ERR_CONFIG, (scanner)->file,                  \
	         pos_of((scanner), (at)), __VA_ARGS__)

static struct token *add(struct scanner *scanner, enum token_kind kind,
                         const char *text, size_t len)
{
	scanner->tokens = arena_grow(scanner->arena, scanner->tokens,
	                             scanner->count, sizeof(struct token));

	struct token *token = &scanner->tokens[scanner->count++];

	*token = (struct token){ .kind = kind,
		                 .text = text,
		                 .len = len,
		                 .pos = pos_of(scanner, text) };
	return token;
}

static bool is_word_byte(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || c == '_';
}

static size_t word_length(const char *at)
{
	size_t len = 0;

	while (is_word_byte(at[len]))
		len++;
	return len;
}

/* A number must end where a word could not go on: 12abc is neither. */
static const char *scan_number(struct scanner *scanner, const char *at)
{
	size_t len = number_prefix(at, strlen(at));

	if (is_word_byte(at[len]) || at[len] == '.') {
		fail_at(scanner, at, "\"%.*s\" is not a number",
		        (int)(len + strspn(at + len, "0123456789abcdefghijklm"
		                                     "nopqrstuvwxyz_.")),
		        at);
		return NULL;
	}
	add(scanner, TOKEN_NUMBER, at, len);
	return at + len;
}

static const char *scan_text(struct scanner *scanner, const char *at)
{
	const char *end = at;

	do {
		end = strchr(end + 1, '\'');
		if (!end) {
			fail_at(scanner, at,
			        "the text is not closed by a "
			        "single quote");
			return NULL;
		}
		end++;
	} while (*end == '\'');

	const struct token *token =
	        add(scanner, TOKEN_TEXT, at, (size_t)(end - at));

	if (token_is(token, "'now'")) {
		fail_at(scanner, at,
		        "'now' cannot be used: a replay would get another "
		        "value");
		error_hint(scanner->err, "Use run.date.");
		return NULL;
	}
	return end;
}

/* The bytes of segments joined by dots; 0 with an error behind a lone dot. */
static size_t name_length(struct scanner *scanner, const char *at)
{
	size_t len = word_length(at);

	while (at[len] == '.') {
		size_t more = text_is_digit(at[len + 1])
		                      ? 0
		                      : word_length(at + len + 1);

		if (more == 0) {
			fail_at(scanner, at + len,
			        "a field's name is missing behind \"%.*s.\"",
			        (int)len, at);
			return 0;
		}
		len += 1 + more;
	}
	return len;
}

static int check_word(struct scanner *scanner, const struct token *token)
{
	if (!is_one_of(token, refused_words, ARRAY_LEN(refused_words)))
		return 0;
	fail_at(scanner, token->text,
	        "\"%.*s\" cannot be used in an expression", (int)token->len,
	        token->text);
	if (text_starts(token->text, "current_"))
		return error_hint(scanner->err, "Use run.date.");
	return -1;
}

static const char *scan_word(struct scanner *scanner, const char *at)
{
	size_t len = name_length(scanner, at);

	if (len == 0)
		return NULL;

	const char *next = at + len + strspn(at + len, " \t\r\n");
	struct token *token = add(scanner, TOKEN_NAME, at, len);

	if (is_one_of(token, words, ARRAY_LEN(words))) {
		token->kind = TOKEN_WORD;
		return at + len;
	}
	if (check_word(scanner, token) < 0)
		return NULL;
	if (*next == '(') {
		if (memchr(at, '.', len)) {
			fail_at(scanner, at,
			        "\"%.*s\" is a name, not a function", (int)len,
			        at);
			return NULL;
		}
		token->kind = TOKEN_FUNCTION;
		return at + len;
	}
	token->name = name_split(scanner->arena,
	                         arena_strndup(scanner->arena, at, len));
	token->use = scanner->coalesce_depth > 0 ? USE_OPTIONAL : USE_STRICT;
	return at + len;
}

static const struct token *token_back(const struct scanner *scanner, size_t n)
{
	return scanner->count >= n ? &scanner->tokens[scanner->count - n]
	                           : NULL;
}

/* Of `has ( name )` the name is kept. */
static void fold_has(struct scanner *scanner)
{
	const struct token *function = token_back(scanner, 4);
	const struct token *name = token_back(scanner, 2);

	if (!function || function->kind != TOKEN_FUNCTION ||
	    !token_is(function, "has") || name->kind != TOKEN_NAME)
		return;

	struct token folded = *name;

	folded.use = USE_HAS;
	scanner->count -= 4;
	scanner->tokens[scanner->count++] = folded;
}

static const char *scan_open(struct scanner *scanner, const char *at)
{
	const struct token *before = token_back(scanner, 1);

	scanner->depth++;
	if (before && before->kind == TOKEN_FUNCTION &&
	    token_is(before, "coalesce") && scanner->coalesce_depth == 0)
		scanner->coalesce_depth = scanner->depth;
	add(scanner, TOKEN_OPEN, at, 1);
	return at + 1;
}

static const char *scan_close(struct scanner *scanner, const char *at)
{
	if (scanner->depth == 0) {
		fail_at(scanner, at, "nothing is open that \")\" could close");
		return NULL;
	}
	if (scanner->coalesce_depth == scanner->depth)
		scanner->coalesce_depth = 0;
	scanner->depth--;
	add(scanner, TOKEN_CLOSE, at, 1);
	fold_has(scanner);
	return at + 1;
}

static const char *scan_operator(struct scanner *scanner, const char *at)
{
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		if (!text_starts(at, slips[i].text))
			continue;
		fail_at(scanner, at, "%s", slips[i].message);
		if (slips[i].hint)
			error_hint(scanner->err, "%s", slips[i].hint);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (!text_starts(at, operators[i]))
			continue;
		add(scanner, TOKEN_OPERATOR, at, strlen(operators[i]));
		return at + strlen(operators[i]);
	}

	size_t len = utf8_next(at, strlen(at), NULL);

	fail_at(scanner, at, "\"%.*s\" cannot be used in an expression",
	        len > 0 ? (int)len : 1, at);
	return NULL;
}

static const char *scan_one(struct scanner *scanner, const char *at)
{
	if (text_is_digit(*at))
		return scan_number(scanner, at);
	if (is_word_byte(*at))
		return scan_word(scanner, at);
	switch (*at) {
	case '\'':
		return scan_text(scanner, at);
	case '(':
		return scan_open(scanner, at);
	case ')':
		return scan_close(scanner, at);
	case ',':
		add(scanner, TOKEN_COMMA, at, 1);
		return at + 1;
	default:
		return scan_operator(scanner, at);
	}
}

/* A has() that was not folded holds something else than one name. */
static int check_has(struct scanner *scanner)
{
	for (size_t i = 0; i < scanner->count; i++)
		if (scanner->tokens[i].kind == TOKEN_FUNCTION &&
		    token_is(&scanner->tokens[i], "has"))
			return fail_at(scanner, scanner->tokens[i].text,
			               "has() takes one name");
	return 0;
}

int expr_scan(struct arena *arena, const char *file, const struct value *source,
              struct token **ret, size_t *ret_count, struct error *err)
{
	struct scanner scanner = {
		.arena = arena,
		.file = file,
		.source = source,
		.err = err,
	};
	const char *at = source->text;

	if (source->length > LIMIT_EXPRESSION)
		return error_at(err, ERR_LIMIT, file, source->pos,
		                "the expression is longer than %u bytes",
		                LIMIT_EXPRESSION);
	for (;;) {
		at += strspn(at, " \t\r\n");
		if (*at == '\0')
			break;
		if (scanner.count == MAX_TOKENS)
			return error_at(err, ERR_LIMIT, file, source->pos,
			                "the expression has more than %d parts",
			                MAX_TOKENS);
		at = scan_one(&scanner, at);
		if (!at)
			return -1;
	}
	if (scanner.depth > 0)
		return error_at(err, ERR_CONFIG, file, source->pos,
		                "a parenthesis is not closed");
	if (check_has(&scanner) < 0)
		return -1;
	*ret = scanner.tokens;
	*ret_count = scanner.count;
	return 0;
}
