/*
 * Mustache, as a job's author meets it (docs/jobs.md, Tags).
 *
 * The specification (github.com/mustache/spec): variables, sections, inverted
 * sections, comments, partials, set delimiters, and of its optional modules
 * inheritance, with standalone lines removed, partials and blocks indented as
 * it says. Where reeve differs: a missing variable is an error (not when
 * `strict` is off; a missing section is false, null prints nothing), values are
 * escaped for the kind of file they go into, there are no lambdas, a list or
 * map cannot be printed, and a tag may end in one format:
 * {{net | money}}.
 *
 * A template is parsed once into a flat program in an arena and rendered any
 * number of times; what is rendered is never looked at again.
 */
#ifndef JOB_TEMPLATE_H
#define JOB_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/scope.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct expr_engine; /* expr.h */
struct template;

/* What values are escaped for. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_HTML,
	ESCAPE_YAML, /* a value becomes a scalar on one line */
	ESCAPE_JSON, /* a value becomes the inside of a string */
	ESCAPE_CSV,
};

/* By the ending of the file that the text goes into: .html .htm, .yaml .yml,
 * .json, .csv; else none. */
enum escape escape_for_path(const char *path);

/* Parse the text of `source` (a string value). Its positions are found from
 * the value's own, so an error inside a YAML file points into that file; for a
 * template file pass a value made of its whole text with position 1:1 and
 * STYLE_PLAIN. The template points into the text of `source`. NULL with
 * ERR_CONFIG. */
struct template *template_parse(struct arena *arena, const char *file,
                                const struct value *source,
                                struct error *err) MUST_CHECK;

/* A name that a template or an expression uses. */
struct name_use {
	const char *name; /* dotted: "brief.client" */
	struct pos pos;
	bool section; /* opens a section: missing is false, not an error */
	bool inside;  /* stands in a section: may be a field of its item */
	/* Stands in a block that a parent is given: may be a field of an item
	 * there. */
	bool given;
};

/* All names, in order of appearance, partials not followed. */
void template_names(const struct template *template,
                    const struct name_use **ret, size_t *ret_count);
/* The partials and parents that it names. */
void template_partials(const struct template *template,
                       const struct name_use **ret, size_t *ret_count);
/* The single tag that is the whole text (format allowed), else NULL: then the
 * value keeps its type. */
const struct name_use *template_single(const struct template *template);

/* What is known where a text of the job stands: what its names mean, and how
 * values are written. */
struct render {
	/* What names mean; or, if it is NULL, `scope` alone, a map. */
	const struct frame *frame;
	const struct value *scope;
	enum escape escape;
	bool strict; /* a missing variable is an error */
	/* Find a partial, parsed; NULL with err when there is none. May be NULL
	 * when the text can have no partials. */
	const struct template *(*partial)(void *state, const char *name,
	                                  struct error *err);
	void *state;
	const char *locale;           /* "en" (default), "de", "fr" */
	const struct value *holidays; /* sorted dates; NULL: none */
	struct expr_engine *engine;   /* that expressions use; may be NULL */
};

/* Append the text. ERR_CONFIG with the tag's position and what was there:
 * `"brief.emial" is not there; did you mean "email"?`. */
int template_render(const struct template *template,
                    const struct render *render, struct buf *ret,
                    struct error *err) MUST_CHECK;

/* The value of a single tag with its format applied, type kept, in `arena`. */
int template_value(const struct template *template, const struct render *render,
                   struct arena *arena, struct value **ret,
                   struct error *err) MUST_CHECK;

/* Whether a string at or below `value` has a tag; otherwise it is what it would
 * be rendered to. */
bool render_has_tags(const struct value *value);

/* Render every string below `source` as a template: a string that is exactly
 * one tag becomes the value itself, maps and lists are rebuilt in `arena`
 * (names of members are not templates). Positions are kept. */
int render_value(struct arena *arena, const char *file,
                 const struct value *source, const struct render *render,
                 struct value **ret, struct error *err) MUST_CHECK;

/* Collect the names used by every template string below `source`, appended to
 * `*uses` (grown in `arena`). Errors of syntax go to `errors`. */
void render_names(struct arena *arena, const char *file,
                  const struct value *source, struct name_use **uses,
                  size_t *count, struct errors *errors);

#endif
