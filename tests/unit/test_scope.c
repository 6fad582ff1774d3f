#include "tests/unit/unit.h"

#include "engine/job/scope.h"
#include "store/base/json.h"

/* Three frames: an item's with steps of its own, a row, the run's. */
static const char *const levels[] = {
	"{\"client\":{\"slug\":\"acme\"},"
	"\"steps\":{\"send\":{\"date\":\"inner\"}}}",
	"{\"slug\":\"row\",\"client\":\"hidden\"}",
	"{\"inputs\":{\"day\":1},\"steps\":{\"send\":{\"date\":\"outer\"},"
	"\"read\":{\"date\":\"outer\",\"state\":\"done\"}}}",
};

struct stack {
	struct arena arena;
	struct frame frames[ARRAY_LEN(levels)];
};

static void stack_open(struct stack *stack)
{
	auto_error struct error err = { 0 };

	*stack = (struct stack){ 0 };
	for (size_t i = ARRAY_LEN(levels); i-- > 0;) {
		stack->frames[i].value =
		        json_parse(&stack->arena, "level", levels[i],
		                   strlen(levels[i]), &err);
		assert_non_null(stack->frames[i].value);
		if (i + 1 < ARRAY_LEN(levels))
			stack->frames[i].up = &stack->frames[i + 1];
	}
}

static void stack_close(struct stack *stack)
{
	arena_clear(&stack->arena);
}

static void test_scope__the_innermost_frame_that_has_it_decides(void **state)
{
	static const struct {
		const char *name;
		const char *text; /* NULL: not there */
	} rows[] = {
		{ "slug", "row" },
		{ "client.slug", "acme" },
		{ "inputs.day", "1" },
		{ "client.name", NULL }, /* not looked for further out */
		{ "steps.send.date", "inner" },
		{ "steps.read.date", "outer" },
		{ "steps.send.state", NULL },
		{ "steps.gone.date", NULL },
		{ "nothing", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(stack_close) struct stack stack;

		stack_open(&stack);

		struct name name = name_split(&stack.arena, rows[i].name);
		const struct value *value = scope_find(stack.frames, &name);

		assert_row(i, !value == !rows[i].text);
		if (value)
			assert_row_text(i, value->text, rows[i].text);
	}
}

static void test_scope__says_what_was_there_instead(void **state)
{
	static const struct {
		const char *name;
		const char *hint;
	} rows[] = {
		{ "client.slugg", "Did you mean \"slug\"?" },
		{ "steps.raed.date", "Did you mean \"read\"?" },
		{ "steps.sent.date", "Did you mean \"send\"?" },
		{ "steps.read.datum", "There is: date, state." },
		{ "input.day", "Did you mean \"inputs\"?" },
		{ "slug.x", "\"slug\" is the text \"row\"." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(stack_close) struct stack stack;
		auto_error struct error err = { 0 };
		struct pos pos = { 3, 4 };

		stack_open(&stack);

		struct name name = name_split(&stack.arena, rows[i].name);

		assert_row(i, scope_missing(stack.frames, &name, "f", pos,
		                            &err) < 0);
		assert_row_text(i, err.hint, rows[i].hint);
		assert_row(i, err.pos.line == 3);
	}
}
