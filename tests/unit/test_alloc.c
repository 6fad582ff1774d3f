#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "store/base/alloc.h"

static void test_alloc__arrays_grow_the_same_way(void **state)
{
	enum {
		COUNT = 1000
	};

	auto_free size_t *numbers = NULL;

	UNUSED_STATE(state);
	for (size_t i = 0; i < COUNT; i++) {
		numbers = mem_grow(numbers, i, sizeof(*numbers));
		numbers[i] = i;
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_row(i, numbers[i] == i);
}

static void test_alloc__texts_are_copies(void **state)
{
	auto_free char *whole = mem_strdup("hello");
	auto_free char *part = mem_strndup("hello", 2);
	auto_free char *none = mem_strndup(NULL, 0);
	auto_free char *printed = mem_printf("%s %d", whole, 7);
	auto_free int *zeroes = mem_zalloc(3, sizeof(int));

	UNUSED_STATE(state);
	assert_string_equal(whole, "hello");
	assert_string_equal(part, "he");
	assert_string_equal(none, "");
	assert_string_equal(printed, "hello 7");
	assert_int_equal(zeroes[0] + zeroes[1] + zeroes[2], 0);
	assert_int_equal(size_add(2, 3), 5);
	assert_int_equal(size_mul(2, 3), 6);
}

/* Each asks for more than there can be. */
static void too_much(size_t way)
{
	if (way == 0)
		free(mem_alloc(size_add(SIZE_MAX, 1)));
	else if (way == 1)
		free(mem_alloc(size_mul(SIZE_MAX / 2, 3)));
	else if (way == 2)
		free(mem_grow(NULL, SIZE_MAX / 2 + 1, 1));
	else
		free(mem_check(NULL));
}

static void test_alloc__too_much_ends_the_process(void **state)
{
	UNUSED_STATE(state);
	for (size_t way = 0; way < 4; way++) {
		char said[100] = { 0 };
		int ends[2];
		int status;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			(void)dup2(ends[1], STDERR_FILENO);
			too_much(way);
			_exit(0);
		}
		(void)close(ends[1]);
		assert_row(way, read(ends[0], said, sizeof(said) - 1) > 0);
		(void)close(ends[0]);
		assert_row(way, waitpid(child, &status, 0) == child);
		assert_row(way, WIFEXITED(status) && WEXITSTATUS(status) == 1);
		assert_row_text(way, said, "reeve: out of memory\n");
	}
}
