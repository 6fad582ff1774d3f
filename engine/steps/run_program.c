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
#include "engine/io/loop.h"
#include "engine/io/sandbox.h"
#include "engine/job/template.h"
#include "engine/steps/kinds.h"
#include "store/base/alloc.h"
#include "store/base/json.h"
#include "store/base/limits.h"
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
	{ .name = "network", .later = true, .help = "let it use the network" },
	{ .name = "effect", .later = true, .help = "it changes the world" },
	{ 0 },
};

static bool gives_json(const struct value *config)
{
	return text_equal(value_get_text(config, "format", "text"), "json");
}

static const struct shape *run_shape(struct workspace *workspace,
                                     const struct step *step,
                                     struct arena *arena)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	static const struct shape text = { .kind = SHAPE_TEXT };
	static const struct shape_field of_file[] = {
		{ .name = "path", .shape = &text },
		{ .name = "text", .shape = &text },
	};
	static const struct shape file = {
		.kind = SHAPE_MAP,
		.fields = of_file,
		.count = ARRAY_LEN(of_file),
	};
	static const struct shape files = { .kind = SHAPE_LIST, .item = &file };
	static const struct shape_field with_text[] = {
		{ .name = "files", .shape = &files },
		{ .name = "text", .shape = &text },
	};
	static const struct shape_field with_json[] = {
		{ .name = "files", .shape = &files },
		{ .name = "json", .shape = &any },
	};
	static const struct shape both[] = {
		{ .kind = SHAPE_MAP, .fields = with_text, .count = 2 },
		{ .kind = SHAPE_MAP, .fields = with_json, .count = 2 },
	};

	bool json = gives_json(step->config);

	(void)workspace;
	(void)arena;
	if (value_get(step->config, "files"))
		return &both[json];
	return json ? NULL : &text;
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

/* `key` as a list of patterns; NULL: absent. */
static const struct value *patterns_of(struct step_run *run, const char *key)
{
	struct value *given = value_get(run->config, key);

	if (!given || given->kind == VALUE_LIST)
		return given;
	struct value *list = value_list(run->arena);
	value_list_add(run->arena, list, given);
	return list;
}

/* Two sorted lists as one. */
static struct file_entry *merge(struct arena *arena, struct file_entry *a,
                                size_t *count, struct file_entry *b,
                                size_t more)
{
	size_t total = *count + more;
	struct file_entry *both = arena_array(arena, total, sizeof(*both));
	size_t at = 0;
	size_t i = 0;
	size_t k = 0;

	if (*count == 0) {
		*count = more;
		return b;
	}
	while (i < *count || k < more) {
		int order = i == *count ? 1
		            : k == more ? -1
		                        : strcmp(a[i].path, b[k].path);
		both[at++] = order <= 0 ? a[i] : b[k];
		i += order <= 0;
		k += order >= 0;
	}
	*count = at;
	return both;
}

/* files_list(), or files_names(). */
typedef int lister(struct files *files, struct arena *arena,
                   const char *pattern, struct file_entry **ret,
                   size_t *ret_count, struct error *err);

/* What fits one of the patterns, each file once, in the order of paths. */
static int list_files(struct step_run *run, struct files *files, lister *list,
                      const struct value *patterns, struct checkout_view *ret,
                      struct error *err)
{
	struct file_entry *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < patterns->length; i++) {
		struct file_entry *found;
		size_t more;
		if (list(files, run->arena, patterns->items[i]->text, &found,
		         &more, err) < 0)
			return -1;
		all = merge(run->arena, all, &count, found, more);
	}
	*ret = (struct checkout_view){ files, all, count };
	return 0;
}

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
	const struct value *reads = patterns_of(run, "reads");

	if (!reads) {
		struct value *all = value_list(run->arena);
		value_list_add(run->arena, all, value_string(run->arena, "**"));
		reads = all;
	}
	if (list_files(run, run->files, files_list, reads, &program->view,
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

static const char **script_argv(struct step_run *run, const char *script)
{
	const char *const words[] = { "sh", "-eu", "-c", script, NULL };
	const char **argv =
	        arena_array(run->arena, ARRAY_LEN(words), sizeof(*argv));

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		argv[i] = words[i];
	return argv;
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
		return script_argv(run,
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

/* What `env` declares, here and of the step, and what neither says. */
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
	struct value *all = value_map(run->arena);
	const struct value *given[] = {
		run->variables,
		value_get(run->config, "env"),
	};

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		value_map_text(run->arena, all, usual[i].name, usual[i].value);
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		for (size_t n = 0; given[i] && n < given[i]->length; n++)
			value_map_set(run->arena, all,
			              given[i]->members[n].name,
			              given[i]->members[n].value);
	const char **result =
	        arena_array(run->arena, all->length + 1, sizeof(*result));
	for (size_t i = 0; i < all->length; i++)
		result[i] = variable(run, &all->members[i]);
	return result;
}

/* ---- What it says -------------------------------------------------------- */

/* Its standard output, as its format has it; NULL with err. */
static struct value *output_of(struct step_run *run, const struct buf *output,
                               struct error *err)
{
	size_t len = output->len;

	if (!utf8_valid(output->at, len)) {
		step_error(run, err, "its output is not valid UTF-8");
		return NULL;
	}
	if (gives_json(run->config))
		return json_parse(run->arena, "its output", output->at, len,
		                  err);
	while (len && output->at[len - 1] == '\n')
		len--;
	return value_bytes(run->arena, output->at, len);
}

/* One file that it has left: { path, text }. */
static struct value *file_of(struct step_run *run, struct files *files,
                             const char *path, struct buf *bytes,
                             struct error *err)
{
	size_t before = bytes->len;
	struct value *file = value_map(run->arena);

	if (files_read(files, path, bytes, NULL, err) < 0)
		return NULL;
	if (!utf8_valid(bytes->at + before, bytes->len - before)) {
		step_error(run, err,
		           "the file \"%s\" that it has left is not valid "
		           "UTF-8",
		           path);
		return NULL;
	}
	value_map_text(run->arena, file, "path", path);
	value_map_set(run->arena, file, "text",
	              value_bytes(run->arena, bytes->at + before,
	                          bytes->len - before));
	return file;
}

/* The `files` of its folder, as long together as an output may be. */
static struct value *files_of(struct step_run *run, const char *out,
                              struct error *err)
{
	auto_files struct files *files = files_from_dir(out);
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct value *list = value_list(run->arena);
	struct checkout_view left;

	if (list_files(run, files, files_names, patterns_of(run, "files"),
	               &left, err) < 0)
		return NULL;
	for (size_t i = 0; i < left.count; i++) {
		const char *path = left.entries[i].path;
		if (text_starts(path, "tmp/"))
			continue;
		struct value *file = file_of(run, files, path, &bytes, err);
		if (!file)
			return NULL;
		value_list_add(run->arena, list, file);
	}
	return list;
}

static int take_output(struct step_run *run, const struct buf *output,
                       struct error *err)
{
	const struct program *program = run->prepared;
	struct value *said = output_of(run, output, err);

	run->output = said;
	if (!said || !value_get(run->config, "files"))
		return said ? 0 : -1;
	struct value *files = files_of(run, program->at.out, err);
	if (!files)
		return -1;
	run->output = value_map(run->arena);
	value_map_set(run->arena, run->output,
	              gives_json(run->config) ? "json" : "text", said);
	value_map_set(run->arena, run->output, "files", files);
	return 0;
}

/* ---- From its beginning to its end --------------------------------------- */

/* As what it is kept when it fails: a single name. */
static const char *kept_name(struct step_run *run)
{
	char *name =
	        arena_printf(run->arena, "%s-%s%s%s", run->run->id,
	                     run->step->id, *run->item ? "-" : "", run->item);
	const size_t longest = 200;

	for (char *at = name; (at = strchr(at, '/'));)
		*at = '-';
	if (strlen(name) > longest)
		name[longest] = '\0';
	return name;
}

static int launch(struct step_run *run, const struct workplace *at,
                  struct error *err)
{
	const char *input = value_get_text(run->config, "stdin", "");
	int64_t timeout_ms = run->step->timeout_ms;
	const char **argv = argv_of(run, at->out, err);

	if (!argv)
		return -1;
	struct proc proc = {
		.argv = argv,
		.env = env_of(run, at->out),
		.dir = at->dir,
		.input = input,
		.input_len = strlen(input),
		.timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS,
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
	.shape = run_shape,
	.prepare = run_prepare,
	.start = run_start,
	.begin = run_begin,
	.finish = run_finish,
};
