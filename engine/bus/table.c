/*
 * The connectors: one row each, sorted by the effect's name.
 */
#include "engine/bus/connector.h"

const struct connector *const connectors[] = {
	&email_send,
	&sequence_next,
	NULL,
};

/* The same rows as the job language sees them. */
const struct effect *const bus_effects[] = {
	&email_send.effect,
	&sequence_next.effect,
	NULL,
};
