/*
 * libyaml says what its grammar missed; a person wants to know what to type.
 * First the line itself is looked at for the two slips that explain most
 * errors, braces of a template without quotes and tabs. Then libyaml's message
 * picks our wording from a table; one that is not in it is passed on.
 */
#include "store/base/yaml_slip.h"

#include <string.h>

#include "store/base/text.h"

enum {
	SUGGESTION_BYTES = 200 /* a longer line is not repeated */
};

struct wording {
	const char *problem;
	const char *context; /* NULL: any */
	bool at_context;     /* the place to show is where it began */
	const char *message;
};

static const struct wording wordings[] = {
	{ "mapping values are not allowed in this context", NULL, false,
	  "a \":\" cannot stand here; a text with \": \" in it needs quotes" },
	{ "could not find expected ':'", NULL, true,
	  "a \":\" is missing behind this key" },
	{ "did not find expected key", NULL, false,
	  "a key was expected here; look at the indentation and the quotes" },
	{ "did not find expected '-' indicator", NULL, false,
	  "\"- \" was expected here; look at the indentation" },
	{ "found unexpected end of stream", "while scanning a quoted scalar",
	  true, "the quote that begins here is not closed" },
	{ "found unexpected document indicator",
	  "while scanning a quoted scalar", true,
	  "the quote that begins here is not closed" },
	{ "did not find expected ',' or ']'", NULL, false,
	  "\",\" or \"]\" was expected here" },
	{ "did not find expected ',' or '}'", NULL, false,
	  "\",\" or \"}\" was expected here" },
	{ "found unknown escape character", NULL, false,
	  "unknown escape; in double quotes a backslash is written \\\\" },
	{ "did not find expected hexdecimal number", NULL, false,
	  "hexadecimal digits were expected in this escape" },
	{ "found invalid Unicode character escape code", NULL, false,
	  "this escape is not a character" },
	{ "block sequence entries are not allowed in this context", NULL, false,
	  "a list cannot begin here; put it on lines of its own" },
	{ "mapping keys are not allowed in this context", NULL, false,
	  "\"?\" cannot begin a text here; put it in quotes" },
	{ "did not find expected <document start>", NULL, false,
	  "the value ended before this; look at the indentation and the "
	  "quotes" },
	{ "did not find expected node content", NULL, false,
	  "a value was expected here" },
	{ "did not find expected comment or line break",
	  "while scanning a block scalar", false,
	  "the text of \"|\" or \">\" begins on the next line" },
	{ "did not find expected alphabetic or numeric character", NULL, true,
	  "a text that begins with \"&\" or \"*\" needs quotes" },
	{ NULL, "while scanning a tag", true,
	  "a text that begins with \"!\" needs quotes" },
	{ NULL, "while scanning a directive", true,
	  "a text that begins with \"%\" needs quotes" },
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether an unquoted value may begin at `at`, judged by what is before. */
static bool begins_value(const char *line, size_t at)
{
	size_t before = at;

	while (before > 0 && is_blank(line[before - 1]))
		before--;
	if (before == 0)
		return true;
	if (strchr("{[,", line[before - 1]) != NULL)
		return true;
	return before < at && strchr(":-?", line[before - 1]) != NULL;
}

/* Where on the line the key of the value at `at` begins; `*ret_flow` tells
 * whether it stands between brackets. */
static size_t key_start(const char *line, size_t at, bool *ret_flow)
{
	size_t start = at;

	while (start > 0 && strchr("{[,", line[start - 1]) == NULL)
		start--;
	*ret_flow = start > 0;
	while (is_blank(line[start]) ||
	       (line[start] == '-' && line[start + 1] == ' '))
		start++;
	return start < at ? start : at;
}

/* The bytes of the value that begins with braces: in a flow up to the end of
 * its tag, else to the end of the line without a comment. */
static size_t value_length(const char *text, size_t len, bool flow)
{
	bool triple = len >= 3 && memcmp(text, "{{{", 3) == 0;
	const char *close = triple ? "}}}" : "}}";
	const char *comment = memmem(text, len, " #", 2);
	const char *end = memmem(text, len, close, strlen(close));

	if (flow && end != NULL)
		return (size_t)(end - text) + strlen(close);
	if (comment != NULL)
		len = (size_t)(comment - text);
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return len;
}

static int braces_error(struct yaml_source *source, size_t line, size_t at,
                        struct error *err)
{
	size_t len;
	const char *text = yaml_source_line(source, line, &len);
	bool flow;
	size_t key = key_start(text, at, &flow);
	size_t value = value_length(text + at, len - at, flow);
	char quote = memchr(text + at, '"', value) != NULL ? '\'' : '"';
	struct pos pos = {
		.line = source->first_line + (unsigned)line,
		.column = (unsigned)at + 1,
	};

	if (at - key + value > SUGGESTION_BYTES)
		return error_at(err, ERR_CONFIG, source->file, pos,
		                "a value that begins with {{ needs quotes");
	return error_at(err, ERR_CONFIG, source->file, pos,
	                "a value that begins with {{ needs quotes: "
	                "%.*s%c%.*s%c",
	                (int)(at - key), text + key, quote, (int)value,
	                text + at, quote);
}

int slip_braces_at(struct yaml_source *source, size_t line, size_t column,
                   struct error *err)
{
	size_t at = yaml_source_seek(source, line, column);

	if (source->len - at < 2 || memcmp(source->bytes + at, "{{", 2) != 0)
		return 0;
	return braces_error(source, line, at - source->start, err);
}

/* The bytes of a line before its first quote. */
static size_t unquoted_length(const char *line, size_t len)
{
	size_t at = 0;

	while (at < len && line[at] != '"' && line[at] != '\'')
		at++;
	return at;
}

/* The slip anywhere on a line where a value may begin, but not behind a quote:
 * there, braces may well be in the right place. */
static int slip_braces_on(struct yaml_source *source, size_t line,
                          struct error *err)
{
	size_t len;
	const char *text = yaml_source_line(source, line, &len);
	const char *end = text + unquoted_length(text, len);
	const char *at = text;

	while ((at = memmem(at, (size_t)(end - at), "{{", 2)) != NULL) {
		if (begins_value(text, (size_t)(at - text)))
			return braces_error(source, line, (size_t)(at - text),
			                    err);
		at += 2;
	}
	return 0;
}

/* A tab before the first character of the line, or at the place itself. */
static int slip_tab(struct yaml_source *source, size_t line, size_t column,
                    struct error *err)
{
	size_t len;
	const char *text = yaml_source_line(source, line, &len);
	size_t at = 0;

	while (at < len && text[at] == ' ')
		at++;
	if (at == len || text[at] != '\t') {
		at = yaml_source_seek(source, line, column) - source->start;
		if (at >= len || text[at] != '\t')
			return 0;
	}
	(void)error_at(err, ERR_CONFIG, source->file,
	               (struct pos){ source->first_line + (unsigned)line,
	                             (unsigned)at + 1 },
	               "a tab cannot indent YAML");
	return error_hint(err, "Use two spaces for each level.");
}

/* A text that begins with one of YAML's reserved characters. */
static int slip_reserved(struct yaml_source *source,
                         const struct syntax_problem *problem,
                         struct error *err)
{
	struct pos pos =
	        yaml_source_pos(source, problem->line, problem->column);
	size_t at = source->offset;

	if (strcmp(problem->problem,
	           "found character that cannot start any token") != 0 ||
	    at >= source->len)
		return 0;
	return error_at(err, ERR_CONFIG, source->file, pos,
	                "a text that begins with \"%c\" needs quotes",
	                source->bytes[at]);
}

static bool fits(const struct wording *wording,
                 const struct syntax_problem *problem)
{
	return (wording->problem == NULL ||
	        text_equal(wording->problem, problem->problem)) &&
	       (wording->context == NULL ||
	        text_equal(wording->context, problem->context));
}

static int reword(struct yaml_source *source,
                  const struct syntax_problem *problem, struct error *err)
{
	struct pos pos =
	        yaml_source_pos(source, problem->line, problem->column);

	for (size_t i = 0; i < ARRAY_LEN(wordings); i++) {
		const struct wording *wording = &wordings[i];

		if (!fits(wording, problem))
			continue;
		if (wording->at_context && problem->context != NULL)
			pos = yaml_source_pos(source, problem->context_line,
			                      problem->context_column);
		return error_at(err, ERR_CONFIG, source->file, pos, "%s",
		                wording->message);
	}
	return error_at(err, ERR_CONFIG, source->file, pos,
	                "this is not YAML: %s", problem->problem);
}

int slip_explain(struct yaml_source *source,
                 const struct syntax_problem *problem, struct error *err)
{
	if (slip_braces_on(source, problem->line, err) < 0)
		return -1;
	if (problem->context != NULL &&
	    slip_braces_on(source, problem->context_line, err) < 0)
		return -1;
	if (slip_tab(source, problem->line, problem->column, err) < 0)
		return -1;
	if (slip_reserved(source, problem, err) < 0)
		return -1;
	return reword(source, problem, err);
}
