/*
 * A small language for tests of engine/job: kinds and effects with the flags
 * and fields of the real ones, which are in rooms above it. Kinds that say
 * much about their map are the real ones.
 */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "engine/job/agent.h"
#include "engine/job/job.h"
#include "engine/job/language.h"
#include "engine/job/type.h"
#include "engine/job/workspace.h"
#include "engine/steps/kinds.h"

static const struct field toy_run_fields[] = {
	{ .name = "argv", .type = FIELD_TEMPLATES },
	{ .name = "script", .type = FIELD_TEXT },
	{ .name = "stdin", .type = FIELD_TEMPLATE },
	{ .name = "env", .type = FIELD_MAP },
	{ .name = "pure", .type = FIELD_BOOL },
	{ 0 },
};

static const struct field toy_recall_fields[] = {
	{ .name = "query",
	  .type = FIELD_TEMPLATE,
	  .required = true,
	  .example = "\"{{brief.summary}}\"" },
	{ .name = "limit", .type = FIELD_INT, .min = 1, .max = 50 },
	{ 0 },
};

static const struct field toy_remember_fields[] = {
	{ .name = "project", .type = FIELD_TEMPLATE, .required = true },
	{ .name = "text", .type = FIELD_TEMPLATE, .required = true },
	{ 0 },
};

static const char *const toy_priorities[] = { "low", "normal", "high", NULL };

static const struct field toy_gate_fields[] = {
	{ .name = "title", .type = FIELD_TEMPLATE, .required = true },
	{ .name = "priority", .type = FIELD_WORD, .words = toy_priorities },
	{ .name = "due", .type = FIELD_DURATION },
	{ .name = "items", .type = FIELD_STEP },
	{ 0 },
};

static const struct shape toy_text = { .kind = SHAPE_TEXT };

static inline const struct shape *toy_text_shape(struct workspace *workspace,
                                                 const struct step *step,
                                                 struct arena *arena)
{
	(void)workspace, (void)step, (void)arena;
	return &toy_text;
}

static inline const struct shape *toy_agent_shape(struct workspace *workspace,
                                                  const struct step *step,
                                                  struct arena *arena)
{
	auto_errors struct errors errors = { 0 };
	const struct agent *agent =
	        workspace_agent(workspace, step->name, &errors);

	return agent != NULL ? agent_shape(agent, arena) : NULL;
}

static const struct step_kind toy_agent = {
	.name = "agent",
	.flags = KIND_COMPUTES | KIND_UNSEEN | KIND_ARTIFACT | KIND_TRIES,
	.names = "agent",
	.shape = toy_agent_shape,
};

static const struct step_kind toy_call = {
	.name = "call",
	.flags = KIND_ACTS | KIND_TRIES,
	.names = "effect",
};

static const struct step_kind toy_emit = {
	.name = "emit",
	.flags = KIND_ACTS,
	.names = "event",
};

static const struct step_kind toy_gate = {
	.name = "gate",
	.flags = KIND_WALL,
	.fields = toy_gate_fields,
};

static const struct step_kind toy_recall = {
	.name = "recall",
	.flags = KIND_COMPUTES | KIND_UNSEEN,
	.fields = toy_recall_fields,
};

static const struct step_kind toy_remember = {
	.name = "remember",
	.flags = KIND_ACTS,
	.fields = toy_remember_fields,
};

static const struct step_kind toy_render = {
	.name = "render",
	.flags = KIND_COMPUTES | KIND_ARTIFACT,
	.names = "template",
	.shape = toy_text_shape,
};

static const struct step_kind toy_run = {
	.name = "run",
	.own = "out",
	.flags = KIND_COMPUTES | KIND_UNSEEN | KIND_ARTIFACT | KIND_TRIES,
	.fields = toy_run_fields,
};

static const struct step_kind *const toy_kinds[] = {
	&toy_agent,  &toy_call,   &toy_emit,   &toy_gate,   &step_job,
	&step_let,   &step_query, &step_read,  &toy_recall, &toy_remember,
	&toy_render, &toy_run,    &step_steps, &step_wait,  NULL,
};

static const struct field toy_email_fields[] = {
	{ .name = "to",
	  .type = FIELD_TEMPLATE,
	  .required = true,
	  .example = "ann@acme.example" },
	{ .name = "subject", .type = FIELD_TEMPLATE, .required = true },
	{ .name = "text", .type = FIELD_TEMPLATE, .required = true },
	{ 0 },
};

static const struct field toy_sequence_fields[] = {
	{ .name = "name", .type = FIELD_TEMPLATE, .required = true },
	{ 0 },
};

static const struct shape_field toy_email_results[] = {
	{ "message_id", &toy_text, NULL },
	{ "file", &toy_text, NULL },
	{ "date", &toy_text, NULL },
	{ 0 },
};

static const struct effect toy_email = {
	.name = "email.send",
	.class = EFFECT_CLIENT,
	.fields = toy_email_fields,
	.results = toy_email_results,
	.target = "to",
};

static const struct effect toy_pay = {
	.name = "bank.pay",
	.class = EFFECT_FINANCIAL,
	.fields = toy_sequence_fields,
};

static const struct effect toy_sequence = {
	.name = "sequence.next",
	.class = EFFECT_INTERNAL,
	.fields = toy_sequence_fields,
};

static const struct effect *const toy_effects[] = {
	&toy_pay,
	&toy_email,
	&toy_sequence,
	NULL,
};

static const struct language toy_language = {
	.kinds = toy_kinds,
	.effects = toy_effects,
};

#endif
