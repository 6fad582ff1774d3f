#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/bus/connector.h"
#include "engine/bus/message.h"
#include "store/base/fd.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"

#define KEY       "0123456789abcdefghjkmnpqrs"
#define FILE_NAME "outbox/2026-11-23-ann-acme-example-01234567.eml"

static const char settings[] =
        "{ transport: file, from: 'Ada <ada@example.com>' }";
static const char with[] =
        "{ to: ann@acme.example, subject: Hello, text: Hi. }";

/* 2026-11-22T23:15:00Z, a quarter past midnight in Berlin; one hour later at
 * each look. */
static int64_t tick(void *state)
{
	int64_t *looks = state;

	return INT64_C(1795389300000) + (*looks)++ * 3600000;
}

/* A company's folder of its own, and a mail to be sent from it. */
struct office {
	struct arena arena;
	int64_t looks;
	struct clock clock;
	struct env env;
	struct call call;
};

static struct value *parse(struct arena *arena, const char *yaml)
{
	auto_error struct error err = { 0 };
	struct value *value =
	        yaml_parse(arena, "case", yaml, strlen(yaml), 1, &err);

	if (value == NULL)
		fail_msg("%s", err.message);
	return value;
}

static void office_open(struct office *office, const char *work_dir)
{
	auto_error struct error err = { 0 };

	*office = (struct office){ .clock = { .wall_ms = tick } };
	office->clock.state = &office->looks;
	office->env.clock = &office->clock;
	office->env.work_dir = work_dir;
	office->env.timezone = "Europe/Berlin";
	office->call.arena = &office->arena;
	office->call.env = &office->env;
	office->call.key = KEY;
	office->call.settings = parse(&office->arena, settings);
	office->call.with = parse(&office->arena, with);
	assert_int_equal(dir_make(work_dir, &err), 0);
}

static void office_close(struct office *office)
{
	arena_clear(&office->arena);
}

#define auto_office CLEANUP(office_close)

static void freeze(struct office *office)
{
	auto_error struct error err = { 0 };
	struct value *payload = NULL;

	if (email_send.freeze(&office->call, &payload, &err) < 0)
		fail_msg("%s", err.message);
	office->call.payload = payload;
}

/* The message of the error that freezing gives, which must be ERR_FAILED. */
static const char *refused(struct office *office)
{
	auto_error struct error err = { 0 };
	struct value *payload = NULL;

	assert_int_equal(email_send.freeze(&office->call, &payload, &err), -1);
	assert_null(payload);
	assert_int_equal(err.code, ERR_FAILED);
	return arena_strdup(&office->arena, err.message);
}

static struct value *perform(struct office *office)
{
	auto_error struct error err = { 0 };
	struct reply reply = { 0 };

	if (email_send.perform(&office->call, &reply, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(reply.kind, REPLY_DONE);
	return reply.result;
}

static enum finding verify(struct office *office, struct value **ret_result)
{
	auto_error struct error err = { 0 };
	enum finding finding = FOUND_NOTHING;

	*ret_result = NULL;
	if (email_send.verify(&office->call, &finding, ret_result, &err) < 0)
		fail_msg("%s", err.message);
	return finding;
}

static const char *path_in(struct office *office, const char *file)
{
	return arena_printf(&office->arena, "%s/%s", office->env.work_dir,
	                    file);
}

static const char *read_mail(struct office *office, const char *file)
{
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	auto_error struct error err = { 0 };

	if (file_read(path_in(office, file), &bytes, &err) < 0)
		fail_msg("%s", err.message);
	return arena_strdup(&office->arena, bytes.at);
}

static void write_file(struct office *office, const char *file,
                       const char *text)
{
	auto_error struct error err = { 0 };

	assert_int_equal(file_replace(path_in(office, file), text, strlen(text),
	                              0644, &err),
	                 0);
}

static void test_email__freezes_all_that_is_sent(void **state)
{
	auto_office struct office office;
	const struct value *wanted;

	UNUSED_STATE(state);
	office_open(&office, "freeze");
	freeze(&office);
	wanted = parse(&office.arena, "transport: file\n"
	                              "from: Ada <ada@example.com>\n"
	                              "to: [ann@acme.example]\n"
	                              "subject: Hello\n"
	                              "text: Hi.\n"
	                              "date: Mon, 23 Nov 2026 00:15:00 +0100\n"
	                              "day: '2026-11-23'\n"
	                              "message_id: <" KEY "@example.com>\n"
	                              "file: " FILE_NAME "\n");
	assert_true(value_equal(office.call.payload, wanted));
	assert_int_equal(office.looks, 1);
	assert_false(file_exists(path_in(&office, "outbox")));
}

static void test_email__sends_what_was_frozen(void **state)
{
	auto_office struct office office;
	const struct value *wanted;

	UNUSED_STATE(state);
	office_open(&office, "send");
	freeze(&office);
	office.call.with = NULL;
	office.call.settings = NULL;
	wanted = parse(&office.arena, "message_id: <" KEY "@example.com>\n"
	                              "file: " FILE_NAME "\n"
	                              "date: '2026-11-23'\n");
	assert_true(value_equal(perform(&office), wanted));
	assert_string_equal(read_mail(&office, FILE_NAME),
	                    "From: Ada <ada@example.com>\r\n"
	                    "To: ann@acme.example\r\n"
	                    "Subject: Hello\r\n"
	                    "Date: Mon, 23 Nov 2026 00:15:00 +0100\r\n"
	                    "Message-ID: <" KEY "@example.com>\r\n"
	                    "MIME-Version: 1.0\r\n"
	                    "Content-Type: text/plain; charset=utf-8\r\n"
	                    "Content-Transfer-Encoding: 7bit\r\n"
	                    "\r\n"
	                    "Hi.\r\n");
}

static void test_email__takes_lists_names_and_answers(void **state)
{
	auto_office struct office office;
	const char *mail;

	UNUSED_STATE(state);
	office_open(&office, "lists");
	office.call.settings = parse(
	        &office.arena, "{ transport: file, folder: mail/out, from: "
	                       "'\"Ada, Inc.\" <ada@mail.example.com>' }");
	office.call.with = parse(&office.arena,
	                         "{ to: [ 'Ann <ann@acme.example>', "
	                         "tom@globex.example ], subject: Grüße, text: "
	                         "Hi., answers: <earlier@example.com> }");
	freeze(&office);
	(void)perform(&office);
	mail = read_mail(&office,
	                 "mail/out/2026-11-23-ann-acme-example-01234567.eml");
	assert_non_null(strstr(mail, "From: \"Ada, Inc.\" "
	                             "<ada@mail.example.com>\r\n"
	                             "To: Ann <ann@acme.example>, "
	                             "tom@globex.example\r\n"
	                             "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"));
	assert_non_null(strstr(mail, "Message-ID: <" KEY "@mail.example.com>"));
	assert_non_null(strstr(mail, "References: <earlier@example.com>\r\n"));
}

static void test_email__sends_once(void **state)
{
	auto_office struct office office;
	struct value *first;
	struct stat before;
	struct stat after;

	UNUSED_STATE(state);
	office_open(&office, "once");
	freeze(&office);
	first = perform(&office);
	assert_int_equal(stat(path_in(&office, FILE_NAME), &before), 0);
	assert_true(value_equal(perform(&office), first));
	assert_int_equal(stat(path_in(&office, FILE_NAME), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void test_email__replaces_no_other_file(void **state)
{
	static const char *const others[] = {
		"",
		"Message-ID: <other@example.com>\r\n\r\n",
		"From: x\r\n\r\nMessage-ID: <" KEY "@example.com>\r\n",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		auto_office struct office office;
		auto_error struct error err = { 0 };
		struct value *result = NULL;
		struct reply reply = { 0 };

		office_open(&office, "other");
		write_file(&office, FILE_NAME, others[i]);
		freeze(&office);
		assert_int_equal(verify(&office, &result), FOUND_NOT_DONE);
		assert_row(i,
		           email_send.perform(&office.call, &reply, &err) < 0);
		assert_row(i, err.code == ERR_FAILED &&
		                      reply.kind == REPLY_REFUSED);
		assert_row_text(i, read_mail(&office, FILE_NAME), others[i]);
	}
}

static void test_email__verify_looks_for_the_file(void **state)
{
	auto_office struct office office;
	struct value *sent;
	struct value *found;

	UNUSED_STATE(state);
	office_open(&office, "verify");
	freeze(&office);
	office.call.with = NULL;
	office.call.settings = NULL;
	assert_int_equal(verify(&office, &found), FOUND_NOT_DONE);
	assert_null(found);
	sent = perform(&office);
	assert_int_equal(verify(&office, &found), FOUND_DONE);
	assert_true(value_equal(found, sent));
	assert_int_equal(unlink(path_in(&office, FILE_NAME)), 0);
	assert_int_equal(verify(&office, &found), FOUND_NOT_DONE);
}

/* Nothing is written, or believed, through what is not a plain folder. */
static void test_email__follows_no_link(void **state)
{
	auto_office struct office office;
	auto_error struct error err = { 0 };
	struct value *result = NULL;
	struct reply reply = { 0 };

	UNUSED_STATE(state);
	office_open(&office, "link");
	assert_int_equal(dir_make("elsewhere", &err), 0);
	assert_int_equal(symlink("../elsewhere", "link/outbox"), 0);
	freeze(&office);
	assert_int_equal(verify(&office, &result), FOUND_NOTHING);
	assert_int_equal(email_send.perform(&office.call, &reply, &err), -1);
	assert_int_equal(err.code, ERR_FAILED);
	assert_string_equal(err.message, "cannot write mail to \"" FILE_NAME
	                                 "\": \"outbox\" is not a folder");
	assert_int_equal(rmdir("elsewhere"), 0);
}

static void test_email__a_link_is_no_mail(void **state)
{
	auto_office struct office office;
	auto_error struct error err = { 0 };
	struct value *result = NULL;
	struct reply reply = { 0 };

	UNUSED_STATE(state);
	office_open(&office, "linked");
	write_file(&office, "mail", "Message-ID: <" KEY "@example.com>\r\n");
	assert_int_equal(dir_make(path_in(&office, "outbox"), &err), 0);
	assert_int_equal(symlink("../mail", path_in(&office, FILE_NAME)), 0);
	freeze(&office);
	assert_int_equal(verify(&office, &result), FOUND_NOT_DONE);
	assert_int_equal(email_send.perform(&office.call, &reply, &err), -1);
	assert_int_equal(err.code, ERR_FAILED);
}

static void test_email__what_may_pass_is_no_refusal(void **state)
{
	auto_office struct office office;
	auto_error struct error err = { 0 };
	struct reply reply = { 0 };

	UNUSED_STATE(state);
	office_open(&office, "proc");
	freeze(&office);
	/* Nobody can make a folder there, not even root. */
	office.env.work_dir = "/proc";
	assert_int_equal(email_send.perform(&office.call, &reply, &err), -1);
	assert_int_not_equal(err.code, ERR_FAILED);
	assert_int_equal(reply.kind, REPLY_NONE);
}

static void test_email__needs_good_settings(void **state)
{
	static const struct {
		const char *settings; /* NULL: none */
		const char *message;
	} cases[] = {
		{ NULL, "cannot send mail: reeve.yaml does not say how" },
		{ "{ transport: file }", "email needs \"from\"" },
		{ "{ from: ada@example.com }", "email needs \"transport\"" },
		{ "{ transport: smtp, from: ada@example.com }",
		  "\"transport\" must be file, not \"smtp\"" },
		{ "{ transport: file, from: Ada }",
		  "\"from\" in reeve.yaml: \"Ada\" is no mail address" },
		{ "{ transport: file, from: \"Ada\\r\\nBcc: "
		  "<eve@evil.example>\" }",
		  "\"from\" in reeve.yaml: cannot write a mail: a name has a "
		  "control character (U+000D)" },
		{ "{ transport: file, from: ada@example.com, folder: ../x }",
		  NULL },
		{ "{ transport: file, from: ada@example.com, folder: /x }",
		  NULL },
		{ "{ transport: file, from: ada@example.com, folder: .git }",
		  NULL },
		{ "{ transport: file, from: ada@example.com, folder: a/.b }",
		  NULL },
		{ "{ transport: file, from: ada@example.com, folder: jobs }",
		  NULL },
		{ "{ transport: file, from: ada@example.com, folder: a/ }",
		  NULL },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_office struct office office;
		const char *message;

		office_open(&office, "settings");
		office.call.settings =
		        cases[i].settings == NULL
		                ? NULL
		                : parse(&office.arena, cases[i].settings);
		message = refused(&office);
		if (cases[i].message != NULL)
			assert_row_text(i, message, cases[i].message);
	}
}

static void test_email__refuses_what_is_no_mail(void **state)
{
	static const char *const cases[] = {
		"{ to: Ann }",
		"{ to: '' }",
		"{ to: [] }",
		"{ to: 'a@b.example, c@d.example' }",
		"{ to: [a@b.example, ''] }",
		"{ to: \"a@b.example\\nBcc: c@d.example\" }",
		"{ subject: \"a\\nBcc: c@d.example\" }",
		"{ answers: '' }",
		"{ answers: c@d }",
		"{ answers: \"<c@d>\\r\\nBcc: e@f.example\" }",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_office struct office office;
		struct value *with_case;
		const struct value *change;

		office_open(&office, "refuse");
		with_case = parse(&office.arena, with);
		change = parse(&office.arena, cases[i]);
		value_map_set(&office.arena, with_case, change->members[0].name,
		              change->members[0].value);
		office.call.with = with_case;
		assert_row(i, strlen(refused(&office)) > 0);
	}
}

/* A NUL would hide what stands behind it. */
static void test_email__refuses_nul_in_every_text(void **state)
{
	static const struct {
		const char *name;
		const char *text; /* before the NUL: fine */
	} cases[] = {
		{ "to", "a@b.example" },
		{ "subject", "a" },
		{ "text", "b" },
		{ "answers", "<c@d>" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_office struct office office;
		struct value *with_nul;
		const char *text = cases[i].text;

		office_open(&office, "nul");
		with_nul = parse(&office.arena, with);
		value_map_text(&office.arena, with_nul, cases[i].name, text);
		office.call.with = with_nul;
		freeze(&office);
		value_map_set(
		        &office.arena, with_nul, cases[i].name,
		        value_bytes(&office.arena, text, strlen(text) + 1));
		assert_non_null(strstr(refused(&office), "U+0000"));
	}
}

static void test_email__says_what_it_does(void **state)
{
	static const struct {
		const char *with;
		const char *text;
	} cases[] = {
		{ "{ to: ann@acme.example, subject: Hello }",
		  "send a mail to ann@acme.example: Hello" },
		{ "{ to: [a@b.example, 'C <c@d.example>'], subject: Hello }",
		  "send a mail to a@b.example, C <c@d.example>: Hello" },
		{ "{ to: [], subject: Hello }", "send a mail to ?: Hello" },
		{ "{ to: 1 }", "send a mail to ?: ?" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		const struct value *value = parse(&arena, cases[i].with);

		assert_row_text(i, email_send.effect.describe(&arena, value),
		                cases[i].text);
	}
}
