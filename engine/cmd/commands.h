/*
 * The rows of the table of commands, one defined in each file.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "engine/cmd/command.h"

extern const struct command command_adopt;
extern const struct command command_alone;
extern const struct command command_approve;
extern const struct command command_cancel;
extern const struct command command_check;
extern const struct command command_doctor;
extern const struct command command_emit;
extern const struct command command_explain;
extern const struct command command_hooks;
extern const struct command command_init;
extern const struct command command_log;
extern const struct command command_names;
extern const struct command command_rebuild;
extern const struct command command_recall;
extern const struct command command_reject;
extern const struct command command_release;
extern const struct command command_replay;
extern const struct command command_resolve;
extern const struct command command_retry;
extern const struct command command_review;
extern const struct command command_rewind;
extern const struct command command_run;
extern const struct command command_schema;
extern const struct command command_show;
extern const struct command command_status;
extern const struct command command_test;
extern const struct command command_tick;
extern const struct command command_try;
extern const struct command command_undo;
extern const struct command command_why;

#endif
