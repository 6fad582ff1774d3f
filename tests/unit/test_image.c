#include "tests/unit/unit.h"

#include "engine/cycle/engine.h"
#include "engine/job/cron.h"
#include "engine/job/image.h"
#include "engine/job/layout.h"
#include "store/base/limits.h"

/* Everything that a job can point to. */
static const char rich[] =
        "version: 1\n"
        "name: rich\n"
        "title: \"For {{brief.name}}\"\n"
        "description: all there is\n"
        "on:\n"
        "  commit: { paths: [\"in/*.yaml\", \"also/*.yaml\"], with: "
        "{ brief: \"{{trigger.path}}\" } }\n"
        "  event: { type: deal.won, where: event.n > 3, batch: "
        "{ cron: \"0 7 1 * *\", max: 5 }, with: { brief: x } }\n"
        "  schedule: { cron: \"*/5 8-18 * * mon-fri\", timezone: "
        "Europe/Berlin, with: { brief: x } }\n"
        "  manual: true\n"
        "end_on:\n"
        "  - { event: deal.lost, where: event.brief = inputs.brief }\n"
        "inputs:\n"
        "  brief: { type: path, required: true }\n"
        "  tone: { type: string, default: warm, enum: [warm, plain] }\n"
        "may: { email.send: 2 }\n"
        "publish: merge\n"
        "outputs: { text: \"{{draft}}\" }\n"
        "steps:\n"
        "  - id: brief\n"
        "    read: { path: \"{{inputs.brief}}\", expect: "
        "{ name: string, client: slug } }\n"
        "  - id: sums\n"
        "    let:\n"
        "      a: coalesce(brief.name, 'x') || 'y'\n"
        "      b: a || inputs.tone\n"
        "  - id: draft\n"
        "    if: has(brief.name) and sums.a <> 'z'\n"
        "    run: { argv: [echo, \"{{brief.name}}\"], reads: [] }\n"
        "    env: { A: \"{{brief.client}}\" }\n"
        "    artifact: \"out/{{brief.client}}.txt\"\n"
        "    checks: { \"is not empty\": length(draft) > 0 }\n"
        "    retry: { max: 3, delay: 2s }\n"
        "    timeout: 5m\n"
        "  - id: each\n"
        "    for_each: { n: \"{{brief.list}}\" }\n"
        "    key: \"{{n.id}}\"\n"
        "    steps:\n"
        "      - { id: one, let: { x: n.id || 'x' } }\n"
        "      - { id: two, needs: [one], let: { y: one.x || 'y' } }\n"
        "  - { id: review, gate: { title: \"{{brief.name}}\" } }\n"
        "  - id: send\n"
        "    call: email.send\n"
        "    with: { to: a@b.example, subject: s, text: \"{{draft}}\" }\n"
        "    once: \"mail {{brief.client}}\"\n";

struct parsed {
	struct arena arena;
	struct language language;
	const struct job *job;
};

static const struct job *no_other(void *state, const char *name,
                                  struct errors *errors)
{
	(void)state, (void)name, (void)errors;
	return NULL;
}

static void parse(struct parsed *parsed, const char *text)
{
	auto_errors struct errors errors = { 0 };

	*parsed = (struct parsed){ .language = engine_language() };
	parsed->job = job_parse(&parsed->arena, "jobs/rich.yaml", text,
	                        strlen(text), &parsed->language, &errors);
	if (!parsed->job)
		fail_msg("%u:%u: %s", errors.items[0].pos.line,
		         errors.items[0].pos.column, errors.items[0].message);
	parsed->job =
	        job_link(&parsed->arena, parsed->job, no_other, NULL, &errors);
	assert_non_null(parsed->job);
}

static void parsed_clear(struct parsed *parsed)
{
	arena_clear(&parsed->arena);
}

#define auto_parsed CLEANUP(parsed_clear)

static const struct hash stamp = { 1, 2 };

/* The image of a job whose arena is gone when this returns. */
static struct buf image_of(const char *text)
{
	auto_parsed struct parsed parsed;
	struct buf bytes = buf_make(LIMIT_JOB_IMAGE);

	parse(&parsed, text);
	image_write(parsed.job, &stamp, &bytes);
	assert_false(bytes.over);
	return bytes;
}

/* ---- Layouts ------------------------------------------------------------- */

enum {
	MOST_LAYOUTS = 64,
	MOST_BYTES = 1024
};

struct layouts {
	const struct layout *list[MOST_LAYOUTS];
	size_t count;
};

static void add_layout(struct layouts *layouts, const struct layout *layout)
{
	for (size_t i = 0; i < layouts->count; i++)
		if (layouts->list[i] == layout)
			return;
	assert_in_range(layouts->count, 0, MOST_LAYOUTS - 1);
	layouts->list[layouts->count++] = layout;
}

static void add_values(struct layouts *layouts)
{
	for (int kind = VALUE_NULL; kind <= VALUE_MAP; kind++) {
		const struct value value = { .kind = (enum value_kind)kind };

		add_layout(layouts, layout_value.choose(&value));
	}
}

/* No room for a pointer is left that no row tells of; the first bytes of a
 * value are bits, which no row can name. */
static void assert_covered(const struct layout *layout, size_t from)
{
	unsigned char covered[MOST_BYTES] = { 0 };
	size_t gap = 0;

	assert_in_range(layout->size, 1, MOST_BYTES);
	for (const struct layout_row *row = layout->rows;
	     row->kind != LAYOUT_END; row++)
		memset(covered + row->at, 1,
		       row->kind == LAYOUT_PLAIN ? row->size : sizeof(void *));
	for (size_t i = from; i < layout->size; i++) {
		gap = covered[i] ? 0 : gap + 1;
		if (gap >= sizeof(void *))
			fail_msg("a struct of %zu bytes has a member at %zu "
			         "without a row",
			         layout->size, i + 1 - gap);
	}
}

static void test_image__knows_each_member_of_each_struct(void **state)
{
	struct layouts layouts = { 0 };

	UNUSED_STATE(state);
	add_layout(&layouts, &layout_job);
	add_values(&layouts);
	for (size_t i = 0; i < layouts.count; i++) {
		const struct layout *layout = layouts.list[i];

		assert_covered(layout, 0);
		for (const struct layout_row *row = layout->rows;
		     row->kind != LAYOUT_END; row++)
			if (row->of)
				add_layout(&layouts, row->of);
	}
	/* Those of the value's kinds, of what is private, of them all. */
	assert_in_range(layouts.count, 20, MOST_LAYOUTS);
}

/* ---- There and back ------------------------------------------------------ */

static void test_image__of_an_image_is_the_same(void **state)
{
	struct language language = engine_language();
	auto_buf struct buf first = image_of(rich);
	auto_buf struct buf second = buf_make(LIMIT_JOB_IMAGE);
	auto_buf struct buf copy = buf_make(LIMIT_JOB_IMAGE);

	UNUSED_STATE(state);
	buf_add(&copy, first.at, first.len);
	auto_image struct image *image = image_open(&copy, &stamp, &language);
	assert_non_null(image);
	assert_int_equal(copy.len, 0);
	image_write(image_job(image), &stamp, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.at, second.at, first.len);
}

static const struct trigger *trigger_of(const struct job *job,
                                        enum trigger_kind kind)
{
	size_t at = 0;

	while (at + 1 < job->trigger_count && job->triggers[at].kind != kind)
		at++;
	assert_int_equal(job->triggers[at].kind, kind);
	return &job->triggers[at];
}

static void test_image__has_what_the_job_has(void **state)
{
	struct language language = engine_language();
	auto_buf struct buf bytes = image_of(rich);
	auto_image struct image *image = image_open(&bytes, &stamp, &language);

	UNUSED_STATE(state);
	assert_non_null(image);
	const struct job *job = image_job(image);
	assert_string_equal(job->name, "rich");
	assert_string_equal(job->title->text, "For {{brief.name}}");
	assert_int_equal(job->trigger_count, 4);
	const struct trigger *commit = trigger_of(job, TRIGGER_COMMIT);
	assert_string_equal(commit->paths[1], "also/*.yaml");
	assert_string_equal(value_get_text(commit->with, "brief", ""),
	                    "{{trigger.path}}");
	assert_int_equal(trigger_of(job, TRIGGER_EVENT)->cron->hours, 1u << 7);
	assert_string_equal(trigger_of(job, TRIGGER_SCHEDULE)->timezone,
	                    "Europe/Berlin");
	assert_int_equal(job->step_count, 8);
	assert_true(job->linked);
	const struct step *two = job_step_from(job, 3, "two");
	assert_non_null(two);
	assert_ptr_equal(two->kind, language_kind(&language, "let"));
	assert_int_equal(two->waits_for[0], job_step(job, "one")->index);
	const struct step *draft = job_step(job, "draft");
	assert_ptr_equal(job_step(job, "none"), NULL);
	assert_int_equal(draft->retry.max, 3);
	assert_string_equal(draft->checks[0].message, "is not empty");
	assert_int_equal(draft->config->pos.line, 27);
}

static void test_image__evaluates_its_expressions(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	struct language language = engine_language();
	auto_buf struct buf bytes = image_of(rich);
	auto_image struct image *image = image_open(&bytes, &stamp, &language);
	struct value *scope = value_map(&arena);
	struct value *event = value_map(&arena);
	const struct trigger *trigger =
	        trigger_of(image_job(image), TRIGGER_EVENT);

	UNUSED_STATE(state);
	value_map_set(&arena, scope, "event", event);
	for (int64_t n = 2; n < 6; n++) {
		const struct render render = { .scope = scope, .strict = true };

		value_map_int(&arena, event, "n", n);
		assert_int_equal(expr_is_true(trigger->where, &render, &err),
		                 n > 3);
	}
}

static void test_image__finds_the_members_of_large_maps(void **state)
{
	struct language language = engine_language();
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);

	UNUSED_STATE(state);
	buf_add_text(&text, "version: 1\nname: rich\non: { manual: true }\n"
	                    "steps:\n  - id: many\n    let:\n");
	for (int i = 0; i < 300; i++)
		buf_printf(&text, "      n%d: \"%d\"\n", i, i);
	auto_buf struct buf bytes = image_of(text.at);
	auto_image struct image *image = image_open(&bytes, &stamp, &language);
	assert_non_null(image);
	const struct value *many = image_job(image)->steps[0].config;
	assert_int_equal(many->length, 300);
	for (int i = 0; i < 300; i++) {
		auto_free char *name = mem_printf("n%d", i);
		auto_free char *value = mem_printf("%d", i);

		assert_string_equal(value_get_text(many, name, ""), value);
	}
	assert_null(value_get(many, "n300"));
}

/* ---- What is no image ---------------------------------------------------- */

static bool opens(const char *bytes, size_t len, const struct hash *with)
{
	struct language language = engine_language();
	auto_buf struct buf copy = buf_make(LIMIT_JOB_IMAGE);

	buf_add(&copy, bytes, len);
	auto_image struct image *image = image_open(&copy, with, &language);
	return image;
}

static void test_image__with_a_wrong_byte_is_none(void **state)
{
	auto_buf struct buf bytes = image_of("version: 1\nname: rich\n"
	                                     "on: { manual: true }\nsteps:\n"
	                                     "  - { id: a, let: { b: 1 } }\n");

	UNUSED_STATE(state);
	assert_true(opens(bytes.at, bytes.len, &stamp));
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.at[i] = (char)(bytes.at[i] ^ 0x41);
		if (opens(bytes.at, bytes.len, &stamp))
			fail_msg("byte %zu of %zu", i, bytes.len);
		bytes.at[i] = (char)(bytes.at[i] ^ 0x41);
	}
	for (size_t len = 0; len < bytes.len; len += 7)
		assert_row(len, !opens(bytes.at, len, &stamp));
	buf_add_char(&bytes, '\0');
	assert_false(opens(bytes.at, bytes.len, &stamp));
}

static void test_image__of_something_else_is_none(void **state)
{
	auto_buf struct buf bytes = image_of(rich);
	const struct hash other = { 1, 3 };

	UNUSED_STATE(state);
	assert_false(opens(bytes.at, bytes.len, &other));
	assert_true(opens(bytes.at, bytes.len, &stamp));
}

static void test_image__that_is_too_long_is_not_written(void **state)
{
	auto_parsed struct parsed parsed;
	auto_buf struct buf whole = image_of(rich);

	UNUSED_STATE(state);
	parse(&parsed, rich);
	for (size_t max = 64; max < whole.len; max += whole.len / 20) {
		auto_buf struct buf bytes = buf_make(max);

		image_write(parsed.job, &stamp, &bytes);
		assert_row(max, bytes.over);
	}
}
