#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/env.h"
#include "engine/io/secret.h"
#include "store/base/json.h"

#define PLAIN "se\"same+4711/open"

/* Secrets that know T_CANARY. */
static struct secrets *knowing(const char *value)
{
	auto_arena struct arena arena = { 0 };
	struct secrets *secrets = secrets_open();
	const struct value *text =
	        value_string(&arena, "Bearer {{secret.T_CANARY}}");

	assert_int_equal(setenv("T_CANARY", value, 1), 0);
	secrets_hide(secrets, text);
	return secrets;
}

static void test_secret__is_filled_in_and_no_longer_inherited(void **state)
{
	auto_error struct error err = { 0 };
	auto_buf struct buf line = buf_make(1000);
	const struct env env = { .work_dir = "." };
	struct secrets *secrets = knowing(PLAIN);

	UNUSED_STATE(state);
	assert_null(getenv("T_CANARY"));
	assert_int_equal(secrets_fill(secrets, &env, NULL,
	                              "Bearer {{secret.T_CANARY}}!", &line,
	                              &err),
	                 0);
	assert_string_equal(line.at, "Bearer " PLAIN "!");
	assert_int_equal(secrets_fill(secrets, &env, NULL,
	                              "{{secret.T_NOBODY}}", &line, &err),
	                 -1);
	assert_int_equal(err.code, ERR_FAILED);
	secrets_close(secrets);
}

static void test_secret__goes_out_of_whatever_came_back(void **state)
{
	static const char *const spellings[] = {
		PLAIN,
		"se\\\"same+4711/open",
		"se%22same%2B4711%2Fopen",
		"se%22same%2b4711%2fopen",
		"73652273616D652B343731312F6F70656E",
		"73652273616d652b343731312f6f70656e",
		/* base64 of it, behind "x" and behind "xy" */
		"c2Uic2FtZSs0NzExL29wZW",
		"eHNlInNhbWUrNDcxMS9vcGVu",
		"eHlzZSJzYW1lKzQ3MTEvb3Blbg==",
	};
	struct secrets *secrets = knowing(PLAIN);

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(spellings); row++) {
		auto_buf struct buf text = buf_make(1000);
		buf_printf(&text, "before %s, behind", spellings[row]);
		secrets_redact(secrets, &text);
		assert_row(row, strstr(text.at, "{{secret.T_CANARY}}"));
		assert_row(row, strstr(text.at, "before "));
		assert_row(row, strstr(text.at, ", behind"));
		assert_row(row, !strstr(text.at, "4711"));
		assert_row(row, !strstr(text.at, "NDcx"));
	}
	secrets_close(secrets);
}

static void test_secret__goes_out_of_values_and_their_names(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct secrets *secrets = knowing("correct-horse-4711");
	struct value *map = value_map(&arena);
	struct value *list = value_list(&arena);

	UNUSED_STATE(state);
	value_list_add(&arena, list,
	               value_string(&arena, "a correct-horse-4711 b"));
	value_map_set(&arena, map, "list", list);
	value_map_text(&arena, map, "plain", "nothing");
	assert_string_equal(
	        json_canonical(&arena,
	                       secrets_redact_value(secrets, &arena, map)),
	        "{\"list\":[\"a {{secret.T_CANARY}} b\"],"
	        "\"plain\":\"nothing\"}");
	struct value *harmless = value_string(&arena, "correct-horse");
	assert_ptr_equal(secrets_redact_value(secrets, &arena, harmless),
	                 harmless);
	value_map_text(&arena, map, "correct-horse-4711", "x");
	assert_null(strstr(
	        json_canonical(&arena,
	                       secrets_redact_value(secrets, &arena, map)),
	        "horse"));
	secrets_close(secrets);
}

static void test_secret__is_refused_when_it_would_be_everywhere(void **state)
{
	static const char *const values[] = { "", "short", "two\nlines-of-it" };
	const struct env env = { .work_dir = "." };

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(values); row++) {
		auto_error struct error err = { 0 };
		auto_buf struct buf line = buf_make(1000);
		struct secrets *secrets = knowing(values[row]);
		assert_row(row, secrets_fill(secrets, &env, NULL,
		                             "{{secret.T_CANARY}}", &line,
		                             &err) < 0);
		secrets_close(secrets);
	}
	assert_int_equal(unsetenv("T_CANARY"), 0);
}

static void test_secret__a_fork_does_not_have_it(void **state)
{
	struct secrets *secrets = knowing("correct-horse-4711");
	int status;

	UNUSED_STATE(state);
	pid_t child = fork();
	if (child == 0) {
		auto_buf struct buf text = buf_make(100);
		buf_add_text(&text, "correct-horse-4711");
		secrets_redact(secrets, &text);
		_exit(strcmp(text.at, "correct-horse-4711") != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	secrets_close(secrets);
}
