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
	const char *what;
	bool query;
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

/* What a query has besides. */
static const char *const query_words[] = {
	"as",     "by",    "distinct",  "except", "exists", "from",    "group",
	"having", "inner", "intersect", "join",   "limit",  "natural", "offset",
	"on",     "order", "select",    "union",  "using",  "where",   "with",
};

/* Words that may be names of columns as well: they are words only where one of
 * these stands before them and, if that is said, one of those behind them. */
static const struct {
	const char *word;
	const char *before; /* words, with spaces around each; NULL: anything */
	const char *behind; /* likewise */
} soft_words[] = {
	{ "all", " union ", NULL },
	{ "asc", " ) operand ", NULL },
	{ "desc", " ) operand ", NULL },
	{ "cross", NULL, " join " },
	{ "full", NULL, " join outer " },
	{ "left", NULL, " join outer " },
	{ "right", NULL, " join outer " },
	{ "outer", " left right full ", " join " },
	{ "nulls", NULL, " first last " },
	{ "first", " nulls ", NULL },
	{ "last", " nulls ", NULL },
	{ "over", " ) ", NULL },
	{ "filter", " ) ", " ( " },
	{ "partition", " ( ", " by " },
	{ "recursive", " with ", NULL },
	{ "groups", NULL, " between unbounded current " },
	{ "range", NULL, " between unbounded current " },
	{ "rows", NULL, " between unbounded current operand " },
	{ "unbounded", NULL, " preceding following " },
	{ "current", NULL, " row " },
	{ "row", " current ", NULL },
	{ "preceding", " unbounded row operand ", NULL },
	{ "following", " unbounded row operand ", NULL },
};

/* Words of SQL that cannot stand in a query. */
static const char *const query_refused[] = {
	"cast",         "collate",           "current_date",
	"current_time", "current_timestamp", "isnull",
	"match",        "notnull",           "regexp",
	"values",
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

/* What people write out of habit from elsewhere; the message has "an
 * expression" or "a query" in its middle. */
static const struct {
	const char *text;
	const char *before;
	const char *behind;
	const char *hint;
} slips[] = {
	{ "{{", "a name stands without braces in ", "",
	  "Write brief.client, not {{brief.client}}." },
	{ "--", "", " cannot hold a comment", NULL },
	{ "/*", "", " cannot hold a comment", NULL },
	{ "&&", "\"&&\" cannot be used in ", "", "Write and." },
	{ "->", "\"->\" cannot be used in ", "",
	  "Fields are named with a dot." },
	{ "\"", "double quotes name a column, and there is none in ", "",
	  "Texts stand in single quotes." },
	{ ";", "", " cannot hold \";\"", NULL },
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

	while (at[len] == '.' &&
	       !(scanner->query && at[len + 1] && strchr("*\"", at[len + 1]))) {
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

/* "an expression", "a query" */
static const char *within(const struct scanner *scanner)
{
	return scanner->query ? "a query" : "an expression";
}

static int check_word(struct scanner *scanner, const struct token *token)
{
	bool refused = scanner->query ? is_one_of(token, query_refused,
	                                          ARRAY_LEN(query_refused))
	                              : is_one_of(token, refused_words,
	                                          ARRAY_LEN(refused_words));

	if (!refused)
		return 0;
	fail_at(scanner, token->text, "\"%.*s\" cannot be used in %s",
	        (int)token->len, token->text, within(scanner));
	if (text_starts(token->text, "current_"))
		return error_hint(scanner->err, "Use run.date.");
	return -1;
}

/* Of e."order" what stands behind the table at `at`, added to `*dotted`. What
 * is behind it, or NULL. */
static const char *scan_quoted(struct scanner *scanner, const char **dotted,
                               const char *at)
{
	const char *column = at + strlen(".\"");
	size_t len = strcspn(column, "\"\r\n");

	if (len == 0 || column[len] != '"') {
		fail_at(scanner, at + 1, "the column is not closed by a quote");
		return NULL;
	}
	*dotted = arena_printf(scanner->arena, "%s.%.*s", *dotted, (int)len,
	                       column);
	return column + len + 1;
}

static const char *scan_word(struct scanner *scanner, const char *at)
{
	size_t len = name_length(scanner, at);

	if (len == 0)
		return NULL;

	const char *next = at + len + strspn(at + len, " \t\r\n");
	struct token *token = add(scanner, TOKEN_NAME, at, len);

	if (is_one_of(token, words, ARRAY_LEN(words)) ||
	    (scanner->query &&
	     is_one_of(token, query_words, ARRAY_LEN(query_words)))) {
		token->kind = TOKEN_WORD;
		return at + len;
	}
	if (check_word(scanner, token) < 0)
		return NULL;
	if (scanner->query && text_starts(at + len, ".*")) {
		token->kind = TOKEN_STAR;
		token->len += strlen(".*");
		return at + token->len;
	}
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
	const char *dotted = arena_strndup(scanner->arena, at, len);

	if (scanner->query && text_starts(at + len, ".\"")) {
		const char *column = scan_quoted(scanner, &dotted, at + len);

		if (!column)
			return NULL;
		len = (size_t)(column - at);
		token->len = len;
	}
	token->name = name_split(scanner->arena, dotted);
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

	if (!function || !name || function->kind != TOKEN_FUNCTION ||
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
		fail_at(scanner, at, "%s%s%s", slips[i].before, within(scanner),
		        slips[i].behind);
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

	fail_at(scanner, at, "\"%.*s\" cannot be used in %s",
	        len > 0 ? (int)len : 1, at, within(scanner));
	return NULL;
}

/* "order": a column whose name is a word of SQL. */
static const char *scan_column(struct scanner *scanner, const char *at)
{
	size_t len = strcspn(at + 1, "\"\r\n");

	if (len == 0 || at[1 + len] != '"') {
		fail_at(scanner, at, "the column is not closed by a quote");
		return NULL;
	}
	add(scanner, TOKEN_COLUMN, at, len + 2);
	return at + len + 2;
}

/* How the table of soft words calls a token. */
static const char *token_word(struct arena *arena, const struct token *token)
{
	switch (token->kind) {
	case TOKEN_OPEN:
		return " ( ";
	case TOKEN_CLOSE:
		return " ) ";
	case TOKEN_NAME:
	case TOKEN_WORD:
	case TOKEN_FUNCTION:
		break;
	case TOKEN_NUMBER:
	case TOKEN_TEXT:
	case TOKEN_COLUMN:
		return " operand ";
	case TOKEN_STAR:
	case TOKEN_OPERATOR:
	case TOKEN_COMMA:
		return " , ";
	}

	char *word =
	        arena_printf(arena, " %.*s ", (int)token->len, token->text);

	for (char *c = word; *c != '\0'; c++)
		*c = text_is_alpha(*c) ? (char)(*c | 0x20) : *c;
	return word;
}

static bool is_beside(const struct scanner *scanner, const char *words_beside,
                      size_t at)
{
	if (!words_beside)
		return true;
	if (at >= scanner->count)
		return false;

	const struct token *token = &scanner->tokens[at];

	return strstr(words_beside, token_word(scanner->arena, token)) ||
	       (token->kind == TOKEN_NAME && strstr(words_beside, " operand "));
}

/* Whether the name or function at `at` is a word where it stands. */
static bool is_soft_word(const struct scanner *scanner, size_t at)
{
	const struct token *token = &scanner->tokens[at];

	if (token->kind != TOKEN_NAME && token->kind != TOKEN_FUNCTION)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(soft_words); i++)
		if (token_is(token, soft_words[i].word))
			return is_beside(scanner, soft_words[i].before,
			                 at - 1) &&
			       is_beside(scanner, soft_words[i].behind, at + 1);
	return false;
}

static const char *scan_one(struct scanner *scanner, const char *at)
{
	if (text_is_digit(*at))
		return scan_number(scanner, at);
	if (is_word_byte(*at))
		return scan_word(scanner, at);
	if (scanner->query && *at == '"')
		return scan_column(scanner, at);
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
              const char *what, struct tokens *ret, struct error *err)
{
	struct scanner scanner = {
		.what = what,
		.query = *what == 'q',
		.arena = arena,
		.file = file,
		.source = source,
		.err = err,
	};
	const char *at = source->text;

	if (source->length > LIMIT_EXPRESSION)
		return error_at(err, ERR_LIMIT, file, source->pos,
		                "the %s is longer than %u bytes", what,
		                LIMIT_EXPRESSION);
	for (;;) {
		at += strspn(at, " \t\r\n");
		if (*at == '\0')
			break;
		if (scanner.count == MAX_TOKENS)
			return error_at(err, ERR_LIMIT, file, source->pos,
			                "the %s has more than %d parts", what,
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
	for (size_t i = 0; scanner.query && i < scanner.count; i++)
		if (is_soft_word(&scanner, i))
			scanner.tokens[i].kind = TOKEN_WORD;
	*ret = (struct tokens){ scanner.tokens, scanner.count };
	return 0;
}
