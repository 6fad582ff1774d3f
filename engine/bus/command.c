/*
 * local.run and net.run: a command of the owner's that changes the world.
 *
 * What a step `run` with `effect: true` or `network: true` is. The command runs
 * once, in a checkout of the run's files like any program; what it is started
 * with is frozen in the intent, with a digest of those files. It learns its
 * effect key as REEVE_EFFECT_KEY, for receivers that know a request again by
 * such a key, and as REEVE_MARKER the name of a file that it may write when its
 * effect has taken place (marker.h).
 *
 * How it ends decides what is known: with status 0 it is done, with another
 * one it is not. One that was cut short, by a signal or its deadline or our
 * end, may have done it or not: it is done when its marker is there, and else
 * in doubt. A command that was certainly not begun is begun again.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/bus/connector.h"
#include "engine/bus/marker.h"
#include "engine/io/launch.h"
#include "engine/io/loop.h"
#include "store/base/buf.h"
#include "store/base/fd.h"
#include "store/base/hash.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

#define LOCAL "local.run"
#define NET   "net.run"

static const char *const formats[] = { "text", "json", NULL };

static const struct field fields[] = {
	{
	        .name = "argv",
	        .type = FIELD_ANY,
	        .help = "a program and its arguments, started without a shell",
	        .example = "[notify, \"{{client.name}}\"]",
	},
	{
	        .name = "script",
	        .type = FIELD_TEXT,
	        .help = "lines for sh; it holds no tags",
	        .example = "cat >>$HOME/done.txt",
	},
	{
	        .name = "reads",
	        .type = FIELD_TEXTS,
	        .help = "patterns of the files it may see; [] is nothing, "
	                "absent is all of them",
	        .example = "[\"time/*.csv\"]",
	},
	{
	        .name = "env",
	        .type = FIELD_ANY,
	        .help = "a map of variables",
	        .example = "{ RATE: \"{{brief.day_rate}}\" }",
	},
	{
	        .name = "stdin",
	        .type = FIELD_ANY,
	        .help = "what it reads from its standard input",
	        .example = "\"{{entry.text}}\"",
	},
	{
	        .name = "format",
	        .type = FIELD_WORD,
	        .words = formats,
	        .otherwise = "text",
	        .help = "how its standard output is read",
	},
	{
	        .name = "files",
	        .type = FIELD_TEXTS,
	        .help = "patterns of the files in REEVE_OUT that it gives",
	        .example = "[\"*.csv\"]",
	},
	{
	        .name = "effect",
	        .type = FIELD_BOOL,
	        .help = "it may do on this machine what its owner may; of "
	                "local.run it is always so",
	},
	{ 0 },
};

static const struct shape_field no_results[] = {
	{ 0 },
};

/* ---- What is frozen ------------------------------------------------------ */

/* A word as it will be: what stands behind a NUL would be lost. */
static int freeze_word(const struct call *call, const char *what,
                       const struct value *value, struct value **ret,
                       struct error *err)
{
	const char *word = launch_word(call->arena, value);

	if (value->kind == VALUE_STRING && strlen(word) != value->length)
		return error_set(err, ERR_FAILED,
		                 "%s has a control character (U+0000)", what);
	*ret = value_string(call->arena, word);
	return 0;
}

static int freeze_argv(const struct call *call, const struct value *argv,
                       struct value *payload, struct error *err)
{
	struct value *list = value_list(call->arena);
	bool is_list = argv->kind == VALUE_LIST;
	size_t count = is_list ? argv->length : 1;

	for (size_t i = 0; i < count; i++) {
		const struct value *word = is_list ? argv->items[i] : argv;
		struct value *frozen;
		if (word->kind != VALUE_STRING && word->kind != VALUE_NUMBER)
			return error_set(err, ERR_FAILED,
			                 "argument %zu of argv is a %s", i,
			                 value_kind_name(word->kind));
		if (freeze_word(call, "argv", word, &frozen, err) < 0)
			return -1;
		value_list_add(call->arena, list, frozen);
	}
	if (count == 0 || !*list->items[0]->text)
		return error_set(err, ERR_FAILED, "argv names no program");
	value_map_set(call->arena, payload, "argv", list);
	return 0;
}

static int freeze_env(const struct call *call, const struct value *env,
                      struct value *payload, struct error *err)
{
	struct value *map = value_map(call->arena);

	if (env->kind != VALUE_MAP)
		return error_set(err, ERR_FAILED,
		                 "\"env\" must be a map of variables, not a %s",
		                 value_kind_name(env->kind));
	for (size_t i = 0; i < env->length; i++) {
		struct value *word;
		if (freeze_word(call, env->members[i].name,
		                env->members[i].value, &word, err) < 0)
			return -1;
		value_map_set(call->arena, map, env->members[i].name, word);
	}
	value_map_set(call->arena, payload, "env", map);
	return 0;
}

/* What it is started with. */
static int freeze_words(const struct call *call, struct value *payload,
                        struct error *err)
{
	const struct value *argv = value_get(call->with, "argv");
	const struct value *script = value_get(call->with, "script");
	const struct value *env = value_get(call->with, "env");
	const struct value *input = value_get(call->with, "stdin");
	struct value *word;

	if ((argv != NULL) == (script != NULL))
		return error_set(err, ERR_FAILED,
		                 "a command takes argv or script");
	if (argv && freeze_argv(call, argv, payload, err) < 0)
		return -1;
	if (script) {
		if (freeze_word(call, "script", script, &word, err) < 0)
			return -1;
		value_map_set(call->arena, payload, "script", word);
	}
	if (env && freeze_env(call, env, payload, err) < 0)
		return -1;
	if (input) {
		if (freeze_word(call, "stdin", input, &word, err) < 0)
			return -1;
		value_map_set(call->arena, payload, "stdin", word);
	}
	return 0;
}

/* The files it sees, and what they are: a text that another set of files does
 * not have. */
static int list_files(const struct call *call, const struct value *reads,
                      struct checkout_view *ret, const char **ret_digest,
                      struct error *err)
{
	struct hasher *hasher;
	char text[HASH_TEXT_BYTES];

	if (launch_files(call->arena, call->files, reads, ret, err) < 0)
		return -1;
	hasher = hasher_new(&call->env->root->secret, "reeve.command");
	for (size_t i = 0; i < ret->count; i++) {
		const struct oid *oid = &ret->entries[i].oid;
		hasher_text(hasher, ret->entries[i].path);
		hasher_bytes(hasher, oid->bytes, sizeof(oid->bytes));
	}
	hash_to_text(hasher_finish(hasher), text);
	*ret_digest = arena_strdup(call->arena, text);
	return 0;
}

static int freeze(const struct call *call, const char *effect,
                  struct value **ret_payload, struct error *err)
{
	static const char *const kept[] = { "format", "files", "reads" };
	struct arena *arena = call->arena;
	struct value *payload = value_map(arena);
	bool network = text_equal(effect, NET);
	struct checkout_view view;
	const char *digest;

	if (freeze_words(call, payload, err) < 0)
		return error_wrap(err, "%s", effect);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const struct value *value = value_get(call->with, kept[i]);
		if (value)
			value_map_set(arena, payload, kept[i],
			              value_copy(arena, value));
	}
	value_map_set(arena, payload, "network", value_bool(arena, network));
	value_map_set(
	        arena, payload, "machine",
	        value_bool(arena, !network || value_get_bool(call->with,
	                                                     "effect", false)));
	*ret_payload = payload;
	if (!call->files)
		return 0; /* it is only looked at */
	if (list_files(call, value_get(payload, "reads"), &view, &digest, err) <
	    0)
		return -1;
	value_map_text(arena, payload, "sees", digest);
	return 0;
}

static int local_freeze(const struct call *call, struct value **ret_payload,
                        struct error *err)
{
	return freeze(call, LOCAL, ret_payload, err);
}

static int net_freeze(const struct call *call, struct value **ret_payload,
                      struct error *err)
{
	return freeze(call, NET, ret_payload, err);
}

/* ---- A command on its way ------------------------------------------------ */

struct command {
	const struct call *call;
	struct checkout_view view;
	struct workplace at;
	struct sandbox sandbox;
	struct loop *loop;
	bool entered;
};

static void command_clear(struct command *command)
{
	auto_error struct error ignored = { 0 }; /* it is done, or not */

	loop_close(command->loop);
	sandbox_close(&command->sandbox);
	if (command->entered &&
	    checkouts_leave(command->call->env->checkouts, &command->at, NULL,
	                    &ignored) < 0)
		error_clear(&ignored);
}

/* The files must be those that it was released with. */
static int look_at_files(struct command *command, struct error *err)
{
	const struct call *call = command->call;
	const struct value *payload = call->payload;
	const char *digest;

	if (list_files(call, value_get(payload, "reads"), &command->view,
	               &digest, err) < 0)
		return -1;
	if (text_equal(digest, value_get_text(payload, "sees", "")))
		return 0;
	return error_set(err, ERR_FAILED,
	                 "the files that it sees are not those any more that "
	                 "it was intended with");
}

/* An effect on the machine may touch what its owner may. */
static void open_sandbox(struct command *command)
{
	const struct value *payload = command->call->payload;
	const struct workplace *at = &command->at;
	struct sandbox *sandbox = &command->sandbox;
	bool network = value_get_bool(payload, "network", false);

	if (value_get_bool(payload, "machine", false)) {
		sandbox->network = network;
		return;
	}
	if (network)
		sandbox_open_online(sandbox, at->dir, at->out);
	else
		sandbox_open(sandbox, at->dir, at->out);
	sandbox_share(sandbox, marker_folder(command->call));
}

/* What every such command is told, and what belongs to the owner's session. */
static struct value *variables_of(const struct command *command)
{
	static const char *const session[] = { "HOME", "LOGNAME", "USER",
		                               "SSH_AUTH_SOCK" };
	const struct call *call = command->call;
	struct value *map = value_map(call->arena);
	bool machine = value_get_bool(call->payload, "machine", false);

	for (size_t i = 0; machine && i < ARRAY_LEN(session); i++)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): no threads */
		value_map_text(call->arena, map, session[i],
		               getenv(session[i]));
	return map;
}

static struct value *keys_of(const struct call *call)
{
	struct value *map = value_map(call->arena);

	value_map_text(call->arena, map, "REEVE_EFFECT_KEY", call->key);
	value_map_text(call->arena, map, "REEVE_MARKER", marker_file(call));
	return map;
}

static const char **argv_of(const struct call *call)
{
	const struct value *argv = value_get(call->payload, "argv");

	if (!argv)
		return launch_script(call->arena, value_get_text(call->payload,
		                                                 "script", ""));
	const char **words =
	        arena_array(call->arena, argv->length + 1, sizeof(*words));
	for (size_t i = 0; i < argv->length; i++)
		words[i] = argv->items[i]->text;
	return words;
}

static int64_t command_longest_ms(const struct call *call)
{
	return call->timeout_ms ? call->timeout_ms : LAUNCH_MS;
}

static struct child *start(struct command *command, struct error *err)
{
	const struct call *call = command->call;
	const char *input = value_get_text(call->payload, "stdin", "");
	const struct value *const given[] = {
		variables_of(command),
		value_get(call->payload, "env"),
		keys_of(call),
	};
	struct proc proc = {
		.argv = argv_of(call),
		.env = launch_env(call->arena, command->at.out, given,
		                  ARRAY_LEN(given)),
		.dir = command->at.dir,
		.input = input,
		.input_len = strlen(input),
		.timeout_ms = command_longest_ms(call),
		.room = command->at.out,
		.sandbox = &command->sandbox,
	};

	return loop_start(command->loop, &proc, NULL, err);
}

/* ---- What came of it ----------------------------------------------------- */

/* What its marker says, as far as it says it: the rest of its output is lost.
 */
static struct value *result_of_marker(const struct call *call,
                                      const struct buf *said)
{
	auto_error struct error ignored = { 0 };
	struct arena *arena = call->arena;
	const struct value *payload = call->payload;
	bool json =
	        text_equal(value_get_text(payload, "format", "text"), "json");
	struct value *config = value_map(arena);
	struct value *value;

	if (json)
		value_map_text(arena, config, "format", "json");
	value = launch_output(arena, config, said, "", &ignored);
	if (!value)
		value = value_null(arena);
	if (!value_get(payload, "files"))
		return value;
	struct value *both = value_map(arena);
	value_map_set(arena, both, json ? "json" : "text", value);
	value_map_set(arena, both, "files", value_list(arena));
	return both;
}

static struct value *command_foretell(const struct call *call)
{
	auto_buf struct buf nothing = buf_make(1);

	return result_of_marker(call, &nothing);
}

static int is_done(const struct call *call, struct value *result,
                   struct reply *ret, struct error *err)
{
	error_clear(err);
	ret->kind = REPLY_DONE;
	ret->result = result;
	return marker_finish(call, result, err);
}

/* It did not say that it is done. */
static int judge_failure(const struct call *call, enum child_end end,
                         struct reply *ret, struct error *err)
{
	switch (end) {
	case CHILD_NOT_BEGUN:
		ret->kind = REPLY_REFUSED;
		break;
	case CHILD_EXITED:
		ret->kind = call->retries ? REPLY_UNSENT : REPLY_REFUSED;
		break;
	case CHILD_CUT_SHORT:
		break;
	}
	err->code = ERR_FAILED;
	return -1;
}

static int judge(struct command *command, struct child *child,
                 struct reply *ret, struct error *err)
{
	const struct call *call = command->call;
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf marker = buf_make(LIMIT_OUTPUT);
	enum child_end end = child_end_of(child);
	int rc = child_result(child, &output, err);
	struct value *result =
	        rc == 0 ? launch_output(call->arena, call->payload, &output,
	                                command->at.out, err)
	                : NULL;

	if (result)
		return is_done(call, result, ret, err);
	if (marker_read(call, &marker))
		return is_done(call, result_of_marker(call, &marker), ret, err);
	if (rc == 0)
		end = CHILD_CUT_SHORT; /* it is done, but what did it give? */
	return judge_failure(call, end, ret, err);
}

/* ---- Doing it ------------------------------------------------------------ */

static int enter(struct command *command, struct error *err)
{
	struct env *env = command->call->env;

	if (look_at_files(command, err) < 0 ||
	    checkouts_enter(env->checkouts, &command->view,
	                    loop_next_place(env->loop), &command->at, err) < 0)
		return -1;
	command->entered = true;
	command->loop = loop_open(1);
	open_sandbox(command);
	return marker_begin(command->call, err);
}

/* It stays where somebody can look at it. */
static int write_down(const struct call *call, struct reply *ret,
                      struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	const char *name = launch_kept_name(call->arena, "command", call->step,
	                                    call->item);

	ret->kind = REPLY_REFUSED;
	if (yaml_write(&text, call->payload, err) < 0 ||
	    file_replace(arena_printf(call->arena, "%s/outbox/%s.yaml",
	                              call->env->work_dir, name),
	                 text.at, text.len, 0644, err) < 0)
		return -1;
	ret->kind = REPLY_DONE;
	ret->result = command_foretell(call);
	return 0;
}

static int command_perform(const struct call *call, struct reply *ret,
                           struct error *err)
{
	CLEANUP(command_clear)
	struct command command = { .call = call, .sandbox = { .rules = -1 } };
	struct child *ended;

	if (call->env->trying)
		return write_down(call, ret, err);
	if (enter(&command, err) < 0) {
		/* What is wrong with its files stays wrong. */
		if (err->code != ERR_SYSTEM)
			ret->kind = REPLY_REFUSED;
		return -1;
	}
	if (!start(&command, err)) {
		auto_error struct error ignored = { 0 };
		if (marker_intend(call, &ignored) < 0)
			error_clear(&ignored);
		return -1;
	}
	if (loop_wait(command.loop, -1, &ended, err) < 0)
		return -1;
	auto_child struct child *child = ended;
	return judge(&command, child, ret, err);
}

static int command_prepare(const struct call *call, struct error *err)
{
	return call->env->trying ? 0 : marker_intend(call, err);
}

static int command_verify(const struct call *call, enum finding *ret,
                          struct value **ret_result, struct error *err)
{
	auto_buf struct buf marker = buf_make(LIMIT_OUTPUT);
	enum mark mark;

	*ret = FOUND_NOTHING;
	if (marker_look(call, &mark, ret_result, err) < 0)
		return -1;
	if (mark == MARK_INTENDED)
		*ret = FOUND_NOT_DONE;
	if (mark == MARK_BEGUN && marker_read(call, &marker)) {
		*ret_result = result_of_marker(call, &marker);
		mark = MARK_DONE;
	}
	if (mark == MARK_DONE)
		*ret = FOUND_DONE;
	return 0;
}

/* ---- For people ---------------------------------------------------------- */

static const char *command_describe(struct arena *arena,
                                    const struct value *with)
{
	const struct value *argv = value_get(with, "argv");
	const char *script = value_get_text(with, "script", "?");
	const char *words = "";

	if (!argv)
		return arena_printf(arena, "run: %.*s",
		                    (int)strcspn(script, "\n"), script);
	if (argv->kind != VALUE_LIST)
		return arena_printf(arena, "run %s", launch_word(arena, argv));
	for (size_t i = 0; i < argv->length; i++)
		words = arena_printf(arena, "%s %s", words,
		                     launch_word(arena, argv->items[i]));
	return arena_printf(arena, "run%s", words);
}

const struct connector local_run = {
	.effect = {
	        .name = LOCAL,
	        .class = EFFECT_CLIENT,
	        .help = "a command that changes this machine (run with effect)",
	        .fields = fields,
	        .results = no_results,
	        .command = true,
	        .shape = launch_shape,
	        .describe = command_describe,
	        .verb = "run",
	        .things = "commands",
	},
	.longest_ms = command_longest_ms,
	.freeze = local_freeze,
	.prepare = command_prepare,
	.perform = command_perform,
	.verify = command_verify,
	.foretell = command_foretell,
};

const struct connector net_run = {
	.effect = {
	        .name = NET,
	        .class = EFFECT_CLIENT,
	        .help = "a command that uses the network (run with network)",
	        .fields = fields,
	        .results = no_results,
	        .command = true,
	        .shape = launch_shape,
	        .describe = command_describe,
	        .verb = "run",
	        .things = "commands",
	},
	.longest_ms = command_longest_ms,
	.freeze = net_freeze,
	.prepare = command_prepare,
	.perform = command_perform,
	.verify = command_verify,
	.foretell = command_foretell,
};
