/*
 * run: a program of the owner's, over the run's files.
 *
 * It starts in a checkout (engine/io/checkout.h) of the files that it `reads`,
 * all of them when that is not said. Its environment is what `env` declares,
 * with a PATH, LANG and REEVE_OUT, an empty folder that is the one place to
 * write to. That is its HOME too, and has a tmp in it for TMPDIR. Its standard
 * output is the result, with the `files` of that folder that it is to give.
 *
 * It runs in a sandbox: it sees the checkout and the system's programs, no
 * other file and no network, and leaves no process behind. How much of that
 * this machine can do is part of the record.
 *
 * `{{out}}` in its arguments is the folder. It is known only when the program
 * begins and is nothing that the result depends on, so the key has the words as
 * they are and says which of them have the tag.
 */
#include <string.h>

#include "engine/io/checkout.h"
#include "engine/io/launch.h"
#include "engine/io/loop.h"
#include "engine/io/sandbox.h"
#include "engine/job/template.h"
#include "engine/steps/kinds.h"
#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

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
	        .help = "a map of variables, its whole environment, with the "
	                "step's own",
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
	{
	        .name = "files",
	        .type = FIELD_TEXTS,
	        .help = "patterns of the files in REEVE_OUT that it gives; its "
	                "output is then a map of text (or json) and files, "
	                "a list of path and text",
	        .example = "[\"*.csv\"]",
	},
	{
	        .name = "network",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "it may use the network: then it is the effect "
	                "net.run",
	},
	{
	        .name = "effect",
	        .type = FIELD_BOOL,
	        .otherwise = "false",
	        .help = "it changes the world, and may do what its owner may: "
	                "then it is the effect local.run, or net.run",
	},
	{ 0 },
};

static const struct shape *run_shape(struct workspace *workspace,
                                     const struct step *step,
                                     struct arena *arena)
{
	(void)workspace;
	(void)arena;
	return launch_shape(step->config);
}

static bool says(const struct value *config, const char *key)
{
	return value_get_bool(config, key, false);
}

static const char *const effect_keys[] = { "effect", "network", "pure", NULL };

static const char *run_effect(const struct value *config)
{
	if (says(config, "network"))
		return "net.run";
	return says(config, "effect") ? "local.run" : NULL;
}

static void run_check(const struct value *config, const char *file,
                      struct errors *errors)
{
	bool argv = value_get(config, "argv");
	const struct value *env = value_get(config, "env");

	if (argv == (value_get(config, "script") != NULL))
		errors_add(errors, ERR_CONFIG, file, config->pos,
		           argv ? "run takes argv or script, not both"
		                : "run takes argv or script");
	if (says(config, "pure") && run_effect(config))
		error_hint(errors_add(errors, ERR_CONFIG, file,
		                      value_get(config, "pure")->pos,
		                      "a program that is the effect %s is not "
		                      "pure",
		                      run_effect(config)),
		           "Leave \"pure\" out: what an effect gives is as "
		           "unseen as the world.");
	if (env && env->kind != VALUE_MAP)
		errors_add(errors, ERR_CONFIG, file, env->pos,
		           "\"env\" must be a map of variables, not a %s",
		           value_kind_name(env->kind));
}

/* ---- What it sees -------------------------------------------------------- */

#define OUT     "out" /* the name of its folder, in tags */
#define OUT_TAG "{{out}}"

/* From prepare to finish. */
struct program {
	struct checkout_view view;
	bool *has_out; /* by argument: it has the tag */
	struct workplace at;
};

/* Whether the tag `out` is in a word of the job. */
static int names_out(struct step_run *run, const struct value *word, bool *ret,
                     struct error *err)
{
	struct template *template;
	const struct name_use *uses;
	size_t count;

	*ret = false;
	if (word->kind != VALUE_STRING || !strstr(word->text, "{{") ||
	    !strstr(word->text, OUT))
		return 0;
	template = template_parse(run->arena, run->step->path, word, err);
	if (!template)
		return -1;
	template_names(template, &uses, &count);
	for (size_t i = 0; i < count; i++)
		*ret |= text_equal(uses[i].name, OUT);
	return 0;
}

/* A value could look like the tag: which words have it is in the key. */
static int find_out(struct step_run *run, struct program *program,
                    struct error *err)
{
	const struct value *argv = value_get(run->step->config, "argv");
	bool is_list = argv && argv->kind == VALUE_LIST;
	size_t count = is_list ? argv->length : argv != NULL;
	struct value *places = value_list(run->arena);

	program->has_out = arena_array(run->arena, count + 1, sizeof(bool));
	for (size_t i = 0; i < count; i++) {
		bool *has = &program->has_out[i];
		if (names_out(run, is_list ? argv->items[i] : argv, has, err) <
		    0)
			return -1;
		if (*has)
			value_list_add(run->arena, places,
			               value_int(run->arena, (int64_t)i));
	}
	if (places->length)
		value_map_set(run->arena, run->ingredients, OUT, places);
	return 0;
}

static int run_prepare(struct step_run *run, struct error *err)
{
	struct program *program = arena_new(run->arena, struct program);

	if (launch_files(run->arena, run->files,
	                 value_get(run->config, "reads"), &program->view,
	                 err) < 0 ||
	    find_out(run, program, err) < 0)
		return -1;
	for (size_t i = 0; i < program->view.count; i++)
		step_ingredient_file(run, "files",
		                     program->view.entries[i].path,
		                     &program->view.entries[i].oid);
	if (run->variables)
		value_map_set(run->arena, run->ingredients, "env",
		              value_copy(run->arena, run->variables));
	run->prepared = program;
	return 0;
}

/* ---- What it is started with --------------------------------------------- */

/* The word with the folder in the place of the tag. */
static const char *put_out(struct step_run *run, const char *word,
                           const char *out)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);

	for (const char *tag; (tag = strstr(word, OUT_TAG));
	     word = tag + strlen(OUT_TAG)) {
		buf_add(&text, word, (size_t)(tag - word));
		buf_add_text(&text, out);
	}
	buf_add_text(&text, word);
	return arena_strndup(run->arena, text.at, text.len);
}

/* The program's argument vector, or NULL with err. */
static const char **argv_of(struct step_run *run, const char *out,
                            struct error *err)
{
	const struct program *program = run->prepared;
	const struct value *argv = value_get(run->config, "argv");
	bool is_list = argv && argv->kind == VALUE_LIST;
	size_t count = is_list ? argv->length : 1;

	if (!argv)
		return launch_script(run->arena,
		                     value_get_text(run->config, "script", ""));
	const char **result =
	        arena_array(run->arena, count + 1, sizeof(*result));
	for (size_t i = 0; i < count; i++) {
		const struct value *word = is_list ? argv->items[i] : argv;
		if (word->kind != VALUE_STRING && word->kind != VALUE_NUMBER) {
			step_error(run, err, "argument %zu of argv is a %s", i,
			           value_kind_name(word->kind));
			return NULL;
		}
		result[i] = program->has_out[i] ? put_out(run, word->text, out)
		                                : word->text;
	}
	if (count == 0 || !*result[0]) {
		step_error(run, err, "argv names no program");
		return NULL;
	}
	return result;
}

/* ---- What it says -------------------------------------------------------- */

/* Where the step stands, for an error that has no place of its own. */
static int at_step(struct step_run *run, struct error *err)
{
	auto_error struct error reason = { 0 };

	if (err->file || err->code != ERR_FAILED)
		return -1;
	error_move(&reason, err);
	return step_error(run, err, "%s", reason.message);
}

static int take_output(struct step_run *run, const struct buf *output,
                       struct error *err)
{
	const struct program *program = run->prepared;

	run->output = launch_output(run->arena, run->config, output,
	                            program->at.out, err);
	return run->output ? 0 : at_step(run, err);
}

/* ---- From its beginning to its end --------------------------------------- */

static const char *kept_name(struct step_run *run)
{
	return launch_kept_name(run->arena, run->run->id, run->step->id,
	                        run->item);
}

static int launch(struct step_run *run, const struct workplace *at,
                  struct error *err)
{
	const char *input = value_get_text(run->config, "stdin", "");
	int64_t timeout_ms = run->step->timeout_ms;
	const struct value *const given[] = {
		run->variables,
		value_get(run->config, "env"),
	};
	const char **argv = argv_of(run, at->out, err);

	if (!argv)
		return -1;
	struct proc proc = {
		.argv = argv,
		.env = launch_env(run->arena, at->out, given, ARRAY_LEN(given)),
		.dir = at->dir,
		.input = input,
		.input_len = strlen(input),
		.timeout_ms = timeout_ms ? timeout_ms : LAUNCH_MS,
		.room = at->out,
		.sandbox = at->sandbox,
	};
	run->child = loop_start(run->env->loop, &proc, NULL, err);
	return run->child ? 0 : -1;
}

static int run_begin(struct step_run *run, struct error *err)
{
	struct program *program = run->prepared;
	struct env *env = run->env;
	auto_error struct error ignored = { 0 }; /* the first is told */

	if (checkouts_forget(env->checkouts, kept_name(run), err) < 0 ||
	    checkouts_enter(env->checkouts, &program->view,
	                    loop_next_place(env->loop), &program->at, err) < 0)
		return -1;
	int rc = launch(run, &program->at, err);
	if (rc < 0 &&
	    checkouts_leave(env->checkouts, &program->at, NULL, &ignored) < 0)
		error_clear(&ignored);
	return rc;
}

static int run_finish(struct step_run *run, struct error *err)
{
	const struct program *program = run->prepared;
	auto_child struct child *child = steal(&run->child);
	auto_buf struct buf output = buf_make(LIMIT_OUTPUT);
	auto_error struct error ignored = { 0 }; /* the first is told */

	run->record = value_map(run->arena);
	value_map_text(run->arena, run->record, "isolation",
	               sandbox_text(run->arena, child_layers(child)));
	int rc = child_result(child, &output, err);
	if (rc == 0)
		rc = take_output(run, &output, err);
	int left = checkouts_leave(run->env->checkouts, &program->at,
	                           rc < 0 ? kept_name(run) : NULL,
	                           rc < 0 ? &ignored : err);
	return rc < 0 ? rc : left;
}

/* While nothing else runs. */
static int run_start(struct step_run *run, struct error *err)
{
	if (run_begin(run, err) < 0 ||
	    loop_wait(run->env->loop, -1, &run->child, err) < 0)
		return -1;
	return run_finish(run, err);
}

const struct step_kind step_run_program = {
	.name = "run",
	.help = "a program over the run's files",
	.flags = KIND_COMPUTES | KIND_UNSEEN | KIND_ARTIFACT | KIND_TRIES,
	.format = 1,
	.fields = run_fields,
	.own = OUT,
	.check = run_check,
	.effect = run_effect,
	.effect_keys = effect_keys,
	.shape = run_shape,
	.prepare = run_prepare,
	.start = run_start,
	.begin = run_begin,
	.finish = run_finish,
};
