/*
 * Ids of steps: unique in the job, and nothing that a tag, an expression or a
 * query could take for something else. Entries of a step's map that stand as
 * names in the expressions below them hide no id either.
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

/* Whether a kind has the name for itself, as {{out}}. */
static bool is_kinds(const struct language *language, const char *name)
{
	for (size_t i = 0; language->kinds[i] != NULL; i++)
		if (text_equal(language->kinds[i]->own, name))
			return true;
	return false;
}

/* Whether the name is free; `what` it would be is "an id", "an entry". */
static bool is_free(struct job_parser *parser, const char *name, struct pos pos,
                    const char *what)
{
	if (is_among(name, sql_words, ARRAY_LEN(sql_words)))
		error_hint(job_error(parser, pos,
		                     "\"%s\" cannot be %s: it is a word of SQL",
		                     name, what),
		           "Call it \"%s_\" or, better, by what it makes.",
		           name);
	else if (is_among(name, taken_names, ARRAY_LEN(taken_names)) ||
	         is_kinds(parser->language, name))
		(void)job_error(parser, pos,
		                "\"%s\" cannot be %s: it already means "
		                "something in a tag",
		                name, what);
	else
		return true;
	return false;
}

void job_parse_id(struct job_parser *parser, struct step *step,
                  const struct value *id)
{
	size_t same;

	if (id == NULL || id->kind != VALUE_STRING || !text_is_name(id->text) ||
	    !is_free(parser, id->text, id->pos, "an id"))
		return;
	same = job_find(parser->job, id->text);
	if (same != STEP_NONE) {
		(void)job_error(parser, id->pos,
		                "\"%s\" is the id of the step at line %u",
		                id->text, parser->steps[same].pos.line);
		return;
	}
	step->id = id->text;
	step->local = id->text;
	job_index_add(parser->job, step->index);
}

/* The entry is not the id of a step. */
static void check_hides(struct job_parser *parser, const char *name,
                        struct pos pos, const char *what)
{
	size_t same = job_find(parser->job, name);

	if (same != STEP_NONE)
		(void)job_error(parser, pos,
		                "\"%s\" cannot be %s: it is the id of the "
		                "step at line %u",
		                name, what, parser->steps[same].pos.line);
}

void job_check_entry(struct job_parser *parser, const struct member *entry)
{
	if (!text_is_name(entry->name))
		error_hint(job_error(parser, entry->pos,
		                     "\"%s\" cannot be an entry", entry->name),
		           "A name has lower-case letters, digits and _, and "
		           "begins with a letter.");
	else if (is_free(parser, entry->name, entry->pos, "an entry"))
		check_hides(parser, entry->name, entry->pos, "an entry");
}

void job_check_item(struct job_parser *parser, const struct step *step)
{
	const struct fan *fan = step->fan;

	if (!is_free(parser, fan->name, fan->pos, "an item"))
		return;
	check_hides(parser, fan->name, fan->pos, "an item");
	for (size_t i = step->parent; i != STEP_NONE;
	     i = parser->steps[i].parent) {
		const struct fan *around = parser->steps[i].fan;

		if (around != NULL && strcmp(around->name, fan->name) == 0)
			(void)job_error(parser, fan->pos,
			                "\"%s\" cannot be an item: it is the "
			                "item of the block around it (line %u)",
			                fan->name, around->pos.line);
	}
}
