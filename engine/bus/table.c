/*
 * The connectors: one row each, sorted by the effect's name.
 */
#include "engine/bus/bus.h"
#include "engine/bus/connector.h"

/* clang-format off */
const struct connector *const connectors[] = {
	&email_send,
	&http_delete,
	&http_patch,
	&http_post,
	&http_put,
	&local_run,
	&net_run,
	&sequence_next,
	&sequence_release,
	NULL,
};

/* The same rows as the job language sees them. */
const struct effect *const bus_effects[] = {
	&email_send.effect,
	&http_delete.effect,
	&http_patch.effect,
	&http_post.effect,
	&http_put.effect,
	&local_run.effect,
	&net_run.effect,
	&sequence_next.effect,
	&sequence_release.effect,
	NULL,
};
/* clang-format on */
