/*
 * What each token of a query is
 *
 * First the names that the query makes are found: parts (`with a as (…)`),
 * other names of tables and columns. Then each list: the name behind FROM,
 * JOIN, IN or a comma between tables. What is left of the names is a column
 * when it begins with one of those, and else a column or a value of the job,
 * as the lists will show.
 */
#include "engine/job/query.h"

#include <string.h>

#include "engine/job/query_tools.h"
#include "engine/job/scope.h"
#include "store/base/text.h"

struct reader {
	struct arena *arena;
	struct query *query;
	struct error *err;
};

/* A token that is there. */
static const struct token *token_at(const struct query *query, size_t at)
{
	return &query->tokens.list[at];
}

static bool is_word_at(const struct query *query, size_t at, const char *word)
{
	return at < query->tokens.count &&
	       token_is_word(token_at(query, at), word);
}

static bool is_kind_at(const struct query *query, size_t at,
                       enum token_kind kind)
{
	return at < query->tokens.count && token_at(query, at)->kind == kind;
}

/* The text of a name as written, without the quotes of a column. */
static const char *text_at(struct reader *reader, size_t at)
{
	const struct token *token = token_at(reader->query, at);
	bool quoted = token->kind == TOKEN_COLUMN;

	return arena_strndup(reader->arena, token->text + quoted,
	                     token->len - 2 * (size_t)quoted);
}

/* ---- names that the query makes */

static bool is_own(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->own_count; i++)
		if (text_equal(query->own[i], name))
			return true;
	return false;
}

static void add_own(struct reader *reader, size_t at)
{
	struct query *query = reader->query;

	query->own = arena_grow(reader->arena, query->own, query->own_count,
	                        sizeof(*query->own));
	query->own[query->own_count++] = text_at(reader, at);
	query->roles[at] = ROLE_OWN;
}

static size_t closing(const struct query *query, size_t open)
{
	size_t depth = 0;

	for (size_t i = open; i < query->tokens.count; i++) {
		depth += is_kind_at(query, i, TOKEN_OPEN);
		depth -= is_kind_at(query, i, TOKEN_CLOSE);
		if (depth == 0)
			return i;
	}
	return query->tokens.count;
}

static bool is_part(const struct query *query, size_t as)
{
	return is_word_at(query, as, "as") &&
	       is_kind_at(query, as + 1, TOKEN_OPEN) &&
	       (is_word_at(query, as + 2, "select") ||
	        is_word_at(query, as + 2, "with"));
}

/* `a as (select …)`, `a(x, y) as (select …)` */
static void find_part(struct reader *reader, size_t at)
{
	const struct query *query = reader->query;

	if (is_kind_at(query, at, TOKEN_NAME) && is_part(query, at + 1)) {
		add_own(reader, at);
		return;
	}
	if (!is_kind_at(query, at, TOKEN_FUNCTION) ||
	    !is_part(query, closing(query, at + 1) + 1))
		return;

	size_t end = closing(query, at + 1);

	add_own(reader, at);
	for (size_t i = at + 2; i < end; i++)
		if (is_kind_at(query, i, TOKEN_NAME) ||
		    is_kind_at(query, i, TOKEN_COLUMN))
			add_own(reader, i);
}

/* Whether an operand ends at `at`, so that a name behind it is another name of
 * it. */
static bool ends_operand(const struct query *query, size_t at)
{
	const struct token *token = token_at(query, at);

	if (token->kind == TOKEN_WORD)
		return token_is(token, "end") || token_is(token, "null") ||
		       token_is(token, "true") || token_is(token, "false");
	return token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER ||
	       token->kind == TOKEN_TEXT || token->kind == TOKEN_CLOSE ||
	       token->kind == TOKEN_COLUMN;
}

static void find_own(struct reader *reader)
{
	struct query *query = reader->query;

	for (size_t i = 0; i < query->tokens.count; i++) {
		find_part(reader, i);
		if (!is_kind_at(query, i, TOKEN_NAME) || i == 0 ||
		    query->roles[i] == ROLE_OWN)
			continue;
		if (is_word_at(query, i - 1, "as") ||
		    ends_operand(query, i - 1))
			add_own(reader, i);
	}
}

/* ---- lists */

static bool ends_from(const struct token *token)
{
	static const char *const words[] = {
		"where",  "group", "order",  "having",    "limit",
		"offset", "union", "except", "intersect", "select",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (token_is_word(token, words[i]))
			return true;
	return false;
}

static void add_source(struct reader *reader, size_t at)
{
	struct query *query = reader->query;
	size_t behind = at + 1 + is_word_at(query, at + 1, "as");
	const char *name = token_at(query, at)->name.dotted;
	const char *dot = strrchr(name, '.');
	bool aliased = behind < query->tokens.count &&
	               query->roles[behind] == ROLE_OWN;

	if (is_own(query, name)) {
		query->roles[at] = ROLE_OWN;
		return;
	}
	query->roles[at] = ROLE_TABLE;
	query->sources =
	        arena_grow(reader->arena, query->sources, query->source_count,
	                   sizeof(*query->sources));
	query->sources[query->source_count++] = (struct source){
		.token = at,
		.alias = aliased ? text_at(reader, behind)
		         : dot   ? dot + 1
		                 : name,
		.aliased = aliased,
	};
}

static void find_sources(struct reader *reader)
{
	struct query *query = reader->query;
	bool *in_from = arena_array(reader->arena, query->tokens.count + 1,
	                            sizeof(*in_from));
	size_t depth = 0;

	for (size_t i = 0; i < query->tokens.count; i++) {
		const struct token *token = token_at(query, i);
		bool opens = token_is_word(token, "from") ||
		             token_is_word(token, "join");

		if (token->kind == TOKEN_OPEN)
			in_from[++depth] = false;
		depth -= token->kind == TOKEN_CLOSE;
		if (opens || ends_from(token))
			in_from[depth] = opens;
		if (!opens && !token_is_word(token, "in") &&
		    (token->kind != TOKEN_COMMA || !in_from[depth]))
			continue;
		if (is_kind_at(query, i + 1, TOKEN_NAME))
			add_source(reader, i + 1);
	}
}

/* ---- the other names */

/* Whether the dotted name begins with a table or a part of the query. */
static bool has_table(const struct query *query, const char *head)
{
	for (size_t i = 0; i < query->source_count; i++)
		if (text_equal(query->sources[i].alias, head))
			return true;
	return is_own(query, head);
}

static void find_roles(struct reader *reader)
{
	struct query *query = reader->query;

	for (size_t i = 0; i < query->tokens.count; i++) {
		const struct token *token = token_at(query, i);

		if (token->kind != TOKEN_NAME || query->roles[i] != ROLE_PLAIN)
			continue;
		if (has_table(query, token->name.first))
			query->roles[i] =
			        token->name.rest ? ROLE_COLUMN : ROLE_OWN;
		else if (token->name.rest ||
		         is_word_at(query, i - 1, "limit") ||
		         is_word_at(query, i - 1, "offset"))
			query->roles[i] = ROLE_VALUE;
		else
			query->roles[i] = ROLE_EITHER;
	}
}

/* ---- the columns of the result */

static int unnamed_column(struct reader *reader, size_t at)
{
	const struct query *query = reader->query;

	error_at(reader->err, ERR_CONFIG, query->file, token_at(query, at)->pos,
	         "the column has no name");
	return error_hint(reader->err,
	                  "Write \"as NAME\" behind it, as in \"sum(minutes) "
	                  "as minutes\".");
}

/* One column of the result: the tokens from `from` to `to`. */
static int check_column(struct reader *reader, size_t from, size_t to)
{
	struct query *query = reader->query;
	const struct token *last = token_at(query, to - 1);

	if (from + (size_t)is_word_at(query, from, "distinct") + 1 == to) {
		query->unnamed[to - 1] = query->roles[to - 1] == ROLE_VALUE ||
		                         query->roles[to - 1] == ROLE_EITHER;
		if (last->kind != TOKEN_NUMBER && last->kind != TOKEN_TEXT &&
		    last->kind != TOKEN_WORD)
			return 0;
	} else if (query->roles[to - 1] == ROLE_OWN ||
	           (last->kind == TOKEN_COLUMN &&
	            is_word_at(query, to - 2, "as"))) {
		return 0;
	}
	return unnamed_column(reader, from);
}

/* Whether a column of the outermost SELECT ends before the token at `at`. */
static bool ends_column(const struct query *query, size_t at)
{
	if (at == query->tokens.count)
		return true;

	const struct token *token = token_at(query, at);

	return token_is_word(token, "from") || ends_from(token) ||
	       token->kind == TOKEN_COMMA;
}

/* The columns of the outermost SELECT, the first if there are several. */
static int check_columns(struct reader *reader)
{
	const struct query *query = reader->query;
	size_t depth = 0;
	size_t from = 0; /* where the column begins; 0: there was no SELECT */

	for (size_t i = 0; i <= query->tokens.count; i++) {
		bool ends = from > 0 && depth == 0 && ends_column(query, i);

		if (ends && i > from && check_column(reader, from, i) < 0)
			return -1;
		if (ends && !is_kind_at(query, i, TOKEN_COMMA))
			return 0;
		depth += is_kind_at(query, i, TOKEN_OPEN);
		depth -= is_kind_at(query, i, TOKEN_CLOSE);
		if (ends || (depth == 0 && is_word_at(query, i, "select")))
			from = i + 1;
	}
	return 0;
}

/* ---- order */

static bool is_aggregate(const struct query *query, size_t at)
{
	static const char *const names[] = {
		"avg", "count", "group_concat", "max", "min", "sum", "total",
	};

	if (!is_kind_at(query, at, TOKEN_FUNCTION))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (token_is(token_at(query, at), names[i]))
			return !is_word_at(query, closing(query, at + 1) + 1,
			                   "over");
	return false;
}

/* Ordered on the outermost level; or one row: no list, or all rows as one. */
static bool find_order(const struct query *query)
{
	size_t depth = 0;
	bool from = false;
	bool group = false;
	bool aggregate = false;

	for (size_t i = 0; i < query->tokens.count; i++) {
		const struct token *token = token_at(query, i);

		depth += token->kind == TOKEN_OPEN;
		depth -= token->kind == TOKEN_CLOSE;
		if (depth > 0)
			continue;
		if (token_is_word(token, "order"))
			return true;
		from |= token_is_word(token, "from");
		group |= token_is_word(token, "group") ||
		         token_is_word(token, "union");
		aggregate |= !from && is_aggregate(query, i);
	}
	return !group && (!from || aggregate);
}

/* ---- names for others */

static bool is_journal(const char *name)
{
	return text_starts(name, "journal.");
}

static void collect_names(struct reader *reader)
{
	struct query *query = reader->query;

	for (size_t i = 0; i < query->tokens.count; i++) {
		const struct token *token = token_at(query, i);
		enum role role = query->roles[i];

		if (role != ROLE_TABLE && role != ROLE_EITHER &&
		    role != ROLE_VALUE)
			continue;
		if (is_journal(token->name.dotted))
			continue;
		query->names =
		        arena_grow(reader->arena, query->names,
		                   query->name_count, sizeof(*query->names));
		query->names[query->name_count++] = (struct name_use){
			.name = token->name.dotted,
			.pos = token->pos,
			.section = token->use != USE_STRICT,
			.inside = role == ROLE_EITHER,
		};
	}
}

static int check_begin(struct reader *reader)
{
	const struct query *query = reader->query;

	if (is_word_at(query, 0, "select") || is_word_at(query, 0, "with"))
		return 0;
	error_at(reader->err, ERR_CONFIG, query->file,
	         query->tokens.count ? token_at(query, 0)->pos : query->pos,
	         "a query begins with select or with");
	return -1;
}

struct query *query_read(struct arena *arena, const char *file,
                         const struct value *source, struct error *err)
{
	struct query *query = arena_new(arena, struct query);
	struct reader reader = { arena, query, err };

	query->file = file ? arena_strdup(arena, file) : NULL;
	query->pos = source->pos;
	if (source->kind != VALUE_STRING) {
		error_at(err, ERR_CONFIG, file, source->pos,
		         "a query is a text, not a %s",
		         value_kind_name(source->kind));
		return NULL;
	}
	if (expr_scan(arena, file, source, "query", &query->tokens, err) < 0 ||
	    check_begin(&reader) < 0)
		return NULL;
	query->roles = arena_array(arena, query->tokens.count + 1,
	                           sizeof(*query->roles));
	query->unnamed = arena_array(arena, query->tokens.count + 1,
	                             sizeof(*query->unnamed));
	find_own(&reader);
	find_sources(&reader);
	find_roles(&reader);
	if (check_columns(&reader) < 0)
		return NULL;
	query->ordered = find_order(query);
	query->pairs =
	        pairs_find(arena, query->tokens.list, query->tokens.count);
	collect_names(&reader);
	return query;
}

struct query *query_parse(struct arena *arena, const char *file,
                          const struct value *source,
                          struct expr_engine *engine, struct error *err)
{
	struct query *query = query_read(arena, file, source, err);

	return query && query_try(query, engine, arena, err) < 0 ? NULL : query;
}

void query_names(const struct query *query, const struct name_use **ret,
                 size_t *ret_count)
{
	*ret = query->names;
	*ret_count = query->name_count;
}

bool query_reads(const struct query *query, const char *list)
{
	for (size_t i = 0; i < query->source_count; i++)
		if (text_equal(query->tokens.list[query->sources[i].token]
		                       .name.dotted,
		               list))
			return true;
	return false;
}

bool query_is_ordered(const struct query *query)
{
	return query->ordered;
}

void query_warnings(const struct query *query, struct errors *warnings)
{
	tokens_warnings(query->tokens.list, query->tokens.count, query->file,
	                warnings);
}
