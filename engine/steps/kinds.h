/*
 * The rows of table.c, one from each file of this folder.
 */
#ifndef STEPS_KINDS_H
#define STEPS_KINDS_H

#include "engine/steps/step.h"

extern const struct step_kind step_agent;
extern const struct step_kind step_call;
extern const struct step_kind step_emit;
extern const struct step_kind step_gate;
extern const struct step_kind step_job;
extern const struct step_kind step_let;
extern const struct step_kind step_query;
extern const struct step_kind step_read;
extern const struct step_kind step_recall;
extern const struct step_kind step_remember;
extern const struct step_kind step_render;
extern const struct step_kind step_run_program;
extern const struct step_kind step_steps;
extern const struct step_kind step_wait;

#endif
