/*
 * The provider `offline` fills in the agent's own template: the embedded
 * default, so that everything runs with no account and no network. It is what
 * answers as long as no model is configured; it never steps in for one.
 *
 * A structured answer says so in its front matter: drafted: offline.
 */
#include "engine/agents/provider.h"

static struct page page_of(const struct ask *ask)
{
	struct page page = ask->page;

	page.path = ask->agent->offline;
	return page;
}

static int offline_prepare(const struct ask *ask, struct value *ingredients,
                           struct error *err)
{
	struct page page = page_of(ask);

	return page_ingredients(&page, ingredients, err);
}

static int offline_answer(const struct ask *ask, const char **ret,
                          struct error *err)
{
	struct page page = page_of(ask);

	return page_render(&page, ret, err);
}

const struct provider provider_offline = {
	.name = "offline",
	.help = "fills in the agent's own template",
	.prepare = offline_prepare,
	.answer = offline_answer,
};
