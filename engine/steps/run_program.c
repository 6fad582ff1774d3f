/*
 * run: a program of the owner's, over the run's files.
 *
 * It starts in a checkout, under .reeve/checkout/, of the files that it `reads`
 * (all of them when that is not said); they are write-protected, and
 * removed afterwards unless the program failed, for the owner to look at. Its
 * environment is what `env` declares, with a PATH, LANG and REEVE_OUT, a fresh
 * folder that is the one place to write to. That is its HOME too, and has a
 * tmp in it for TMPDIR. Its standard output is the result.
 *
 * It runs in a sandbox: it sees the checkout and the system's programs, no
 * other file and no network, and leaves no process behind. How much of that
 * this machine can do is part of the record.
 */
#include <string.h>

#include "engine/io/loop.h"
#include "engine/io/sandbox.h"
#include "engine/steps/kinds.h"
#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/path.h"
#include "store/base/text.h"

#define TIMEOUT_MS  600000
#define SYSTEM_PATH "/usr/local/bin:/usr/bin:/bin"

static const char *const formats_of_output[] = { "text", "json", NULL };

static const struct field run_fields[] = {
	{
	        .name = "argv",
	        .type = FIELD_TEMPLATES,
	        .help = "a program and its arguments, started without a shell",
	        .example = "[wc, -l, \"{{inputs.file}}\"]",
	},
	{
	        .name = "script",
	        .type = FIELD_TEXT,
	        .help = "lines for sh; it holds no tags, values come by env "
	                "and stdin",
	        .example = "sort -u",
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
	        .help = "a map of variables, its whole environment",
	        .example = "{ RATE: \"{{brief.day_rate}}\" }",
	},
	{
	        .name = "stdin",
	        .type = FIELD_TEMPLATE,
	        .help = "what it reads from its standard input",
	},
	{
	        .name = "format",
	        .type = FIELD_WORD,
	        .words = formats_of_output,
	        .otherwise = "text",
	        .help = "how its standard output is read",
	},
	{
	        .name = "pure",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "its output is a function of what it is given, so it "
	                "is as settled as that",
	},
	{ .name = "network", .later = true, .help = "let it use the network" },
	{ .name = "effect", .later = true, .help = "it changes the world" },
	{ 0 },
};

static const struct shape *run_shape(struct workspace *workspace,
                                     const struct step *step,
                                     struct arena *arena)
{
	static const struct shape text = { .kind = SHAPE_TEXT };

	(void)workspace;
	(void)arena;
	return text_equal(value_get_text(step->config, "format", "text"),
	                  "json")
	               ? NULL
	               : &text;
}

/* ---- What it sees -------------------------------------------------------- */

struct sight {
	struct file_entry *entries;
	size_t count;
};

/* `reads` as a list of patterns. */
static struct value *patterns_of(struct step_run *run)
{
	struct value *reads = value_get(run->config, "reads");
	struct value *list = value_list(run->arena);

	if (reads && reads->kind == VALUE_LIST)
		return reads;
	value_list_add(run->arena, list,
	               reads ? reads : value_string(run->arena, "**"));
	return list;
}

static int run_prepare(struct step_run *run, struct error *err)
{
	struct sight *sight = arena_new(run->arena, struct sight);
	const struct value *patterns = patterns_of(run);

	for (size_t i = 0; i < patterns->length; i++) {
		struct file_entry *found;
		size_t count;
		if (files_list(run->files, run->arena, patterns->items[i]->text,
		               &found, &count, err) < 0)
			return -1;
		for (size_t n = 0; n < count; n++) {
			sight->entries = arena_grow(run->arena, sight->entries,
			                            sight->count,
			                            sizeof(*sight->entries));
			sight->entries[sight->count++] = found[n];
			step_ingredient_file(run, "files", found[n].path,
			                     &found[n].oid);
		}
	}
	run->prepared = sight;
	return 0;
}

/* ---- Where it runs ------------------------------------------------------- */

static int check_out(struct step_run *run, const struct sight *sight,
                     const char *dir, struct error *err)
{
	if (dir_make(dir, err) < 0)
		return -1;
	for (size_t i = 0; i < sight->count; i++) {
		const char *path = sight->entries[i].path;
		auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
		auto_free char *full = mem_printf("%s/%s", dir, path);
		if (path_check(path, err) < 0)
			return -1;
		if (files_read(run->files, path, &bytes, NULL, err) < 0 ||
		    file_replace(full, bytes.at, bytes.len, 0444, err) < 0)
			return -1;
	}
	return 0;
}

/* The program's argument vector, or NULL with err. */
static const char **argv_of(struct step_run *run, struct error *err)
{
	const struct value *argv = value_get(run->config, "argv");
	const char *script = value_get_text(run->config, "script", NULL);
	size_t count = argv && argv->kind == VALUE_LIST ? argv->length : 1;
	const char **result =
	        arena_array(run->arena, count + 5, sizeof(*result));

	if (!argv == !script) {
		step_error(run, err, "run takes either argv or script");
		return NULL;
	}
	if (script) {
		result[0] = "sh";
		result[1] = "-eu";
		result[2] = "-c";
		result[3] = script;
		return result;
	}
	for (size_t i = 0; i < count; i++) {
		const struct value *word =
		        argv->kind == VALUE_LIST ? argv->items[i] : argv;
		if (word->kind != VALUE_STRING && word->kind != VALUE_NUMBER) {
			step_error(run, err, "argument %zu of argv is a %s", i,
			           value_kind_name(word->kind));
			return NULL;
		}
		result[i] = word->text;
	}
	return result;
}

static const char *variable(struct step_run *run, const struct member *member)
{
	const struct value *value = member->value;

	switch (value->kind) {
	case VALUE_STRING:
	case VALUE_NUMBER:
		return arena_printf(run->arena, "%s=%s", member->name,
		                    value->text);
	case VALUE_BOOL:
		return arena_printf(run->arena, "%s=%s", member->name,
		                    value->boolean ? "true" : "false");
	case VALUE_NULL:
		return arena_printf(run->arena, "%s=", member->name);
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return arena_printf(run->arena, "%s=%s", member->name,
	                    json_canonical(run->arena, value));
}

/* What `env` declares, and what it does not say otherwise. */
static const char **env_of(struct step_run *run, const char *out)
{
	const struct {
		const char *name, *value;
	} usual[] = {
		{ "PATH", SYSTEM_PATH },
		{ "LANG", "C.UTF-8" },
		{ "HOME", out },
		{ "TMPDIR", arena_printf(run->arena, "%s/tmp", out) },
		{ "REEVE_OUT", out },
	};
	const struct value *env = value_get(run->config, "env");
	size_t given = env && env->kind == VALUE_MAP ? env->length : 0;
	const char **result = arena_array(
	        run->arena, given + ARRAY_LEN(usual) + 1, sizeof(*result));
	size_t count = 0;

	for (size_t i = 0; i < given; i++)
		result[count++] = variable(run, &env->members[i]);
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (!value_get(env, usual[i].name))
			result[count++] =
			        arena_printf(run->arena, "%s=%s", usual[i].name,
			                     usual[i].value);
	return result;
}

/* ---- What it says -------------------------------------------------------- */

static int take_output(struct step_run *run, const struct buf *output,
                       struct error *err)
{
	size_t len = output->len;

	if (!utf8_valid(output->at, len))
		return step_error(run, err, "its output is not valid UTF-8");
	if (text_equal(value_get_text(run->config, "format", "text"), "json")) {
		run->output = json_parse(run->arena, "its output", output->at,
		                         len, err);
		return run->output ? 0 : -1;
	}
	while (len && output->at[len - 1] == '\n')
		len--;
	run->output = value_bytes(run->arena, output->at, len);
	return 0;
}

/* Leaves what it ran in to be explained. */
static int run_isolated(struct step_run *run, struct proc *proc,
                        const char *out, struct buf *output, struct error *err)
{
	struct sandbox sandbox CLEANUP(sandbox_close) = { .rules = -1 };
	auto_loop struct loop *loop = loop_open(1);
	struct child *started;

	sandbox_open(&sandbox, proc->dir, out);
	proc->sandbox = &sandbox;
	started = loop_start(loop, proc, NULL, err);
	proc->sandbox = NULL;
	if (!started || loop_wait(loop, -1, &started, err) < 0)
		return -1;
	auto_child struct child *child = started;
	run->record = value_map(run->arena);
	value_map_text(run->arena, run->record, "isolation",
	               sandbox_text(run->arena, child_layers(child)));
	return child_result(child, output, err);
}

/* What cannot be removed is the program's doing, and ends the step alone. */
static int clean_up(const char *dir, const char *out, struct error *err)
{
	if (dir_remove(dir, err) == 0 && dir_remove(out, err) == 0)
		return 0;
	err->code = ERR_FAILED;
	return -1;
}

static int run_start(struct step_run *run, struct error *err)
{
	const struct sight *sight = run->prepared;
	const char *input = value_get_text(run->config, "stdin", "");
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	const char **argv = argv_of(run, err);

	if (!argv)
		return -1;
	/* Named by the step, not by the tree: it is removed afterwards. */
	const char *dir =
	        arena_printf(run->arena, "%s/checkout/%s-%s",
	                     run->env->state_dir, run->run->id, run->step->id);
	const char *out = arena_printf(run->arena, "%s.out", dir);
	const char *tmp = arena_printf(run->arena, "%s/tmp", out);
	if (clean_up(dir, out, err) < 0 || dir_make(tmp, err) < 0 ||
	    check_out(run, sight, dir, err) < 0)
		return -1;
	struct proc proc = {
		.argv = argv,
		.env = env_of(run, out),
		.dir = dir,
		.input = input,
		.input_len = strlen(input),
		.timeout_ms = TIMEOUT_MS,
	};
	if (run_isolated(run, &proc, out, &output, err) < 0 ||
	    clean_up(dir, out, err) < 0)
		return -1;
	return take_output(run, &output, err);
}

const struct step_kind step_run_program = {
	.name = "run",
	.help = "a program over the run's files",
	.flags = KIND_COMPUTES | KIND_UNSEEN | KIND_ARTIFACT | KIND_TRIES,
	.format = 1,
	.fields = run_fields,
	.shape = run_shape,
	.prepare = run_prepare,
	.start = run_start,
};
