#include "tests/unit/unit.h"

#include "engine/bus/message.h"
#include "store/base/hash.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static const struct mailbox ann = { "Ann", "ann@acme.example" };

static struct message plain_message(void)
{
	return (struct message){
		.from = { "Ada", "ada@example.com" },
		.to = &ann,
		.to_count = 1,
		.subject = "Hello",
		.date = "Sun, 22 Nov 2026 09:15:00 +0100",
		.id = "<key@example.com>",
		.text = "Hi.\n",
	};
}

/* Write `message`, which must succeed, as text in `ret`. */
static void write(const struct message *message, struct buf *ret)
{
	auto_error struct error err = { 0 };

	if (message_write(message, ret, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(strlen(ret->at), ret->len);
}

static const char *body_of(const struct buf *mail)
{
	const char *blank = strstr(mail->at, "\r\n\r\n");

	assert_non_null(blank);
	return blank + 4;
}

/* The header of that name, folded as it is, up to the end of its last line. */
static char *header_of(struct arena *arena, const struct buf *mail,
                       const char *name)
{
	const char *from = mail->at;
	const char *end;

	while (!text_starts(from, name)) {
		from = strstr(from, "\r\n");
		assert_non_null(from);
		from += 2;
	}
	end = strstr(from, "\r\n");
	while (end != NULL && end[2] == ' ')
		end = strstr(end + 2, "\r\n");
	assert_non_null(end);
	return arena_strndup(arena, from, (size_t)(end - from));
}

/* A reader's view of a header: unfolded, encoded words decoded, each of which
 * must be whole characters. */
static char *decode(struct arena *arena, const char *header)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	bool encoded = false;

	while (*header != '\0') {
		const char *word = header + strspn(header, "\r\n ");
		char bytes[46];
		size_t len;

		if (!text_starts(word, "=?UTF-8?B?")) {
			len = strspn(header, "\r\n");
			header += len;
			encoded = false;
			if (*header != '\0')
				buf_add_char(&text, *header++);
			continue;
		}
		if (!encoded && word > header)
			buf_add_char(&text, ' ');
		word += 10;
		header = strstr(word, "?=");
		assert_non_null(header);
		word = arena_strndup(arena, word, (size_t)(header - word));
		len = strlen(word) / 4 * 3;
		len -= text_ends(word, "==") ? 2 : text_ends(word, "=");
		assert_true(len > 0 && len < sizeof(bytes));
		assert_true(base64_decode(word, bytes, len));
		assert_true(utf8_valid(bytes, len));
		buf_add(&text, bytes, len);
		header += 2;
		encoded = true;
	}
	return arena_strdup(arena, text.at);
}

/* No line is longer than `max`, and CR and LF come only together. */
static void assert_lines(const char *mail, size_t max)
{
	while (*mail != '\0') {
		size_t len = strcspn(mail, "\r\n");

		assert_true(len <= max);
		assert_memory_equal(mail + len, "\r\n", 2);
		mail += len + 2;
	}
}

static void test_message__is_these_bytes(void **state)
{
	static const struct mailbox to[] = {
		{ "Ann", "ann@acme.example" },
		{ NULL, "tom@globex.example" },
	};
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	struct message message = plain_message();

	UNUSED_STATE(state);
	message.to = to;
	message.to_count = 2;
	message.answers = "<earlier@example.com>";
	message.text = "One\nTwo\r\n\rThree";
	write(&message, &mail);
	assert_string_equal(mail.at,
	                    "From: Ada <ada@example.com>\r\n"
	                    "To: Ann <ann@acme.example>, tom@globex.example\r\n"
	                    "Subject: Hello\r\n"
	                    "Date: Sun, 22 Nov 2026 09:15:00 +0100\r\n"
	                    "Message-ID: <key@example.com>\r\n"
	                    "In-Reply-To: <earlier@example.com>\r\n"
	                    "References: <earlier@example.com>\r\n"
	                    "MIME-Version: 1.0\r\n"
	                    "Content-Type: text/plain; charset=utf-8\r\n"
	                    "Content-Transfer-Encoding: 7bit\r\n"
	                    "\r\n"
	                    "One\r\nTwo\r\n\r\nThree\r\n");
}

static void test_message__without_text_ends_with_its_header(void **state)
{
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	struct message message = plain_message();

	UNUSED_STATE(state);
	message.text = "";
	write(&message, &mail);
	assert_true(text_ends(mail.at, "7bit\r\n\r\n"));
	assert_null(strstr(mail.at, "In-Reply-To"));
	assert_null(strstr(mail.at, "References"));
}

static void test_message__folds_and_encodes_subjects(void **state)
{
	static const struct {
		const char *subject;
		const char *header;
	} cases[] = {
		{ "", "Subject:" },
		{ "a  b", "Subject: a  b" },
		{ "Grüße", "Subject: =?UTF-8?B?R3LDvMOfZQ==?=" },
		{ "=?UTF-8?Q?x?=",
		  "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=" },
		{ " a", "Subject: =?UTF-8?B?IGE=?=" },
		{ "a ", "Subject: =?UTF-8?B?YSA=?=" },
		{ "Proposal: one calendar for all of your visits, in three "
		  "steps and  nine days, from 11 January on",
		  "Subject: Proposal: one calendar for all of your visits, in "
		  "three steps and\r\n  nine days, from 11 January on" },
		{ "Angebot für Müller & Söhne: "
		  "Überarbeitung der Übersicht über die "
		  "Öfen 🎉 und die Kühlgeräte in "
		  "Österreich, Größe XXL",
		  "Subject: =?UTF-8?B?QW5nZWJvdCBmw7xyIE3DvGxsZXIgJiBTw7ZobmU6"
		  "IMOcYmVyYXJi?=\r\n"
		  " =?UTF-8?B?ZWl0dW5nIGRlciDDnGJlcnNpY2h0IMO8YmVyIGRpZSDDlmZl"
		  "biDwn46JIHVu?=\r\n"
		  " =?UTF-8?B?ZCBkaWUgS8O8aGxnZXLDpHRlIGluIMOWc3RlcnJlaWNoLCBH"
		  "csO2w59lIFhY?=\r\n"
		  " =?UTF-8?B?TA==?=" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
		struct message message = plain_message();

		message.subject = cases[i].subject;
		write(&message, &mail);
		assert_lines(mail.at, 76);
		assert_row_text(i, header_of(&arena, &mail, "Subject:"),
		                cases[i].header);
	}
}

/* Every length of words of one to four bytes a character reads back as it was
 * written, and no line is too long. */
static void test_message__subjects_read_back(void **state)
{
	static const char *const units[] = {
		"x", "xy z ", "ü", "€", "🎉", "a🎉",
	};

	UNUSED_STATE(state);
	for (size_t unit = 0; unit < ARRAY_LEN(units); unit++) {
		auto_buf struct buf subject = buf_make(LIMIT_OUTPUT);

		for (size_t i = 1; i < 120; i++) {
			auto_arena struct arena arena = { 0 };
			auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
			struct message message = plain_message();
			const char *header;

			buf_add_text(&subject, units[unit]);
			message.subject = subject.at;
			write(&message, &mail);
			assert_lines(mail.at, 76);
			header = header_of(&arena, &mail, "Subject:");
			assert_row_text(i, decode(&arena, header) + 9,
			                subject.at);
		}
	}
}

static void test_message__quotes_and_encodes_names(void **state)
{
	static const struct {
		const char *name;
		const char *header;
	} cases[] = {
		{ NULL, "From: a@b.example" },
		{ "", "From: a@b.example" },
		{ "Ann Lee", "From: Ann Lee <a@b.example>" },
		{ "Lee, Ann", "From: \"Lee, Ann\" <a@b.example>" },
		{ "Dr. Lee", "From: \"Dr. Lee\" <a@b.example>" },
		{ "Ann \"A\\B\"",
		  "From: \"Ann \\\"A\\\\B\\\"\" <a@b.example>" },
		{ "x@y.example, z", "From: \"x@y.example, z\" <a@b.example>" },
		{ "Jörg Müller",
		  "From: =?UTF-8?B?SsO2cmcgTcO8bGxlcg==?= <a@b.example>" },
		{ "=?x", "From: =?UTF-8?B?PT94?= <a@b.example>" },
		{ "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
		  "From:\r\n \"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\"\r\n <a@b.example>" },
		{ "Ann, who has the longest name of all companies",
		  "From: "
		  "=?UTF-8?B?QW5uLCB3aG8gaGFzIHRoZSBsb25nZXN0IG5hbWUgb2YgYWxs"
		  "IGNvbXBh?=\r\n"
		  " =?UTF-8?B?bmllcw==?= <a@b.example>" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
		struct message message = plain_message();

		message.from.name = cases[i].name;
		message.from.address = "a@b.example";
		write(&message, &mail);
		assert_row_text(i, header_of(&arena, &mail, "From:"),
		                cases[i].header);
	}
}

static void test_message__folds_lists_of_receivers(void **state)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	struct message message = plain_message();
	struct mailbox to[40];

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(to); i++)
		to[i] = (struct mailbox){
			i % 2 ? "Jörg" : NULL,
			arena_printf(&arena, "a%zu@acme.example", i),
		};
	message.to = to;
	message.to_count = ARRAY_LEN(to);
	write(&message, &mail);
	assert_lines(mail.at, 76);
	assert_non_null(strstr(header_of(&arena, &mail, "To:"),
	                       "To: a0@acme.example, =?UTF-8?B?SsO2cmc=?= "
	                       "<a1@acme.example>,\r\n a2@acme.example,"));
}

/* What could begin another header, or be read as something else, is refused
 * wherever it stands. */
static void test_message__headers_take_no_other_line(void **state)
{
	static const char *const texts[] = {
		"x\r\nBcc: eve@evil.example",
		"x\nBcc: eve@evil.example",
		"x\rBcc: eve@evil.example",
		"x\n",
		"\n",
		"x\ty",
		"x\x1b[31m",
		"x\x7f",
		"x\xc2\x85y",
		"x\u2028y",
		"x\u202ey",
		"x\xff",
		"x\xed\xa0\x80",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct mailbox to = { texts[i], "a@b.example" };
		const struct mailbox bare = { NULL, texts[i] };
		struct message messages[8];

		for (size_t n = 0; n < ARRAY_LEN(messages); n++)
			messages[n] = plain_message();
		messages[0].subject = texts[i];
		messages[1].from.name = texts[i];
		messages[2].from.address = texts[i];
		messages[3].to = &to;
		messages[4].to = &bare;
		messages[5].date = texts[i];
		messages[6].id = texts[i];
		messages[7].answers = texts[i];
		for (size_t n = 0; n < ARRAY_LEN(messages); n++) {
			auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
			auto_error struct error err = { 0 };

			assert_row(i * 10 + n, message_write(&messages[n],
			                                     &mail, &err) < 0);
			assert_row(i * 10 + n, err.code == ERR_FAILED);
			assert_row(
			        i * 10 + n,
			        utf8_valid(err.message, strlen(err.message)) &&
			                !strpbrk(err.message, "\r\x1b"));
		}
	}
}

static void test_message__says_what_is_wrong_with_a_subject(void **state)
{
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	auto_error struct error err = { 0 };
	struct message message = plain_message();

	UNUSED_STATE(state);
	message.subject = "Hello\nBcc: eve@evil.example";
	assert_int_equal(message_write(&message, &mail, &err), -1);
	assert_string_equal(err.message,
	                    "cannot write a mail: \"Subject\" has a control "
	                    "character (U+000A)");
	assert_string_equal(err.hint, "It must be one line of text.");
}

static void test_message__chooses_the_encoding_by_the_text(void **state)
{
	static const struct {
		size_t letters;
		const char *end;
		const char *encoding;
	} cases[] = {
		{ 998, "", "7bit" },
		{ 998, "\nb", "7bit" },
		{ 996, "ü", "8bit" },
		{ 999, "", "quoted-printable" },
		{ 997, "ü", "quoted-printable" },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
		auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
		struct message message = plain_message();
		const char *header;

		buf_pad(&text, 'a', cases[i].letters);
		buf_add_text(&text, cases[i].end);
		message.text = text.at;
		write(&message, &mail);
		assert_lines(mail.at, 998);
		header = header_of(&arena, &mail, "Content-Transfer-Encoding");
		assert_row_text(i, header + 27, cases[i].encoding);
	}
}

/* Undo quoted-printable; the text's lines then end with LF. */
static void unquote(const char *body, struct buf *ret)
{
	static const char digits[] = "0123456789ABCDEF";

	while (*body != '\0') {
		if (text_starts(body, "=\r\n")) {
			body += 3;
		} else if (text_starts(body, "\r\n")) {
			buf_add_char(ret, '\n');
			body += 2;
		} else if (*body == '=') {
			const char *high = strchr(digits, body[1]);
			const char *low = strchr(digits, body[2]);

			assert_true(body[1] != '\0' && high != NULL);
			assert_true(body[2] != '\0' && low != NULL);
			buf_add_char(ret, (char)((high - digits) * 16 +
			                         (low - digits)));
			body += 3;
		} else {
			buf_add_char(ret, *body++);
		}
	}
}

static void test_message__quoted_printable_reads_back(void **state)
{
	auto_buf struct buf text = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf back = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	struct message message = plain_message();

	UNUSED_STATE(state);
	buf_add_text(&text, "a = b \n\t\nü\x01~!\n\n");
	for (int i = 0; i < 300; i++)
		buf_add_text(&text, "über=x ");
	buf_add_text(&text, "\n");
	message.text = text.at;
	write(&message, &mail);
	assert_lines(body_of(&mail), 76);
	assert_true(text_starts(body_of(&mail), "a =3D b=20\r\n=09\r\n"
	                                        "=C3=BC=01~!\r\n\r\n"
	                                        "=C3=BCber=3Dx =C3=BC"));
	unquote(body_of(&mail), &back);
	assert_string_equal(back.at, text.at);
}

static void test_message__text_must_be_utf8_and_fit(void **state)
{
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	auto_buf struct buf small = buf_make(200);
	auto_error struct error encoding = { 0 };
	auto_error struct error limit = { 0 };
	struct message message = plain_message();

	UNUSED_STATE(state);
	message.text = "a\xffz";
	assert_int_equal(message_write(&message, &mail, &encoding), -1);
	assert_int_equal(encoding.code, ERR_FAILED);
	message.text = "a\nb\n";
	assert_int_equal(message_write(&message, &small, &limit), -1);
	assert_int_equal(limit.code, ERR_FAILED);
}

static void test_message__mailbox_is_parsed(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *address; /* NULL: refused */
	} cases[] = {
		{ "a@b.example", NULL, "a@b.example" },
		{ "Ann <a@b.example>", "Ann", "a@b.example" },
		{ "Ann  Lee  <a@b.example>", "Ann  Lee", "a@b.example" },
		{ "Jörg <a@b.example>", "Jörg", "a@b.example" },
		{ "\"Lee, \\\"Ann\\\"\" <a@b.example>", "Lee, \"Ann\"",
		  "a@b.example" },
		{ "\"<x>\" <a@b.example>", "<x>", "a@b.example" },
		{ "\"\" <a@b.example>", "", "a@b.example" },
		{ "", NULL, NULL },
		{ "Ann", NULL, NULL },
		{ "<a@b.example>", NULL, NULL },
		{ " <a@b.example>", NULL, NULL },
		{ " a@b.example", NULL, NULL },
		{ "a@b.example ", NULL, NULL },
		{ "a@b.example\n", NULL, NULL },
		{ "Ann <a@b.example> ", NULL, NULL },
		{ "Ann <a@b.example>, <c@d.example>", NULL, NULL },
		{ "a@b.example, c@d.example", NULL, NULL },
		{ "Ann <a b@b.example>", NULL, NULL },
		{ "Ann <>", NULL, NULL },
		{ "Ann <", NULL, NULL },
		{ ">", NULL, NULL },
		{ "\" <a@b.example>", NULL, NULL },
		{ "\"a\"b\" <a@b.example>", NULL, NULL },
		{ "\"a\\\" <a@b.example>", NULL, NULL },
		{ "\"a\" b <a@b.example>", NULL, NULL },
		{ "a \"b\" <a@b.example>", NULL, NULL },
		{ "Ann\r\nBcc: e@evil.example <a@b.example>", NULL, NULL },
		{ "Ann <a@b.example\r\nBcc: e@evil.example>", NULL, NULL },
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_arena struct arena arena = { 0 };
		auto_error struct error err = { 0 };
		struct mailbox got = { 0 };
		int result = mailbox_parse(&arena, cases[i].text, &got, &err);

		assert_row(i, result == (cases[i].address ? 0 : -1));
		assert_row(i, err.code == (cases[i].address ? ERR_NONE
		                                            : ERR_FAILED));
		assert_row_text(i, got.name, cases[i].name);
		assert_row_text(i, got.address, cases[i].address);
	}
}

static void test_message__id_is_recognized(void **state)
{
	static const struct {
		const char *id;
		bool valid;
	} cases[] = {
		{ "<a@b>", true },    { "<a.b+c@mail.example>", true },
		{ "", false },        { "<", false },
		{ "<>", false },      { "a@b", false },
		{ "<a@b", false },    { "<@b>", false },
		{ "<a@>", false },    { "<ab>", false },
		{ "<a@b@c>", false }, { "<a b@c>", false },
		{ "<a@b> ", false },  { "<a@b><c@d>", false },
		{ "<a@b\n>", false }, { "<a@ü>", false },
		{ "<<a@b>", false },
	};
	auto_buf struct buf longest = buf_make(600);

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i, message_id_valid(cases[i].id) == cases[i].valid);
	buf_add_text(&longest, "<a@");
	buf_pad(&longest, 'b', 496);
	buf_add_text(&longest, ">");
	assert_true(message_id_valid(longest.at));
	longest.at[499] = 'b';
	buf_add_text(&longest, ">");
	assert_false(message_id_valid(longest.at));
}

static void test_message__has_its_id_in_the_header(void **state)
{
	static const struct {
		const char *mail;
		bool has;
	} cases[] = {
		{ "Message-ID: <a@b>\r\n\r\nx", true },
		{ "From: x\nmessage-id:<a@b> \n\n", true },
		{ "From: x\r\nMessage-ID: <a@b>", true },
		{ "", false },
		{ "Message-ID: <a@b>>\r\n", false },
		{ "Message-ID: <a@b\r\n", false },
		{ "Message-ID:\r\n", false },
		{ "X-Message-ID: <a@b>\r\n", false },
		{ "In-Reply-To: <a@b>\r\n", false },
		{ "From: x\r\n\r\nMessage-ID: <a@b>\r\n", false },
		{ "From: x\n\nMessage-ID: <a@b>\n", false },
	};
	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
	struct message message = plain_message();

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_row(i,
		           message_has_id(cases[i].mail, strlen(cases[i].mail),
		                          "<a@b>") == cases[i].has);
	write(&message, &mail);
	assert_true(message_has_id(mail.at, mail.len, "<key@example.com>"));
	assert_false(message_has_id(mail.at, mail.len, "<kex@example.com>"));
}
