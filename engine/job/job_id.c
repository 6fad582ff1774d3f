/*
 * Ids of steps: unique in the job, and nothing that a tag, an expression or a
 * query could take for something else.
 */
#include <string.h>

#include "engine/job/job_private.h"
#include "store/base/text.h"

/* What SQL keeps for itself: a step of that name could not stand in an
 * expression or a query. */
static const char *const sql_words[] = {
	"all",       "alter",        "and",          "as",
	"between",   "by",           "case",         "cast",
	"check",     "collate",      "commit",       "create",
	"cross",     "current_date", "current_time", "current_timestamp",
	"default",   "delete",       "distinct",     "drop",
	"else",      "end",          "escape",       "except",
	"exists",    "false",        "filter",       "from",
	"full",      "glob",         "group",        "having",
	"in",        "index",        "inner",        "insert",
	"intersect", "into",         "is",           "isnull",
	"join",      "left",         "like",         "limit",
	"match",     "natural",      "not",          "notnull",
	"null",      "offset",       "on",           "or",
	"order",     "outer",        "over",         "primary",
	"recursive", "references",   "regexp",       "right",
	"select",    "set",          "table",        "then",
	"to",        "true",         "union",        "unique",
	"update",    "using",        "values",       "when",
	"where",     "window",       "with",
};

static const char *const taken_names[] = {
	"inputs", "run", "company", "steps", "trigger", "event", "secret",
};

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

void job_parse_id(struct job_parser *parser, struct step *step,
                  const struct value *id)
{
	size_t same;

	if (id == NULL || id->kind != VALUE_STRING || !text_is_name(id->text))
		return;
	same = job_find(parser, id->text);
	if (is_among(id->text, sql_words, ARRAY_LEN(sql_words)))
		error_hint(job_error(parser, id->pos,
		                     "\"%s\" cannot be an id: it is a word of "
		                     "SQL",
		                     id->text),
		           "Call it \"%s_\" or, better, by what it makes.",
		           id->text);
	else if (is_among(id->text, taken_names, ARRAY_LEN(taken_names)))
		(void)job_error(parser, id->pos,
		                "\"%s\" cannot be an id: it already means "
		                "something in a tag",
		                id->text);
	else if (same != STEP_NONE)
		(void)job_error(parser, id->pos,
		                "\"%s\" is the id of the step at line %u",
		                id->text, parser->steps[same].pos.line);
	else
		step->id = id->text;
}
