/*
 * What a person most likely meant where a YAML file is wrong.
 *
 * Private to the YAML reader.
 */
#ifndef BASE_YAML_SLIP_H
#define BASE_YAML_SLIP_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/yaml_source.h"

/* Whether the value at byte `at` is the slip `to: {{brief.email}}`, which to
 * YAML is a map in a map; -1 with the error that shows the quotes, or 0. */
int slip_braces_at(struct yaml_source *source, size_t line, size_t column,
                   struct error *err) MUST_CHECK;

/* What libyaml says of a syntax error; lines and columns from 0. */
struct syntax_problem {
	const char *problem;
	size_t line;
	size_t column;
	const char *context; /* what it was reading, or NULL */
	size_t context_line;
	size_t context_column;
};

/* Always -1, with the error in our words. */
int slip_explain(struct yaml_source *source,
                 const struct syntax_problem *problem, struct error *err);

#endif
