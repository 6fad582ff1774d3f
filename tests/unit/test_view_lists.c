#include "tests/unit/fixture_journal.h"

#include "store/view_lists.h"

#define BLOB "1111111111111111111111111111111111111111"

#define START(run, job)                                                        \
	"{\"run\":\"" run "\",\"job\":\"" job "\",\"run_title\":\"" job        \
	" title\",\"epoch\":0,\"trigger\":{\"kind\":\"hand\"},\"inputs\":{}"   \
	",\"commit\":\"" BLOB "\",\"tree\":\"" BLOB "\",\"library\":\"" BLOB   \
	"\",\"steps\":[{\"id\":\"review\",\"kind\":\"gate\"},"                 \
	"{\"id\":\"send\",\"kind\":\"call\"},"                                 \
	"{\"id\":\"tell\",\"kind\":\"emit\"}]}"

#define GATE                                                                   \
	"{\"run\":\"aaaaaaaaaa\",\"step\":\"review\",\"item\":\"\",\"n\":1,"   \
	"\"run_title\":\"first title\",\"title\":\"Please read\","             \
	"\"priority\":\"high\",\"due_at\":99,\"branch\":"                      \
	"\"reeve/draft/first-aaaaaaaa.1\",\"slip\":"                           \
	"\"actions/first-aaaaaaaa.1.yaml\",\"base\":\"" BLOB                   \
	"\",\"tip\":\"" BLOB "\",\"artifacts\":[],\"effects\":[]}"

/* A first run, in which a second and a third begin; each event is a second or
 * more behind the one before. */
static const struct {
	enum event_type type;
	const char *json;
} story[] = {
	{ EVENT_RUN_STARTED, START("aaaaaaaaaa", "first") },
	{ EVENT_GATE_OPENED, GATE },
	{ EVENT_EFFECT_INTENDED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"send\",\"item\":\"\","
	  "\"effect_key\":\"ek\",\"effect\":\"email.send\","
	  "\"payload\":{\"to\":\"ann\"}}" },
	{ EVENT_RUN_STARTED, START("bbbbbbbbbb", "second") },
	{ EVENT_GATE_APPROVED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"review\",\"item\":\"\",\"n\":1,"
	  "\"commit\":\"" BLOB "\",\"author\":\"ann@example.com\","
	  "\"revision\":2,\"artifacts\":[],\"declined\":[],\"output\":{}}" },
	{ EVENT_EFFECT_DONE,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"send\",\"item\":\"\","
	  "\"effect_key\":\"ek\",\"effect\":\"email.send\","
	  "\"result\":{\"message_id\":\"m1\"}}" },
	{ EVENT_EVENT_EMITTED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"tell\",\"item\":\"\","
	  "\"effect_key\":\"ee\",\"type\":\"proposal.sent\","
	  "\"event\":{\"x\":1},\"commit\":\"" BLOB "\",\"output\":{}}" },
	{ EVENT_RUN_FINISHED,
	  "{\"run\":\"aaaaaaaaaa\",\"state\":\"failed\",\"reason\":\"bad\"}" },
	{ EVENT_RUN_STARTED, START("cccccccccc", "third") },
};

static void tell_story(struct books *books)
{
	books_open(books);
	for (size_t i = 0; i < ARRAY_LEN(story); i++) {
		books_add(books, story[i].type, story[i].json);
		books_flush(books);
	}
}

/* The rows as JSON, each time as whether there is one. */
static const char *rows_of(struct books *books, const char *name,
                           const char *run)
{
	struct arena *arena = &books->git.arena;
	struct value *rows;

	fixture_ok(&books->git, view_list(books->view, arena, name, run, &rows,
	                                  &books->git.err));
	for (size_t i = 0; i < rows->length; i++)
		for (size_t k = 0; k < rows->items[i]->length; k++) {
			struct member *cell = &rows->items[i]->members[k];
			size_t len = strlen(cell->name);

			if (cell->value->kind == VALUE_STRING && len >= 2 &&
			    !strcmp(cell->name + len - 2, "at"))
				cell->value = value_bool(
				        arena, cell->value->length == 20);
		}
	return json_canonical(arena, rows);
}

/* What ended behind the start of a run is open to it, what began behind it is
 * not there, and neither is the run itself. */
static void test_view_lists__are_those_of_the_start(void **state)
{
	static const struct {
		const char *run;
		const char *name;
		const char *rows;
	} cases[] = {
		{ "aaaaaaaaaa", "runs", "[]" },
		{ "aaaaaaaaaa", "gates", "[]" },
		{ "aaaaaaaaaa", "effects", "[]" },
		{ "aaaaaaaaaa", "events", "[]" },
		{ "bbbbbbbbbb", "runs",
		  "[{\"finished_at\":null,\"id\":\"aaaaaaaaaa\","
		  "\"job\":\"first\",\"reason\":null,\"started_at\":true,"
		  "\"state\":\"open\",\"title\":\"first title\"}]" },
		{ "bbbbbbbbbb", "gates",
		  "[{\"author\":null,\"decided_at\":null,\"opened_at\":true,"
		  "\"run\":\"aaaaaaaaaa\",\"state\":\"open\","
		  "\"step\":\"review\",\"title\":\"Please read\"}]" },
		{ "bbbbbbbbbb", "effects",
		  "[{\"at\":true,\"effect\":\"email.send\",\"item\":\"\","
		  "\"payload\":\"{\\\"to\\\":\\\"ann\\\"}\",\"result\":null,"
		  "\"run\":\"aaaaaaaaaa\",\"state\":\"intended\","
		  "\"step\":\"send\"}]" },
		{ "bbbbbbbbbb", "events", "[]" },
		{ "cccccccccc", "runs",
		  "[{\"finished_at\":true,\"id\":\"aaaaaaaaaa\","
		  "\"job\":\"first\",\"reason\":\"bad\",\"started_at\":true,"
		  "\"state\":\"failed\",\"title\":\"first title\"},"
		  "{\"finished_at\":null,\"id\":\"bbbbbbbbbb\","
		  "\"job\":\"second\",\"reason\":null,\"started_at\":true,"
		  "\"state\":\"open\",\"title\":\"second title\"}]" },
		{ "cccccccccc", "gates",
		  "[{\"author\":\"ann@example.com\",\"decided_at\":true,"
		  "\"opened_at\":true,\"run\":\"aaaaaaaaaa\","
		  "\"state\":\"merged\",\"step\":\"review\","
		  "\"title\":\"Please read\"}]" },
		{ "cccccccccc", "effects",
		  "[{\"at\":true,\"effect\":\"email.send\",\"item\":\"\","
		  "\"payload\":\"{\\\"to\\\":\\\"ann\\\"}\","
		  "\"result\":\"{\\\"message_id\\\":\\\"m1\\\"}\","
		  "\"run\":\"aaaaaaaaaa\",\"state\":\"done\","
		  "\"step\":\"send\"}]" },
		{ "cccccccccc", "events",
		  "[{\"at\":true,\"data\":\"{\\\"x\\\":1}\",\"id\":\"ee\","
		  "\"run\":\"aaaaaaaaaa\",\"step\":\"tell\","
		  "\"type\":\"proposal.sent\"}]" },
	};
	auto_books struct books books;

	UNUSED_STATE(state);
	tell_story(&books);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row_text(i, rows_of(&books, cases[i].name, cases[i].run),
		                cases[i].rows);
}

/* A later look is no other look: what came behind changes nothing. */
static void test_view_lists__stay_what_they_are(void **state)
{
	auto_books struct books books;
	const char *before;

	UNUSED_STATE(state);
	tell_story(&books);
	before = rows_of(&books, "runs", "cccccccccc");
	books_add(&books, EVENT_RUN_FINISHED,
	          "{\"run\":\"bbbbbbbbbb\",\"state\":\"done\"}");
	books_add(&books, EVENT_RUN_STARTED, START("dddddddddd", "fourth"));
	books_flush(&books);
	assert_string_equal(rows_of(&books, "runs", "cccccccccc"), before);
}
