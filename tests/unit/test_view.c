#include "tests/unit/fixture_journal.h"

#include "store/base/fd.h"
#include "store/db.h"

/* ---- A story ---- */

#define BLOB_A "1111111111111111111111111111111111111111"
#define BLOB_B "2222222222222222222222222222222222222222"
#define PIN    "3333333333333333333333333333333333333333"

struct line {
	enum event_type type;
	const char *json; /* %s: the commit that it is decided on */
};

/* A first run that is done, and a second that reuses its result, asks, sends,
 * takes a number and emits. */
static const struct line story[] = {
	{ EVENT_RUN_STARTED,
	  "{\"run\":\"aaaaaaaaaa\",\"job\":\"first\",\"run_title\":\"First\","
	  "\"epoch\":0,\"trigger\":{\"kind\":\"hand\"},\"inputs\":{\"n\":1},"
	  "\"commit\":\"" PIN "\",\"tree\":\"" PIN "\",\"library\":\"" PIN
	  "\",\"steps\":[{\"id\":\"read\",\"kind\":\"read\"},"
	  "{\"id\":\"bad\",\"kind\":\"run\"},{\"id\":\"after\",\"kind\":"
	  "\"run\"}]}" },
	{ EVENT_STEP_FINISHED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"read\",\"item\":\"\","
	  "\"kind\":\"read\",\"key\":\"kq\",\"ingredients\":{},"
	  "\"output\":{\"client\":\"Acme\"}}" },
	{ EVENT_STEP_FAILED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"bad\",\"item\":\"\","
	  "\"reason\":\"it broke\"}" },
	{ EVENT_STEP_SKIPPED,
	  "{\"run\":\"aaaaaaaaaa\",\"step\":\"after\",\"item\":\"\","
	  "\"reason\":\"step \\\"bad\\\" failed\"}" },
	{ EVENT_RUN_FINISHED, "{\"run\":\"aaaaaaaaaa\",\"state\":\"failed\","
	                      "\"reason\":\"step bad\"}" },
	{ EVENT_RUN_STARTED,
	  "{\"run\":\"bbbbbbbbbb\",\"job\":\"second\",\"run_title\":\"Second\","
	  "\"epoch\":0,\"trigger\":{\"kind\":\"hand\"},\"inputs\":{},"
	  "\"commit\":\"" PIN "\",\"tree\":\"" PIN "\",\"library\":\"" PIN
	  "\",\"steps\":[{\"id\":\"reused\",\"kind\":\"read\"},"
	  "{\"id\":\"draft\",\"kind\":\"agent\"},"
	  "{\"id\":\"review\",\"kind\":\"gate\"},"
	  "{\"id\":\"number\",\"kind\":\"call\"},"
	  "{\"id\":\"send\",\"kind\":\"call\"},"
	  "{\"id\":\"tell\",\"kind\":\"emit\"},"
	  "{\"id\":\"extra\",\"kind\":\"call\"}]}" },
	{ EVENT_STEP_FINISHED,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"draft\",\"item\":\"\","
	  "\"kind\":\"agent\",\"key\":\"kd\",\"output\":{\"text\":\"Hi\"}}" },
	{ EVENT_GATE_OPENED,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"review\",\"item\":\"\",\"n\":1,"
	  "\"run_title\":\"Second for Acme\",\"title\":\"Please read\","
	  "\"priority\":\"high\",\"due_at\":99,\"branch\":"
	  "\"reeve/draft/second-bbbbbbbb.1\",\"slip\":"
	  "\"actions/second-bbbbbbbb.1.yaml\",\"base\":\"" PIN
	  "\",\"tip\":\"" PIN
	  "\",\"artifacts\":[{\"step\":\"draft\",\"path\":\"a.md\",\"blob\":"
	  "\"" BLOB_A "\"}],\"effects\":[{\"step\":\"send\"}],"
	  "\"reused\":\"reused - kq e1\"}" },
	{ EVENT_GATE_APPROVED,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"review\",\"item\":\"\",\"n\":1,"
	  "\"commit\":\"" BLOB_B "\",\"author\":\"ann@example.com\","
	  "\"revision\":2,\"artifacts\":[{\"step\":\"draft\",\"path\":\"a.md\","
	  "\"blob\":\"" BLOB_A "\",\"merged\":\"" BLOB_B "\"}],"
	  "\"declined\":[\"extra\"],\"output\":{\"by\":\"ann\"}}" },
	{ EVENT_NUMBER_TAKEN,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"number\",\"item\":\"\","
	  "\"sequence\":\"invoice\",\"number\":1,\"decided_on\":\"%s\","
	  "\"output\":{\"number\":1}}" },
	{ EVENT_EFFECT_INTENDED,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"send\",\"item\":\"\","
	  "\"effect_key\":\"ek\",\"effect\":\"email.send\","
	  "\"payload\":{\"to\":\"ann\"}}" },
	{ EVENT_EFFECT_DONE,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"send\",\"item\":\"\","
	  "\"effect_key\":\"ek\",\"effect\":\"email.send\","
	  "\"result\":{\"message_id\":\"m1\"}}" },
	{ EVENT_EVENT_EMITTED,
	  "{\"run\":\"bbbbbbbbbb\",\"step\":\"tell\",\"item\":\"\","
	  "\"effect_key\":\"ee\",\"type\":\"proposal.sent\","
	  "\"event\":{\"x\":1},\"commit\":\"" PIN "\",\"output\":{}}" },
	{ EVENT_RUN_FINISHED, "{\"run\":\"bbbbbbbbbb\",\"state\":\"done\","
	                      "\"run_title\":\"Second, sent\"}" },
};

/* What the view says after it. */
static const char story_says[] =
        "run aaaaaaaaaa first failed 'First' why step bad\n"
        " read read done key kq out {\"client\":\"Acme\"}\n"
        " bad run failed why it broke\n"
        " after run skipped why step \"bad\" failed\n"
        "run bbbbbbbbbb second done 'Second, sent'\n"
        " reused read reused key kq out {\"client\":\"Acme\"}\n"
        " draft agent done key kd out {\"text\":\"Hi\"}\n"
        " review gate done out {\"by\":\"ann\"}\n"
        " number call done out {\"number\":1}\n"
        " send call done key ek out {\"message_id\":\"m1\"}\n"
        " tell emit done key ee out {}\n"
        " extra call declined\n"
        " draft 1 merged 'Please read' high 2 by ann@example.com\n"
        "  a.md draft " BLOB_A " " BLOB_B "\n"
        "effect ek done email.send {\"to\":\"ann\"} {\"message_id\":\"m1\"}\n"
        "emitted 1 ee proposal.sent {\"x\":1}\n"
        "number 1 next 2\n";

static const char *data_of(struct books *books, const struct line *line)
{
	struct oid tip = books_tip(books);
	const char *mark = strstr(line->json, "%s");

	if (!mark)
		return line->json;
	return arena_printf(&books->git.arena, "%.*s%s%s",
	                    (int)(mark - line->json), line->json,
	                    fixture_text(&books->git, tip), mark + 2);
}

static void tell(struct books *books, const struct line *line, int times)
{
	const char *json = data_of(books, line);

	for (int i = 0; i < times; i++)
		books_add(books, line->type, json);
	books_flush(books);
}

static void tell_story(struct books *books, int times)
{
	for (size_t i = 0; i < ARRAY_LEN(story); i++)
		tell(books, &story[i], times);
}

/* Flush one event of `type`. */
static void say(struct books *books, enum event_type type, const char *json)
{
	const struct line line = { type, json };

	tell(books, &line, 1);
}

/* ---- What a view says ---- */

static const char *json_of(struct arena *arena, const struct value *value)
{
	return value ? json_canonical(arena, value) : "-";
}

static void say_steps(struct books *books, const char *run, struct buf *ret)
{
	struct arena *arena = &books->git.arena;
	struct step_record *steps;
	size_t count;

	fixture_ok(&books->git, view_steps(books->view, arena, run, &steps,
	                                   &count, &books->git.err));
	for (size_t i = 0; i < count; i++) {
		const struct step_record *step = &steps[i];
		buf_printf(ret, " %s %s %s", step->step, step->kind,
		           step_state_name(step->state));
		if (step->key)
			buf_printf(ret, " key %s", step->key);
		if (step->output)
			buf_printf(ret, " out %s",
			           json_of(arena, step->output));
		if (step->reason)
			buf_printf(ret, " why %s", step->reason);
		buf_add_char(ret, '\n');
	}
}

static void say_drafts(struct books *books, const char *run, struct buf *ret)
{
	struct arena *arena = &books->git.arena;
	struct error *err = &books->git.err;
	struct draft_record *drafts;
	struct artifact_record *artifacts;
	size_t count;
	size_t files;

	fixture_ok(&books->git, view_run_drafts(books->view, arena, run,
	                                        &drafts, &count, err));
	for (size_t i = 0; i < count; i++) {
		const struct draft_record *draft = &drafts[i];
		buf_printf(ret, " draft %d %s '%s' %s %d by %s\n",
		           (int)draft->n, draft_state_name(draft->state),
		           draft->title, draft->priority, (int)draft->revision,
		           draft->author ? draft->author : "-");
		fixture_ok(&books->git,
		           view_artifacts(books->view, arena, draft, &artifacts,
		                          &files, err));
		for (size_t n = 0; n < files; n++)
			buf_printf(ret, "  %s %s %s %s\n", artifacts[n].path,
			           artifacts[n].step,
			           oid_text(arena, &artifacts[n].drafted),
			           oid_text(arena, &artifacts[n].merged));
	}
}

static void say_rest(struct books *books, struct buf *ret)
{
	struct arena *arena = &books->git.arena;
	struct error *err = &books->git.err;
	struct effect_record effect;
	struct emitted_record *emitted;
	size_t count;
	int64_t number;
	int64_t next;

	if (view_effect(books->view, arena, "ek", &effect, err) > 0)
		buf_printf(ret, "effect %s %s %s %s %s\n", effect.key,
		           effect.state, effect.effect,
		           json_of(arena, effect.payload),
		           json_of(arena, effect.result));
	fixture_ok(&books->git,
	           view_emitted(books->view, arena, 0, &emitted, &count, err));
	for (size_t i = 0; i < count; i++)
		buf_printf(ret, "emitted %d %s %s %s\n", (int)emitted[i].seq,
		           emitted[i].event, emitted[i].type,
		           json_of(arena, emitted[i].data));
	const struct number_holder holder = { "bbbbbbbbbb", "number", "" };
	int held = view_number(books->view, "invoice", &holder, &number, err);
	fixture_ok(&books->git,
	           view_number_next(books->view, "invoice", &next, err));
	buf_printf(ret, "number %d next %d\n", held > 0 ? (int)number : 0,
	           (int)next);
}

/* All of it, without times and ids. */
static const char *says(struct books *books)
{
	struct arena *arena = &books->git.arena;
	auto_buf struct buf text = buf_make(1 << 16);
	struct run_record *runs;
	size_t count;

	fixture_ok(&books->git, view_runs(books->view, arena, RUNS_ALL, &runs,
	                                  &count, &books->git.err));
	for (size_t i = 0; i < count; i++) {
		buf_printf(&text, "run %s %s %s '%s'", runs[i].id, runs[i].job,
		           run_state_name(runs[i].state), runs[i].title);
		if (runs[i].reason)
			buf_printf(&text, " why %s", runs[i].reason);
		buf_add_char(&text, '\n');
		say_steps(books, runs[i].id, &text);
		say_drafts(books, runs[i].id, &text);
	}
	say_rest(books, &text);
	return arena_strdup(arena, text.at);
}

/* Every row of every table of the file, as text. */
static const char *dump(struct books *books, const char *name)
{
	static const char *const queries[] = {
		"select * from note order by 1",
		"select * from run order by 1",
		"select * from step order by 1, 2, 3",
		"select * from result order by 1",
		"select * from draft order by 1",
		"select * from artifact order by 1",
		"select * from effect order by 1",
		"select * from emitted order by 1",
		"select * from number order by 1, 2",
		"select * from once order by 1, 2",
		"select * from listen order by 1, 2, 3, 4",
		"select * from voided order by 1, 2",
	};
	struct error *err = &books->git.err;
	auto_buf struct buf text = buf_make(1 << 20);
	const char *path =
	        arena_printf(&books->git.arena, "%s/%s", books->git.dir, name);
	auto_db struct db *db = db_open(path, err);

	assert_non_null(db);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		auto_statement struct statement *rows =
		        db_prepare(db, queries[i], err);
		assert_non_null(rows);
		while (statement_step(rows, err) > 0) {
			buf_printf(&text, "%zu", i);
			for (int n = 0; n < statement_columns(rows); n++) {
				const char *cell = statement_text(rows, n);
				buf_printf(&text, "|%s", cell ? cell : "NULL");
			}
			buf_add_char(&text, '\n');
		}
	}
	assert_null(err->message);
	return arena_strdup(&books->git.arena, text.at);
}

/* ---- Folding ---- */

static void test_view__says_what_happened(void **state)
{
	auto_books struct books books;
	struct run_record run;
	struct run_record *runs;
	struct step_record result;
	size_t count;

	UNUSED_STATE(state);
	books_open(&books);
	struct arena *arena = &books.git.arena;
	struct error *err = &books.git.err;
	tell_story(&books, 1);
	assert_string_equal(says(&books), story_says);
	assert_int_equal(view_voided(books.view), 0);

	/* The rest of the records. */
	assert_int_equal(view_run(books.view, arena, "aaaaaaaaaa", &run, err),
	                 1);
	assert_string_equal(fixture_text(&books.git, run.commit), PIN);
	assert_string_equal(value_get_text(run.trigger, "kind", ""), "hand");
	assert_int_equal(value_get_int(run.inputs, "n", 0), 1);
	assert_true(run.started_at > BOOKS_TIME);
	assert_true(run.finished_at > run.started_at);
	assert_int_equal(view_run(books.view, arena, "aaaa", &run, err), 0);
	fixture_ok(&books.git, view_runs(books.view, arena, RUNS_NOT_OVER,
	                                 &runs, &count, err));
	assert_int_equal(count, 0);
	assert_int_equal(
	        view_result_step(books.view, arena, "kq", &result, err), 1);
	assert_string_equal(result.step, "read");
	struct event *event =
	        journal_event_at(books.journal, arena, &result.place, err);
	assert_non_null(event);
	assert_string_equal(event->id, result.event);
	assert_int_equal(
	        view_result_step(books.view, arena, "kx", &result, err), 0);
}

/* Results are read ahead: the order in which they are asked for, and keys that
 * have none in between, make no difference. */
static void test_view__results_are_found_in_any_order(void **state)
{
	enum {
		RESULTS = 600
	};

	static const int strides[] = { 1, RESULTS - 1, 7, 251 };
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	tell(&books, &story[0], 1);
	for (int i = 0; i < RESULTS; i++)
		books_add(&books, EVENT_STEP_FINISHED,
		          arena_printf(&books.git.arena,
		                       "{\"run\":\"aaaaaaaaaa\",\"step\":"
		                       "\"read\",\"item\":\"%d\",\"kind\":"
		                       "\"read\",\"key\":\"k%d\","
		                       "\"ingredients\":{},\"output\":%d}",
		                       i, i, i));
	books_flush(&books);
	for (int i = 0; i < RESULTS * (int)ARRAY_LEN(strides); i++) {
		auto_arena struct arena arena = { 0 };
		int n = i * strides[i / RESULTS] % RESULTS;
		struct result_record result;
		int64_t output;
		assert_row((size_t)i,
		           view_result(books.view, &arena,
		                       arena_printf(&arena, "k%d", n), &result,
		                       &books.git.err) == 1);
		assert_row((size_t)i,
		           value_to_int(result.output, &output) && output == n);
		assert_row((size_t)i,
		           view_result(books.view, &arena,
		                       arena_printf(&arena, "none%d", n),
		                       &result, &books.git.err) == 0);
	}
}

/* A run in the middle: what waits is found. */
static void test_view__says_what_waits(void **state)
{
	auto_books struct books books;
	struct effect_record *effects;
	struct draft_record *drafts;
	struct artifact_record *artifacts;
	struct oid blob = fixture_oid(BLOB_A);
	size_t count;

	UNUSED_STATE(state);
	books_open(&books);
	struct arena *arena = &books.git.arena;
	struct error *err = &books.git.err;
	for (size_t i = 0; story[i].type != EVENT_GATE_APPROVED; i++)
		tell(&books, &story[i], 1);
	assert_non_null(strstr(says(&books), "run bbbbbbbbbb second waiting"));
	assert_non_null(strstr(says(&books), " review gate in review\n"));
	fixture_ok(&books.git,
	           view_open_drafts(books.view, arena, &drafts, &count, err));
	assert_int_equal(count, 1);
	assert_string_equal(drafts[0].step, "review");
	assert_int_equal(drafts[0].due_at, 99);
	assert_string_equal(drafts[0].slip, "actions/second-bbbbbbbb.1.yaml");
	assert_int_equal(view_draft_brought(books.view, "a.md", &blob, err), 1);
	assert_int_equal(view_draft_brought(books.view, "b.md", &blob, err), 0);
	fixture_ok(&books.git, view_artifacts_at(books.view, arena, "a.md",
	                                         &artifacts, &count, err));
	assert_int_equal(count, 1);
	assert_true(oid_is_zero(&artifacts[0].merged));

	for (size_t i = 8; story[i].type != EVENT_EFFECT_DONE; i++)
		tell(&books, &story[i], 1);
	fixture_ok(&books.git, view_effects_in_doubt(books.view, arena,
	                                             &effects, &count, err));
	assert_int_equal(count, 1);
	assert_string_equal(effects[0].key, "ek");
	assert_non_null(strstr(says(&books), " send call started"));
}

static void test_view__is_the_same_when_folded_anew(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	tell_story(&books, 2); /* with voided rows, too */
	const char *live = dump(&books, "view.db");
	assert_true(strlen(live) > 2000);

	fixture_ok(&books.git, view_reset(books.view, &books.git.err));
	assert_true(oid_is_zero(view_cursor(books.view)));
	assert_string_equal(says(&books), "number 0 next 1\n");
	journal_follow(books.journal, view_sink(books.view),
	               view_cursor(books.view));
	fixture_ok(&books.git, journal_catch_up(books.journal, &books.git.err));
	assert_string_equal(dump(&books, "view.db"), live);

	/* And elsewhere, by another handle, in one catch-up. */
	auto_view struct view *other = books_view(&books, "other.db", NULL);
	auto_journal struct journal *journal = books_journal(&books);
	journal_follow(journal, view_sink(other), view_cursor(other));
	fixture_ok(&books.git, journal_catch_up(journal, &books.git.err));
	assert_string_equal(dump(&books, "other.db"), live);
}

/* Each event twice: the second is void, and changes nothing. */
static void test_view__an_event_counts_once(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	tell_story(&books, 2);
	assert_string_equal(says(&books), story_says);
	/* A gate that opens names a reused step, too. */
	assert_int_equal(view_voided(books.view), ARRAY_LEN(story) + 1);
}

/* The whole story again, behind itself. */
static void test_view__a_story_counts_once(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	tell_story(&books, 1);
	tell_story(&books, 1);
	assert_string_equal(says(&books), story_says);
	assert_true(view_voided(books.view) >= (int64_t)ARRAY_LEN(story));
}

/* Any order is folded, and no order invents a number or a result. */
static void test_view__no_order_is_fatal(void **state)
{
	uint32_t seed = 1;

	UNUSED_STATE(state);
	for (size_t round = 0; round < 10; round++) {
		auto_books struct books books;
		size_t order[ARRAY_LEN(story)];

		books_open(&books);
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			order[i] = round == 0 ? ARRAY_LEN(order) - 1 - i : i;
		for (size_t i = ARRAY_LEN(order) - 1; round && i > 0; i--) {
			seed = seed * 1664525 + 1013904223;
			size_t n = (seed >> 16) % (i + 1);
			size_t kept = order[i];
			order[i] = order[n];
			order[n] = kept;
		}
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			tell(&books, &story[order[i]], 1);
		assert_row(round, view_voided(books.view) > 0);
		/* A number is held by a step that is done, or by nobody. */
		const char *text = says(&books);
		assert_row(round, !strstr(text, "number 1 ") ||
		                          strstr(text, "number call done"));
		assert_row(round, strstr(text, "number 1 ") ||
		                          strstr(text, "number 0 next 1\n"));
	}
}

static void test_view__the_first_start_of_a_run_stands(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	say(&books, EVENT_RUN_STARTED,
	    "{\"run\":\"r1\",\"job\":\"a\",\"run_title\":\"A\","
	    "\"steps\":[{\"id\":\"x\",\"kind\":\"run\"}]}");
	say(&books, EVENT_RUN_STARTED,
	    "{\"run\":\"r1\",\"job\":\"b\",\"run_title\":\"B\","
	    "\"steps\":[{\"id\":\"y\",\"kind\":\"run\"}]}");
	assert_string_equal(says(&books), "run r1 a open 'A'\n"
	                                  " x run waiting\n"
	                                  "number 0 next 1\n");
	assert_int_equal(view_voided(books.view), 1);
}

/* What an older claim says of a run is void. */
static void test_view__an_older_epoch_is_void(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	say(&books, EVENT_RUN_STARTED,
	    "{\"run\":\"r1\",\"job\":\"a\",\"run_title\":\"A\",\"epoch\":2,"
	    "\"steps\":[{\"id\":\"x\",\"kind\":\"run\"}]}");
	say(&books, EVENT_STEP_FINISHED,
	    "{\"run\":\"r1\",\"step\":\"x\",\"epoch\":1,\"output\":1}");
	say(&books, EVENT_RUN_FINISHED,
	    "{\"run\":\"r1\",\"epoch\":1,\"state\":\"done\"}");
	assert_int_equal(view_voided(books.view), 2);
	assert_string_equal(says(&books), "run r1 a open 'A'\n"
	                                  " x run waiting\n"
	                                  "number 0 next 1\n");
}

/* ---- Numbers ---- */

/* Start a run with the call steps `number` and `send`. */
static void start(struct books *books, const char *run)
{
	struct arena *arena = &books->git.arena;

	say(books, EVENT_RUN_STARTED,
	    arena_printf(arena,
	                 "{\"run\":\"%s\",\"job\":\"j\",\"run_title\":\"J\","
	                 "\"steps\":[{\"id\":\"number\",\"kind\":\"call\"},"
	                 "{\"id\":\"send\",\"kind\":\"call\"}]}",
	                 run));
}

/* Take `number` for `run`, decided on the commit `behind` before the tip. */
static void take(struct books *books, const char *run, int number,
                 const char *behind)
{
	struct arena *arena = &books->git.arena;
	const char *on = fixture_run(
	        &books->git,
	        arena_printf(arena, "git rev-parse reeve/journal%s", behind));

	say(books, EVENT_NUMBER_TAKEN,
	    arena_printf(arena,
	                 "{\"run\":\"%s\",\"step\":\"number\","
	                 "\"sequence\":\"s\",\"number\":%d,"
	                 "\"decided_on\":\"%s\",\"output\":{}}",
	                 run, number, on));
}

static int held(struct books *books, const char *run)
{
	int64_t number = 0;
	const struct number_holder holder = { run, "number", "" };
	int found = view_number(books->view, "s", &holder, &number,
	                        &books->git.err);

	assert_true(found >= 0);
	return found ? (int)number : 0;
}

static int next(struct books *books)
{
	int64_t number = 0;

	fixture_ok(&books->git, view_number_next(books->view, "s", &number,
	                                         &books->git.err));
	return (int)number;
}

/* Give `number` back, by a step of `run`. */
static void give_back(struct books *books, const char *run, int number)
{
	say(books, EVENT_NUMBER_FREED,
	    arena_printf(&books->git.arena,
	                 "{\"run\":\"%s\",\"step\":\"number\","
	                 "\"sequence\":\"s\",\"number\":%d,\"output\":{}}",
	                 run, number));
}

static void test_view__a_number_goes_back_unseen(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "r1");
	start(&books, "r2");
	start(&books, "r3");
	take(&books, "r1", 1, "");
	give_back(&books, "r2", 2); /* which nobody has */
	assert_int_equal(view_voided(books.view), 1);
	give_back(&books, "r2", 1);
	assert_int_equal(view_voided(books.view), 1);
	assert_int_equal(held(&books, "r1"), 0);
	assert_int_equal(next(&books), 1);
	/* One that may stand in a mail does not. */
	take(&books, "r3", 1, "");
	say(&books, EVENT_EFFECT_INTENDED,
	    "{\"run\":\"r3\",\"step\":\"send\",\"effect_key\":\"k\","
	    "\"effect\":\"email.send\",\"payload\":{}}");
	give_back(&books, "r1", 1);
	assert_int_equal(held(&books, "r3"), 1);
	assert_int_equal(view_voided(books.view), 2);
}

static void test_view__a_number_follows_its_decision(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "r1");
	start(&books, "r2");
	assert_int_equal(next(&books), 1);
	take(&books, "r1", 1, "~1"); /* somebody wrote in between */
	assert_int_equal(held(&books, "r1"), 0);
	assert_int_equal(view_voided(books.view), 1);
	take(&books, "r1", 1, "");
	assert_int_equal(held(&books, "r1"), 1);
	take(&books, "r2", 1, ""); /* it is r1's */
	assert_int_equal(held(&books, "r2"), 0);
	assert_int_equal(view_voided(books.view), 2);
	take(&books, "r1", 2, ""); /* r1 has one */
	assert_int_equal(held(&books, "r1"), 1);
	take(&books, "nobody", 2, ""); /* there is no such run */
	assert_int_equal(held(&books, "nobody"), 0);
	assert_int_equal(next(&books), 2);
	take(&books, "r2", 2, "");
	assert_int_equal(held(&books, "r2"), 2);
	assert_int_equal(next(&books), 3);
}

static void test_view__a_rejection_frees_numbers(void **state)
{
	static const struct {
		bool intends;
		const char *end;
		int kept;
	} cases[] = {
		{ false, "rejected", 0 },
		{ true, "rejected", 1 },
		{ false, "failed", 1 },
		{ false, "done", 1 },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_books struct books books;

		books_open(&books);
		struct arena *arena = &books.git.arena;
		start(&books, "r1");
		start(&books, "r2");
		take(&books, "r1", 1, "");
		take(&books, "r2", 2, "");
		if (cases[i].intends)
			say(&books, EVENT_EFFECT_INTENDED,
			    "{\"run\":\"r1\",\"step\":\"send\","
			    "\"effect_key\":\"e\",\"effect\":\"email.send\","
			    "\"payload\":{}}");
		say(&books, EVENT_RUN_FINISHED,
		    arena_printf(arena, "{\"run\":\"r1\",\"state\":\"%s\"}",
		                 cases[i].end));
		assert_row(i, held(&books, "r1") == cases[i].kept);
		assert_row(i, held(&books, "r2") == 2);
		assert_row(i, next(&books) == (cases[i].kept ? 3 : 1));
	}
}

/* ---- Occasions ---- */

/* The effect of `run` on the occasion "june", as far as that. */
static void act(struct books *books, enum event_type type, const char *run)
{
	say(books, type,
	    arena_printf(
	            &books->git.arena,
	            "{\"run\":\"%s\",\"step\":\"send\","
	            "\"effect_key\":\"key of %s\",\"effect\":\"email.send\","
	            "\"once\":\"june\",\"payload\":{},"
	            "\"result\":{\"from\":\"%s\"}}",
	            run, run, run));
}

/* Who has it, and whether it is done: "r1 done"; "-" when nobody has. */
static const char *holder_of(struct books *books, const char *effect)
{
	struct arena *arena = &books->git.arena;
	struct once_record once;
	int found = view_once(books->view, arena, effect, "june", &once,
	                      &books->git.err);

	assert_true(found >= 0);
	if (!found)
		return "-";
	return arena_printf(arena, "%s %s", once.run,
	                    once.done ? json_of(arena, once.output) : "?");
}

static void test_view__an_occasion_is_taken_once(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "r1");
	start(&books, "r2");
	act(&books, EVENT_EFFECT_INTENDED, "r1");
	assert_string_equal(holder_of(&books, "email.send"), "r1 ?");
	act(&books, EVENT_EFFECT_INTENDED, "r2");
	assert_string_equal(holder_of(&books, "email.send"), "r1 ?");
	assert_int_equal(view_voided(books.view), 1);
	/* A failure gives it back. */
	act(&books, EVENT_EFFECT_FAILED, "r1");
	assert_string_equal(holder_of(&books, "email.send"), "-");
	act(&books, EVENT_EFFECT_INTENDED, "r2");
	act(&books, EVENT_EFFECT_DONE, "r2");
	assert_string_equal(holder_of(&books, "email.send"),
	                    "r2 {\"from\":\"r2\"}");
	assert_string_equal(holder_of(&books, "deal.won"), "-");
}

static void test_view__what_failed_may_be_intended_again(void **state)
{
	static const char finished[] = "{\"run\":\"r1\",\"state\":\"failed\"}";
	static const char retried[] =
	        "{\"run\":\"r1\",\"steps\":[{\"step\":\"send\"}]}";
	auto_books struct books books;
	struct effect_record effect;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "r1");
	say(&books, EVENT_RUN_RETRIED, retried); /* it has not failed */
	assert_int_equal(view_voided(books.view), 1);
	act(&books, EVENT_EFFECT_INTENDED, "r1");
	act(&books, EVENT_EFFECT_FAILED, "r1");
	say(&books, EVENT_RUN_FINISHED, finished);
	say(&books, EVENT_RUN_RETRIED, retried);
	assert_int_equal(view_effect(books.view, &books.git.arena, "key of r1",
	                             &effect, &books.git.err),
	                 0);
	act(&books, EVENT_EFFECT_INTENDED, "r1");
	assert_string_equal(holder_of(&books, "email.send"), "r1 ?");
	assert_int_equal(view_voided(books.view), 1);
	/* A second failure of the run leaves a doubt as it is. */
	say(&books, EVENT_RUN_FINISHED, finished);
	say(&books, EVENT_RUN_RETRIED, retried);
	assert_true(view_effect(books.view, &books.git.arena, "key of r1",
	                        &effect, &books.git.err) > 0);
	assert_string_equal(effect.state, "intended");
}

/* ---- Lists in events ---- */

static void test_view__lines_of_reused_steps(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	for (size_t i = 0; i < 5; i++)
		tell(&books, &story[i], 1);
	say(&books, EVENT_RUN_STARTED,
	    "{\"run\":\"r1\",\"job\":\"a\",\"run_title\":\"A\",\"steps\":["
	    "{\"id\":\"one\",\"kind\":\"read\"},"
	    "{\"id\":\"two\",\"kind\":\"read\"},"
	    "{\"id\":\"three\",\"kind\":\"read\"}]}");
	/* A line that is whole, one of no step, two that are broken, one
	 * again, an empty one, and one without a newline. */
	say(&books, EVENT_RUN_FINISHED,
	    "{\"run\":\"r1\",\"state\":\"done\",\"reused\":\""
	    "one - kq e1\\nnone - kq e1\\nbroken\\ntwo -\\none - kq e1\\n\\n"
	    "three - kq e1\"}");
	const char *text = says(&books);
	assert_non_null(strstr(
	        text, " one read reused key kq out {\"client\":\"Acme\"}\n"
	              " two read void\n"
	              " three read reused key kq out "
	              "{\"client\":\"Acme\"}\n"));
	assert_int_equal(view_voided(books.view), 4);
}

/* So many that they are a blob of the journal. */
static void test_view__a_long_list_of_reused_steps(void **state)
{
	auto_books struct books books;
	struct step_record *steps;
	size_t count;

	UNUSED_STATE(state);
	books_open(&books);
	struct arena *arena = &books.git.arena;
	auto_buf struct buf lines = buf_make(1 << 20);
	struct value *data = books_data(&books, "{\"run\":\"r1\",\"job\":\"a\","
	                                        "\"run_title\":\"A\"}");
	struct value *end =
	        books_data(&books, "{\"run\":\"r1\",\"state\":\"done\"}");
	struct value *rows = value_list(arena);
	for (int i = 0; i < 300; i++) {
		struct value *row = value_map(arena);
		value_map_text(arena, row, "id", arena_printf(arena, "s%d", i));
		value_map_text(arena, row, "kind", "read");
		value_list_add(arena, rows, row);
		buf_printf(&lines, "s%d - kq e1\n", i);
	}
	value_map_set(arena, data, "steps", rows);
	value_map_text(arena, end, "reused", lines.at);
	for (size_t i = 0; i < 2; i++)
		tell(&books, &story[i], 1);
	(void)journal_add(books.journal, EVENT_RUN_STARTED, "r1", data);
	(void)journal_add(books.journal, EVENT_RUN_FINISHED, "r1", end);
	books_flush(&books);
	fixture_ok(&books.git, view_steps(books.view, arena, "r1", &steps,
	                                  &count, &books.git.err));
	assert_int_equal(count, 300);
	for (size_t i = 0; i < count; i++) {
		assert_row(i, steps[i].state == STEP_REUSED);
		assert_row_text(i, steps[i].step,
		                arena_printf(arena, "s%zu", i));
	}
	assert_int_equal(view_voided(books.view), 0);
}

/* What the merge left out is declined, whatever it was before, and only once;
 * what failed stays failed. */
static void test_view__declines_what_was_left_out(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	say(&books, EVENT_RUN_STARTED,
	    "{\"run\":\"r1\",\"job\":\"a\",\"run_title\":\"A\",\"steps\":["
	    "{\"id\":\"made\",\"kind\":\"agent\"},"
	    "{\"id\":\"broke\",\"kind\":\"agent\"},"
	    "{\"id\":\"review\",\"kind\":\"gate\"},"
	    "{\"id\":\"send\",\"kind\":\"call\"}]}");
	say(&books, EVENT_STEP_FINISHED,
	    "{\"run\":\"r1\",\"step\":\"made\",\"output\":1}");
	say(&books, EVENT_STEP_FAILED,
	    "{\"run\":\"r1\",\"step\":\"broke\",\"reason\":\"no\"}");
	say(&books, EVENT_GATE_OPENED,
	    "{\"run\":\"r1\",\"step\":\"review\",\"n\":1,\"title\":\"T\","
	    "\"priority\":\"low\"}");
	say(&books, EVENT_GATE_APPROVED,
	    "{\"run\":\"r1\",\"step\":\"review\",\"n\":1,\"commit\":\"" PIN
	    "\",\"declined\":[\"made\",\"send\",\"made\",\"broke\",\"none\",7]}");
	assert_string_equal(says(&books), "run r1 a open 'A'\n"
	                                  " made agent declined out 1\n"
	                                  " broke agent failed why no\n"
	                                  " review gate done\n"
	                                  " send call declined\n"
	                                  " draft 1 merged 'T' low 1 by -\n"
	                                  "number 0 next 1\n");
	assert_int_equal(view_voided(books.view), 3);
}

static void test_view__a_rejected_gate_ends_its_step(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	for (size_t i = 5; i < 8; i++)
		tell(&books, &story[i], 1);
	say(&books, EVENT_GATE_REJECTED,
	    "{\"run\":\"bbbbbbbbbb\",\"step\":\"review\",\"n\":1,"
	    "\"reason\":\"no\",\"author\":\"ann\"}");
	say(&books, EVENT_RUN_FINISHED,
	    "{\"run\":\"bbbbbbbbbb\",\"state\":\"rejected\","
	    "\"reason\":\"no\"}");
	const char *text = says(&books);
	assert_non_null(strstr(text, " second rejected 'Second for Acme' why "
	                             "no\n"));
	assert_non_null(strstr(text, " review gate declined why no\n"
	                             " number call void\n"));
	assert_non_null(strstr(text, " draft 1 rejected"));
}

/* ---- Names ---- */

static void test_view__finds_runs_by_what_people_write(void **state)
{
	static const struct {
		const char *word;
		const char *run; /* NULL: none */
		enum error_code code;
	} cases[] = {
		{ "aaaaaaaabb", "aaaaaaaabb", ERR_NONE },
		{ "aaaaaaaabc", "aaaaaaaabc", ERR_NONE },
		{ "b", "bbbbbbbbbb", ERR_NONE },
		{ "j-bbbbbbbb", "bbbbbbbbbb", ERR_NONE },
		{ "job-bbbbbbbb", NULL, ERR_MISSING },
		{ "reeve/draft/j-bbbbbbbb.12", "bbbbbbbbbb", ERR_NONE },
		{ "aaaaaaaa", NULL, ERR_USAGE },
		{ "a", NULL, ERR_USAGE },
		{ "", NULL, ERR_MISSING },
		{ "job-", NULL, ERR_MISSING },
		{ "c", NULL, ERR_MISSING },
		{ "bbbbbbbbbbb", NULL, ERR_MISSING },
		{ "%", NULL, ERR_MISSING },
	};
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "aaaaaaaabb");
	start(&books, "aaaaaaaabc");
	start(&books, "bbbbbbbbbb");
	struct arena *arena = &books.git.arena;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run_record run;
		auto_error struct error err = { 0 };
		int rc = view_find_run(books.view, arena, cases[i].word, &run,
		                       &err);
		assert_row(i, (rc == 0) == (cases[i].run != NULL));
		assert_row(i, err.code == cases[i].code);
		if (rc == 0)
			assert_row_text(i, run.id, cases[i].run);
	}
	assert_string_equal(view_short_id(books.view, arena, "bbbbbbbbbb"),
	                    "bbbbbbbb");
	assert_string_equal(view_short_id(books.view, arena, "aaaaaaaabb"),
	                    "aaaaaaaabb");
}

static void test_view__notes_are_kept(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	struct arena *arena = &books.git.arena;
	assert_null(view_note(books.view, arena, "commits"));
	fixture_ok(&books.git,
	           view_set_note(books.view, "commits", "a", &books.git.err));
	fixture_ok(&books.git,
	           view_set_note(books.view, "commits", "b", &books.git.err));
	auto_view struct view *other = books_view(&books, "view.db", NULL);
	assert_string_equal(view_note(other, arena, "commits"), "b");
}

/* ---- Two processes, and trouble ---- */

/* Two handles on one file: whoever is second takes what the first folded. */
static void test_view__two_processes_fold_once(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	auto_view struct view *other = books_view(&books, "view.db", NULL);
	auto_journal struct journal *journal = books_journal(&books);
	journal_follow(journal, view_sink(other), view_cursor(other));
	/* The other sleeps while a number is given away, freed and given to
	 * somebody else. */
	start(&books, "r1");
	start(&books, "r2");
	take(&books, "r1", 1, "");
	say(&books, EVENT_RUN_FINISHED,
	    "{\"run\":\"r1\",\"state\":\"rejected\"}");
	const char *before = dump(&books, "view.db");
	fixture_ok(&books.git, journal_catch_up(journal, &books.git.err));
	assert_string_equal(dump(&books, "view.db"), before);
	assert_int_equal(next(&books), 1);
	struct oid tip = books_tip(&books);
	assert_true(oid_equal(journal_cursor(journal), &tip));

	/* And goes on from there. */
	(void)journal_add(journal, EVENT_RUN_FINISHED, "r2",
	                  books_data(&books, "{\"run\":\"r2\",\"state\":"
	                                     "\"done\"}"));
	fixture_ok(&books.git, journal_flush(journal, "x", &books.git.err));
	books_flush(&books);
	assert_int_equal(view_voided(books.view), 0);
	assert_non_null(strstr(says(&books), "run r2 j done"));
}

/* A catch-up that cannot be finished leaves no half of it behind. */
static void test_view__a_broken_catch_up_leaves_nothing(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	start(&books, "r1");
	const char *before = dump(&books, "view.db");
	(void)fixture_run(
	        &books.git,
	        "{ echo x; echo; git log -1 --format=%b reeve/journal | "
	        "sed s/r1/r2/g; echo nonsense; } | git commit-tree -p "
	        "reeve/journal reeve/journal^{tree} | xargs git update-ref "
	        "refs/heads/reeve/journal");
	for (int i = 0; i < 2; i++) {
		fixture_failed(&books.git,
		               journal_catch_up(books.journal, &books.git.err),
		               ERR_CORRUPT);
		assert_string_equal(dump(&books, "view.db"), before);
	}
}

static void test_view__a_damaged_file_is_moved_aside(void **state)
{
	static const char *const damages[] = {
		"printf 'not a database at all' >view.db",
		"truncate -s 50 view.db",
		"truncate -s 1000 view.db",
		"truncate -s 4096 view.db",
		"truncate -s 20000 view.db",
		"printf X | dd of=view.db bs=1 seek=0 conv=notrunc 2>/dev/null",
		"printf X | dd of=view.db bs=1 seek=19 conv=notrunc "
		"2>/dev/null",
		"printf X | dd of=view.db bs=1 seek=70 conv=notrunc "
		"2>/dev/null", /* application_id */
		"printf X | dd of=view.db bs=1 seek=63 conv=notrunc "
		"2>/dev/null", /* user_version */
		/* A page, after a process that was killed. */
		"dd if=/dev/zero of=view.db bs=4096 seek=2 count=1 "
		"conv=notrunc 2>/dev/null; : >view.db-wal",
		"rm view.db; mkdir view.db; touch view.db/x",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		auto_books struct books books;
		bool moved = false;

		books_open(&books);
		tell_story(&books, 1);
		const char *whole = dump(&books, "view.db");
		view_close(books.view);
		books.view = NULL;
		(void)fixture_run(&books.git, damages[i]);
		books.view = books_view(&books, "view.db", &moved);
		assert_row(i, moved);
		assert_row(i, oid_is_zero(view_cursor(books.view)));
		journal_follow(books.journal, view_sink(books.view),
		               view_cursor(books.view));
		fixture_ok(&books.git,
		           journal_catch_up(books.journal, &books.git.err));
		assert_row(i, strcmp(dump(&books, "view.db"), whole) == 0);
		assert_string_equal(fixture_run(&books.git,
		                                "test -e view.db.broken && "
		                                "echo there"),
		                    "there");
	}
}

/* Nothing there, or nothing in it: no damage, only a beginning. */
static void test_view__an_empty_file_is_filled(void **state)
{
	static const char *const cases[] = { "rm view.db", ": >view.db" };

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_books struct books books;
		bool moved = true;

		books_open(&books);
		tell_story(&books, 1);
		view_close(books.view);
		books.view = NULL;
		(void)fixture_run(&books.git, cases[i]);
		books.view = books_view(&books, "view.db", &moved);
		assert_row(i, !moved);
		journal_follow(books.journal, view_sink(books.view),
		               view_cursor(books.view));
		fixture_ok(&books.git,
		           journal_catch_up(books.journal, &books.git.err));
		assert_row_text(i, says(&books), story_says);
	}
}

static void test_view__another_journals_file_is_moved_aside(void **state)
{
	auto_books struct books books;
	auto_books struct books other;
	bool moved = false;

	UNUSED_STATE(state);
	books_open(&books);
	tell_story(&books, 1);
	view_close(books.view);
	books.view = NULL;
	books_open(&other);
	(void)fixture_run(&books.git,
	                  arena_printf(&books.git.arena, "cp view.db %s/its.db",
	                               other.git.dir));
	auto_view struct view *view = books_view(&other, "its.db", &moved);
	assert_true(moved);
	assert_true(oid_is_zero(view_cursor(view)));
}
