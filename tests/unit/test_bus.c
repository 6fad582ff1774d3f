#include "tests/unit/fixture_bus.h"

#include <signal.h>
#include <sys/resource.h>

#include "store/base/limits.h"
#include "store/base/text.h"

#define MAIL       "{ to: ann@acme.example, subject: Hello, text: Hi. }"
#define FILE_OF_S1 "outbox/2026-11-22-ann-acme-example-key00000.eml"

/* Perform it: the result, or NULL with the code that it failed with. */
static const struct value *perform(const struct bus_request *request,
                                   enum error_code code)
{
	auto_error struct error err = { 0 };
	struct bus_answer answer = { 0 };
	int rc = bus_perform(request, &answer, &err);

	if (err.code != code)
		fail_msg("code %d: %s", (int)err.code,
		         err.message ? err.message : "it was performed");
	assert_int_equal(rc, code == ERR_NONE ? 0 : -1);
	return answer.result;
}

static const char *git(struct office *office, const char *command)
{
	return fixture_run(&office->books.git, command);
}

static const char *mails(struct office *office)
{
	return git(office, "ls outbox 2>/dev/null | wc -l");
}

static struct effect_record effect_of(struct office *office, const char *key)
{
	struct effect_record effect;
	struct books *books = &office->books;

	assert_int_equal(view_effect(books->view, &books->git.arena, key,
	                             &effect, &books->git.err),
	                 1);
	return effect;
}

/* ---- Permission ---- */

/* What the pin allows and the owner's branch still allows; a merge releases
 * what is gated, never what is forbidden. */
static void test_bus__both_must_permit_it(void **state)
{
	enum {
		GATE,
		AUTO,
		NEVER,
		VERDICTS
	};

	static const char *const policies[] = {
		[GATE] = "[]",
		[AUTO] = "[{ effect: email.send, then: auto }]",
		[NEVER] = "[{ effect: email.send, then: never }]",
	};
	static const bool truth[VERDICTS][VERDICTS][2] = {
		[GATE][GATE] = { false, true },
		[GATE][AUTO] = { false, true },
		[AUTO][GATE] = { false, true },
		[AUTO][AUTO] = { true, true },
	};
	auto_office struct office office;
	const struct config *configs[VERDICTS];

	UNUSED_STATE(state);
	office_open(&office);
	for (size_t i = 0; i < VERDICTS; i++)
		configs[i] = office_config(&office, policies[i]);
	for (size_t row = 0; row < 2 * VERDICTS * VERDICTS; row++) {
		size_t pinned = row / 2 / VERDICTS;
		size_t current = row / 2 % VERDICTS;
		auto_error struct error err = { 0 };
		struct bus_answer answer = { 0 };
		struct bus_request request =
		        office_request(&office, "s1", "email.send", MAIL);

		request.pinned = configs[pinned];
		request.current = configs[current];
		request.released = row % 2;
		bool permitted = truth[pinned][current][row % 2];
		assert_row(row, (bus_prove(&request, &err) == 0) == permitted);
		assert_row(row, permitted || err.code == ERR_FAILED);
		assert_row_text(row, mails(&office), "0");
		if (permitted)
			continue;
		error_clear(&err);
		assert_row(row, bus_perform(&request, &answer, &err) == -1);
		assert_row(row, err.code == ERR_FAILED);
		bool forbidden = pinned == NEVER || current == NEVER;
		assert_row(row, strstr(err.message, "forbids") || !forbidden ||
		                        !request.released);
		assert_row(row, !forbidden || !request.released ||
		                        !strstr(err.message, "no merge"));
	}
	/* Neither proving nor refusing has left a trace. */
	assert_string_equal(office_journal(&office), "");
	assert_string_equal(mails(&office), "0");
}

static void test_bus__a_line_may_be_for_one_receiver(void **state)
{
	static const struct {
		const char *with;
		enum error_code code;
	} cases[] = {
		{ "{ to: ann@acme.example, subject: a, text: b }", ERR_NONE },
		{ "{ to: bob@acme.example, subject: a, text: b }", ERR_FAILED },
		{ "{ to: [ ann@acme.example, bob@acme.example ], subject: a, "
		  "text: b }",
		  ERR_FAILED },
	};
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	const struct config *config = office_config(
	        &office,
	        "[{ effect: email.send, to: ann@acme.example, then: auto }]");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct error err = { 0 };
		struct bus_request request = office_request(
		        &office, "s1", "email.send", cases[i].with);

		request.pinned = request.current = config;
		assert_row(i, bus_prove(&request, &err) ==
		                      (cases[i].code ? -1 : 0));
		assert_row(i, err.code == cases[i].code);
	}
}

static void test_bus__what_is_not_well_formed_leaves_no_trace(void **state)
{
	static const struct {
		const char *effect;
		const char *with;
	} cases[] = {
		{ "email.sned", MAIL },
		{ "email.send", "{}" },
		{ "email.send", "{ to: ann@acme.example, subject: Hello }" },
		{ "email.send", "{ to: ann, subject: Hello, text: Hi. }" },
		{ "email.send", "{ to: [], subject: Hello, text: Hi. }" },
		{ "email.send", "{ to: ann@acme.example, subject: \"a\\nBcc: "
		                "b@b.example\", text: Hi. }" },
		{ "email.send", "{ to: ann@acme.example, subject: a, text: b, "
		                "bcc: b@b.example }" },
		{ "sequence.next", "{}" },
		{ "sequence.next", "{ name: a, format: none }" },
	};
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bus_request request = office_request(
		        &office, "s1", cases[i].effect, cases[i].with);

		request.released = true;
		(void)perform(&request, ERR_FAILED);
		assert_row_text(i, office_journal(&office), "");
		assert_row_text(i, mails(&office), "0");
	}
}

static void test_bus__settings_are_checked(void **state)
{
	static const struct {
		const char *connectors;
		const char *message; /* NULL: fine */
	} cases[] = {
		{ "{}", NULL },
		{ "{ email: { transport: file, from: a@b.example } }", NULL },
		{ "{ emial: {} }", "there is no connector \"emial\"" },
		{ "{ email: { transport: pigeon, from: a@b.example } }",
		  "transport" },
		{ "{ email: { transport: file } }", "from" },
		{ "{ sequence: {} }", "there is no connector \"sequence\"" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_errors struct errors errors = { 0 };
		const char *text =
		        arena_printf(&arena, "version: 1\nconnectors: %s\n",
		                     cases[i].connectors);
		const struct config *config = config_parse(
		        &arena, text, strlen(text), &bus_language, &errors);

		if (config)
			bus_check(config, &errors);
		assert_row(i, (errors.count > 0) == (cases[i].message != NULL));
		if (!errors.count)
			continue;
		assert_row(i,
		           strstr(errors.items[0].message, cases[i].message));
		assert_row(i, errors.items[0].pos.line == 2);
		assert_row_text(i, errors.items[0].file, "reeve.yaml");
	}
}

/* ---- Once ---- */

static void test_bus__intent_mail_result(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct bus_request request =
	        office_request(&office, "s1", "email.send", MAIL);
	request.released = true;
	const struct value *result = perform(&request, ERR_NONE);
	assert_string_equal(value_get_text(result, "file", ""), FILE_OF_S1);
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.done");
	assert_string_equal(git(&office, "git log --reverse --format=%s -2 "
	                                 "reeve/journal"),
	                    "bill r1: s1 intends email.send\n"
	                    "bill r1: s1 email.send sent");
	assert_string_equal(git(&office, "grep -c Hi. " FILE_OF_S1), "1");
	struct effect_record effect = effect_of(&office, request.key);
	assert_string_equal(effect.state, "done");
	assert_string_equal(value_get_text(effect.payload, "file", ""),
	                    FILE_OF_S1);

	/* The key has its result: nothing is done, whatever is asked now. */
	(void)git(&office, "rm -r outbox");
	request = office_request(&office, "s1", "email.send",
	                         "{ to: bob@b.example, subject: a, text: b }");
	request.released = true;
	assert_true(value_equal(perform(&request, ERR_NONE), result));
	assert_string_equal(mails(&office), "0");
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.done");
}

/* The receiver said no: that is a result, too. */
static void test_bus__a_refusal_is_recorded(void **state)
{
	auto_office struct office office;
	auto_error struct error err = { 0 };
	struct bus_answer answer = { 0 };

	UNUSED_STATE(state);
	office_open(&office);
	(void)git(&office, "mkdir outbox && echo other >" FILE_OF_S1);
	struct bus_request request =
	        office_request(&office, "s1", "email.send", MAIL);
	request.released = true;
	(void)perform(&request, ERR_FAILED);
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.failed");
	assert_string_equal(effect_of(&office, request.key).state, "failed");
	assert_string_equal(git(&office, "cat " FILE_OF_S1), "other");

	/* It is not tried again, and nobody is in doubt. */
	(void)git(&office, "rm -r outbox");
	assert_int_equal(bus_perform(&request, &answer, &err), -1);
	assert_int_equal(err.code, ERR_FAILED);
	assert_null(strstr(err.message, "in doubt"));
	assert_string_equal(mails(&office), "0");
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.failed");
}

/* ---- Doubt ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Perform a mail that does not fit the disk, although its intent does: the
 * request, whose effect is in doubt now. */
static struct bus_request fall_into_doubt(struct office *office)
{
	auto_buf struct buf text = buf_make(4u << 20);
	struct bus_request request =
	        office_request(office, "s1", "email.send",
	                       "{ to: ann@acme.example, subject: Hello }");
	struct value *with = value_copy(request.arena, request.with);

	for (int i = 0; i < 50000; i++)
		buf_add_text(&text, "All work and no play makes a long "
		                    "mail.\n");
	value_map_set(request.arena, with, "text",
	              value_bytes(request.arena, text.at, text.len));
	request.with = with;
	request.released = true;
	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files(1u << 20);
	auto_error struct error err = { 0 };
	struct bus_answer answer = { 0 };
	int rc = bus_perform(&request, &answer, &err);
	limit_files(0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_non_null(strstr(err.message, "email.send is in doubt"));
	return request;
}

static int settle(struct office *office, const char *key)
{
	struct effect_record effect = effect_of(office, key);
	struct error *err = &office->books.git.err;
	int rc = bus_settle(&office->env, office->config, &effect, err);

	if (rc < 0)
		fail_msg("%s", err->message);
	return rc;
}

/* The intent is on disk when the sending fails, as a stranger sees it. */
static void test_bus__the_intent_is_durable_first(void **state)
{
	auto_office struct office office;
	struct effect_record *effects;
	size_t count;

	UNUSED_STATE(state);
	office_open(&office);
	struct books *books = &office.books;
	struct bus_request request = fall_into_doubt(&office);
	assert_string_equal(office_journal(&office), "effect.intended");
	auto_view struct view *view = books_view(books, "other.db", NULL);
	auto_journal struct journal *journal = books_journal(books);
	journal_follow(journal, view_sink(view), view_cursor(view));
	fixture_ok(&books->git, journal_catch_up(journal, &books->git.err));
	fixture_ok(&books->git,
	           view_effects_in_doubt(view, &books->git.arena, &effects,
	                                 &count, &books->git.err));
	assert_int_equal(count, 1);
	assert_string_equal(effects[0].key, request.key);

	/* While nobody knows, nothing is sent under that key. */
	(void)perform(&request, ERR_FAILED);
	assert_string_equal(office_journal(&office), "effect.intended");
	assert_string_equal(mails(&office), "0");
}

static void test_bus__what_was_not_done_is_done(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct bus_request request = fall_into_doubt(&office);
	assert_int_equal(settle(&office, request.key), 1);
	assert_string_equal(effect_of(&office, request.key).state, "waiting");
	assert_string_equal(mails(&office), "0");
	/* What was frozen is sent, whatever is asked now. */
	const struct value *asked = request.with;
	request.with = office_request(&office, "s1", "email.send", MAIL).with;
	assert_string_equal(
	        value_get_text(perform(&request, ERR_NONE), "file", ""),
	        FILE_OF_S1);
	request.with = asked;
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.tried effect.intended "
	                    "effect.done");
	assert_string_equal(git(&office, "grep -c 'All work' " FILE_OF_S1),
	                    "50000");
}

static void test_bus__what_was_done_is_found(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct books *books = &office.books;
	struct bus_request request = fall_into_doubt(&office);
	/* The mail went out, and then the process died. */
	struct effect_record effect = effect_of(&office, request.key);
	struct value *payload = NULL;
	struct reply sent = { 0 };
	fixture_ok(&books->git,
	           journal_resolve(books->git.repo, &books->git.arena,
	                           effect.payload, &payload, &books->git.err));
	struct call call = {
		.arena = &books->git.arena,
		.env = &office.env,
		.key = request.key,
		.payload = payload,
	};
	fixture_ok(&books->git,
	           email_send.perform(&call, &sent, &books->git.err));
	(void)git(&office, "touch -d 2001-01-01 " FILE_OF_S1);
	assert_int_equal(settle(&office, request.key), 1);
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.done");
	assert_string_equal(git(&office, "git log -1 --format=%s "
	                                 "reeve/journal | grep -o found"),
	                    "found");
	assert_true(value_equal(perform(&request, ERR_NONE), sent.result));
	assert_string_equal(mails(&office), "1");
	assert_string_equal(git(&office, "stat -c %y " FILE_OF_S1 " | "
	                                 "cut -d- -f1"),
	                    "2001");
}

/* Its mail may lie in the other one's folder. */
static void test_bus__nothing_here_says_nothing_of_another_engine(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct bus_request request = fall_into_doubt(&office);
	journal_sign(office.env.journal, "/reeve/elsewhere");
	assert_int_equal(settle(&office, request.key), 0);
	assert_string_equal(office_journal(&office), "effect.intended");
	assert_string_equal(effect_of(&office, request.key).state, "intended");
}

static void test_bus__what_cannot_be_told_stays_in_doubt(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct bus_request request = fall_into_doubt(&office);
	(void)git(&office, "rm -rf outbox && echo >outbox");
	assert_int_equal(settle(&office, request.key), 0);
	assert_string_equal(office_journal(&office), "effect.intended");
	assert_string_equal(effect_of(&office, request.key).state, "intended");
}

/* The retry is refused: that settles it. */
static void test_bus__a_retry_may_be_refused(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	struct bus_request request = fall_into_doubt(&office);
	(void)git(&office, "mkdir -p outbox && echo other >" FILE_OF_S1);
	assert_int_equal(settle(&office, request.key), 1);
	(void)perform(&request, ERR_FAILED);
	assert_string_equal(office_journal(&office),
	                    "effect.intended effect.tried effect.intended "
	                    "effect.failed");
}

/* ---- Endpoints ---- */

/* The journal says of a try of `step` at an endpoint. */
static void tried(struct office *office, const char *step, const char *outcome,
                  bool fault)
{
	struct arena *arena = &office->books.git.arena;

	books_add(&office->books, EVENT_EFFECT_INTENDED,
	          arena_printf(arena,
	                       "{\"run\":\"r1\",\"step\":\"%s\",\"item\":"
	                       "\"\",\"effect_key\":\"k-%s\",\"effect\":"
	                       "\"email.send\",\"endpoint\":\"e:25\","
	                       "\"payload\":{},\"verify\":\"ask\"}",
	                       step, step));
	books_add(&office->books, EVENT_EFFECT_TRIED,
	          arena_printf(arena,
	                       "{\"run\":\"r1\",\"step\":\"%s\",\"item\":"
	                       "\"\",\"effect_key\":\"k-%s\",\"effect\":"
	                       "\"email.send\",\"endpoint\":\"e:25\","
	                       "\"outcome\":\"%s\",\"attempt\":1,"
	                       "\"fault\":%s,\"reason\":\"no\"}",
	                       step, step, outcome, fault ? "true" : "false"));
	books_flush(&office->books);
}

static int64_t failures(struct office *office)
{
	struct books *books = &office->books;
	struct endpoint_record *endpoints;
	size_t count;

	fixture_ok(&books->git,
	           view_endpoints(books->view, &books->git.arena, "e:25",
	                          &endpoints, &count, &books->git.err));
	return count ? endpoints[0].breaker.failures : 0;
}

/* What was not sent waits, what was not answered is in doubt; faults alone
 * count for the breaker, and an answer ends the count. */
static void test_bus__tries_are_folded(void **state)
{
	auto_office struct office office;

	UNUSED_STATE(state);
	office_open(&office);
	tried(&office, "s1", "unsent", true);
	assert_string_equal(effect_of(&office, "k-s1").state, "waiting");
	assert_int_equal(effect_of(&office, "k-s1").attempts, 1);
	tried(&office, "s1", "unsent", true);
	assert_string_equal(effect_of(&office, "k-s1").state, "waiting");
	assert_int_equal(failures(&office), 2);
	tried(&office, "s2", "unanswered", false);
	assert_string_equal(effect_of(&office, "k-s2").state, "intended");
	assert_int_equal(failures(&office), 2);
	books_add(&office.books, EVENT_EFFECT_DONE,
	          "{\"run\":\"r1\",\"step\":\"s2\",\"item\":\"\","
	          "\"effect_key\":\"k-s2\",\"effect\":\"email.send\","
	          "\"endpoint\":\"e:25\",\"result\":{},\"how\":\"sent\"}");
	books_flush(&office.books);
	assert_string_equal(effect_of(&office, "k-s2").state, "done");
	assert_int_equal(failures(&office), 0);
}
