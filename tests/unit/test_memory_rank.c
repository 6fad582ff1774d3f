#include "tests/unit/unit.h"

#include <math.h>

#include "store/base/buf.h"
#include "store/memory_rank.h"

static void test_memory_rank__rare_short_and_often_win(void **state)
{
	struct candidate list[] = {
		{ .id = 5, .file = 0, .words = 10 },
		{ .id = 3, .file = 1, .words = 10 },
		{ .id = 9, .file = 2, .words = 40 },
		{ .id = 1, .file = 3, .words = 10 },
		{ .id = 2, .file = 4, .words = 10 },
	};
	const struct occurrence rare[] = { { 1, 1 } };
	const struct occurrence common[] = { { 3, 1 }, { 5, 2 }, { 9, 1 } };
	static const int64_t want[] = { 1, 5, 3, 9, 2 };
	auto_ranking struct ranking *ranking =
	        ranking_new(list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	ranking_add_term(ranking, rare, ARRAY_LEN(rare));
	ranking_add_term(ranking, common, ARRAY_LEN(common));
	ranking_finish(ranking);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		assert_row(i, list[i].id == want[i]);
	assert_true(list[0].score >= 1 && list[0].score <= 1);
	assert_true(list[4].score >= 0 && list[4].score <= 0);
}

static void test_memory_rank__is_bm25(void **state)
{
	struct candidate list[] = {
		{ .id = 1, .file = 0, .words = 4 },
		{ .id = 2, .file = 1, .words = 8 },
		{ .id = 3, .file = 2, .words = 12 },
	};
	const struct occurrence term[] = { { 1, 1 }, { 3, 2 } };
	auto_ranking struct ranking *ranking =
	        ranking_new(list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	ranking_add_term(ranking, term, ARRAY_LEN(term));
	ranking_finish(ranking);
	/* idf = log2(4 / 2.5); k1 * (1 - b + b * words / 8) = 0.75 and 1.65 */
	assert_int_equal(list[0].id, 1);
	assert_true(fabs(list[0].own - 0.678071905 * 2.2 / 1.75) < 1e-8);
	assert_int_equal(list[1].id, 3);
	assert_true(fabs(list[1].own - 0.678071905 * 4.4 / 3.65) < 1e-8);
}

static void test_memory_rank__neighbours_of_the_same_file_gain(void **state)
{
	struct candidate list[] = {
		{ .id = 1, .file = 0, .words = 9 },
		{ .id = 2, .file = 1, .words = 9 },
		{ .id = 3, .file = 1, .words = 9 },
		{ .id = 4, .file = 1, .words = 9 },
		{ .id = 5, .file = 1, .words = 9 },
		{ .id = 6, .file = 2, .words = 9 },
	};
	const struct occurrence term[] = { { 2, 1 }, { 4, 1 } };

	static const struct {
		int64_t id;
		double score;
	} want[] = {
		{ 2, 1 }, { 4, 1 }, { 3, 0.6 }, { 5, 0.3 }, { 1, 0 }, { 6, 0 },
	};
	auto_ranking struct ranking *ranking =
	        ranking_new(list, ARRAY_LEN(list));

	UNUSED_STATE(state);
	ranking_add_term(ranking, term, ARRAY_LEN(term));
	ranking_finish(ranking);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_row(i, list[i].id == want[i].id);
		assert_row(i, fabs(list[i].score - want[i].score) < 1e-9);
	}
}

static void test_memory_rank__others_do_not_count(void **state)
{
	struct candidate alone[] = { { .id = 7, .words = 5 },
		                     { .id = 8, .file = 1, .words = 6 } };
	struct candidate among[] = { { .id = 7, .words = 5 },
		                     { .id = 8, .file = 1, .words = 6 } };
	const struct occurrence few[] = { { 8, 3 } };
	const struct occurrence many[] = { { 2, 9 }, { 8, 3 }, { 11, 1 } };
	const struct occurrence strange[] = { { 2, 9 }, { 11, 1 } };
	auto_ranking struct ranking *first =
	        ranking_new(alone, ARRAY_LEN(alone));
	auto_ranking struct ranking *second =
	        ranking_new(among, ARRAY_LEN(among));

	UNUSED_STATE(state);
	ranking_add_term(first, few, ARRAY_LEN(few));
	ranking_finish(first);
	ranking_add_term(second, many, ARRAY_LEN(many));
	ranking_add_term(second, strange, ARRAY_LEN(strange));
	ranking_finish(second);
	assert_int_equal(alone[0].id, 8);
	assert_memory_equal(&alone[0].own, &among[0].own, sizeof(double));
}

static void test_memory_rank__nothing_to_rank(void **state)
{
	const struct occurrence term[] = { { 1, 1 } };
	auto_ranking struct ranking *ranking = ranking_new(NULL, 0);

	UNUSED_STATE(state);
	ranking_add_term(ranking, term, ARRAY_LEN(term));
	ranking_add_term(ranking, NULL, 0);
	ranking_finish(ranking);
}

static void test_memory_rank__counts_words(void **state)
{
	static const struct {
		const char *text;
		unsigned want;
	} rows[] = {
		{ "", 0 },
		{ " .,-\n", 0 },
		{ "one", 1 },
		{ "(follow-up) 2nd", 3 },
		{ "Müller & Söhne", 2 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_row(i, rank_count_words(rows[i].text) == rows[i].want);
}

static void test_memory_rank__drops_stop_words(void **state)
{
	static const struct {
		const char *query;
		size_t max;
		const char *want;
	} rows[] = {
		{ "", 99, "" },
		{ "\"*\" ^", 99, "" },
		{ "What is THE day rate?", 99, "day rate " },
		{ "what's it about", 99, "what s it about " },
		{ "don't pay", 99, "pay " },
		{ "above yours, please", 99, "above " },
		{ "price:NEAR(a, 2)", 99, "price NEAR 2 " },
		{ "day rate", 7, "day " },
		{ "day rate", 8, "day rate " },
		{ "theoretically-long-words are kept", 99,
		  "theoretically long words kept " },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf struct buf words = buf_make(200);

		rank_query_words(&words, rows[i].query, rows[i].max);
		assert_row_text(i, words.at, rows[i].want);
	}
}
