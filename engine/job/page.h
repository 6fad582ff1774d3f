/*
 * A template file filled in: prompts, documents, ledger entries.
 *
 * A page sees `with`, `run` and `company`, nothing else, and may use other
 * template files as partials ({{> footer.md}} is templates/footer.md).
 */
#ifndef JOB_PAGE_H
#define JOB_PAGE_H

#include <stdbool.h>

#include "engine/job/scope.h"
#include "engine/job/workspace.h"
#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct page {
	struct workspace *workspace;
	struct arena *arena;
	const char *path; /* templates/… */
	const struct value *with;
	const struct frame *frame; /* its `run` and `company` */
	bool strict;
};

/* Say what the text depends on beyond `with`: to `ingredients`, a map, under
 * "templates" the file and every partial it can reach with their blob ids,
 * under "names" the values of `run` and `company` that they use. */
int page_ingredients(const struct page *page, struct value *ingredients,
                     struct error *err) MUST_CHECK;

/* The text, in the page's arena. */
int page_render(const struct page *page, const char **ret,
                struct error *err) MUST_CHECK;

#endif
