/*
 * Headers are written word by word, each behind one space; a word that would
 * pass column 76 goes on a line of its own, which begins with that space, so
 * that unfolding gives back what was folded. Only an address may be longer
 * than a line.
 *
 * A text that is not plain ASCII, or could be read as something else, becomes
 * encoded words of RFC 2047: "=?UTF-8?B?" base64 "?=", at most 75 columns each
 * and never ending inside a character, as a reader decodes each word alone.
 *
 * The body is sent as it is (7bit, or 8bit when it is not ASCII). A line that
 * is longer than the 998 bytes that RFC 5322 allows makes it quoted-printable.
 */
#include "engine/bus/message.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "store/base/alloc.h"
#include "store/base/hash.h"
#include "store/base/limits.h"
#include "store/base/text.h"

enum {
	COLUMNS = 76,     /* of a line of a header */
	BODY_LINE = 998,  /* without its CRLF */
	QUOTED_LINE = 75, /* of quoted-printable, without its last "=" */
	NAME_BYTES = 36,  /* of a quoted name, any of which may need escaping */
	ID_BYTES = 500,
};

static const char word_begin[] = "=?UTF-8?B?";
static const char word_end[] = "?=";
#define WORD_FRAME (sizeof(word_begin) + sizeof(word_end) - 2)

/* ---- What a header may hold */

/* Whether `text` can be read, unchanged, on one line. */
static int check_line(const char *what, const char *text, struct error *err)
{
	size_t left = strlen(text);

	while (left > 0) {
		uint32_t point;
		size_t size = utf8_next(text, left, &point);

		if (size == 0)
			return error_set(err, ERR_FAILED,
			                 "cannot write a mail: %s is not valid "
			                 "UTF-8",
			                 what);
		if (point == '\t' || point == '\n' || utf8_is_hidden(point)) {
			error_set(err, ERR_FAILED,
			          "cannot write a mail: %s has a control "
			          "character (U+%04X)",
			          what, point);
			return error_hint(err, "It must be one line of text.");
		}
		text += size;
		left -= size;
	}
	return 0;
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* What RFC 5322 lets a name consist of without quotes, and spaces. */
static bool is_atoms(const char *text)
{
	for (; *text != '\0'; text++) {
		if (!text_is_alpha(*text) && !text_is_digit(*text) &&
		    strchr("!#$%&'*+-/=?^_`{|}~ ", *text) == NULL)
			return false;
	}
	return true;
}

static size_t longest_word(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		size_t len = strspn(text, " ");

		len += strcspn(text + len, " ");
		longest = len > longest ? len : longest;
		text += len;
	}
	return longest;
}

/* Whether `text` may stand in a header as it is. Spaces at its ends would be
 * lost, and "=?" would be decoded. */
static bool is_plain(const char *text)
{
	return is_printable(text) && !text_starts(text, " ") &&
	       !text_ends(text, " ") && strstr(text, "=?") == NULL &&
	       longest_word(text) < COLUMNS;
}

/* ---- Addresses */

static int refuse_address(const char *text, struct error *err)
{
	auto_buf struct buf shown = buf_make(LIMIT_ERROR_TEXT);

	text_add_printable(&shown, text, strlen(text));
	error_set(err, ERR_FAILED, "\"%s\" is no mail address", shown.at);
	return error_hint(err, "Write it as ann@acme.example or as "
	                       "Ann <ann@acme.example>.");
}

/* The text between the quotes of a quoted name; NULL if it is not one. */
static const char *unquote(struct arena *arena, const char *name, size_t len)
{
	char *text = arena_alloc(arena, len);
	size_t out = 0;

	if (len < 2 || name[len - 1] != '"')
		return NULL;
	for (size_t i = 1; i < len - 1; i++) {
		if (name[i] == '"')
			return NULL;
		if (name[i] == '\\' && ++i == len - 1)
			return NULL;
		text[out++] = name[i];
	}
	return text;
}

/* The name in the `len` bytes before the `<`; NULL if it is none. */
static const char *parse_name(struct arena *arena, const char *name, size_t len)
{
	while (len > 0 && name[len - 1] == ' ')
		len--;
	if (len == 0 || name[0] == ' ')
		return NULL;
	if (name[0] == '"')
		return unquote(arena, name, len);
	if (strcspn(name, "<>\"") < len)
		return NULL;
	return arena_strndup(arena, name, len);
}

int mailbox_parse(struct arena *arena, const char *text, struct mailbox *ret,
                  struct error *err)
{
	const char *open = strrchr(text, '<');
	const char *address;
	const char *name;

	if (text_is_email(text)) {
		ret->name = NULL;
		ret->address = arena_strdup(arena, text);
		return 0;
	}
	if (open == NULL || !text_ends(open, ">"))
		return refuse_address(text, err);
	address = arena_strndup(arena, open + 1, strlen(open) - 2);
	name = parse_name(arena, text, (size_t)(open - text));
	if (name == NULL || !text_is_email(address))
		return refuse_address(text, err);
	if (check_line("a name", name, err) < 0)
		return -1;
	ret->name = name;
	ret->address = address;
	return 0;
}

bool message_id_valid(const char *id)
{
	size_t len = strlen(id);
	const char *at = strchr(id, '@');

	if (len > ID_BYTES || id[0] != '<' || !text_ends(id, ">") || at == NULL)
		return false;
	if (at == id + 1 || at == id + len - 2 || strchr(at + 1, '@') != NULL)
		return false;
	return is_printable(id) && strcspn(id + 1, "<> ") == len - 2;
}

/* ---- Headers */

struct header {
	struct buf *buf;
	size_t column;
};

static struct header header_begin(struct buf *buf, const char *name)
{
	buf_printf(buf, "%s:", name);
	return (struct header){ .buf = buf, .column = strlen(name) + 1 };
}

static void header_end(const struct header *header)
{
	buf_add_text(header->buf, "\r\n");
}

static void fold(struct header *header)
{
	buf_add_text(header->buf, "\r\n");
	header->column = 0;
}

static void add_word(struct header *header, const char *word, size_t len)
{
	if (header->column + 1 + len > COLUMNS)
		fold(header);
	buf_add_char(header->buf, ' ');
	buf_add(header->buf, word, len);
	header->column += 1 + len;
}

/* The words of a text that is_plain(). All but one space of several belong to
 * the word behind them. */
static void add_plain(struct header *header, const char *text)
{
	while (*text != '\0') {
		size_t len = strspn(text, " ");

		len += strcspn(text + len, " ");
		add_word(header, text, len);
		text += len;
		text += *text == ' ';
	}
}

/* How many of the `len` bytes at `text` are whole characters within `room`. */
static size_t whole_characters(const char *text, size_t len, size_t room)
{
	size_t taken = 0;

	for (;;) {
		size_t size = utf8_next(text + taken, len - taken, NULL);

		if (size == 0 || taken + size > room)
			return taken;
		taken += size;
	}
}

static void add_encoded(struct header *header, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t used = header->column + 1 + WORD_FRAME;
		size_t room = used < COLUMNS ? (COLUMNS - used) / 4 * 3 : 0;
		size_t len = whole_characters(text, left, room);
		auto_free char *base64 = base64_encode(text, len);

		if (len == 0) {
			assert(header->column > 0); /* a line has room */
			fold(header);
			continue;
		}
		header->column = used + strlen(base64);
		buf_printf(header->buf, " %s%s%s", word_begin, base64,
		           word_end);
		text += len;
		left -= len;
	}
}

static void add_quoted(struct header *header, const char *text)
{
	auto_buf struct buf quoted = buf_make(COLUMNS);

	buf_add_char(&quoted, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(&quoted, '\\');
		buf_add_char(&quoted, *text);
	}
	buf_add_char(&quoted, '"');
	add_word(header, quoted.at, quoted.len);
}

static void add_name(struct header *header, const char *name)
{
	if (is_plain(name) && is_atoms(name))
		add_plain(header, name);
	else if (is_plain(name) && strlen(name) <= NAME_BYTES)
		add_quoted(header, name);
	else
		add_encoded(header, name);
}

/* `behind` is "," when another one follows. */
static int add_mailbox(struct header *header, const struct mailbox *mailbox,
                       const char *behind, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *word;

	if (!text_is_email(mailbox->address))
		return refuse_address(mailbox->address, err);
	if (mailbox->name == NULL || mailbox->name[0] == '\0') {
		word = arena_printf(&arena, "%s%s", mailbox->address, behind);
	} else {
		if (check_line("a name", mailbox->name, err) < 0)
			return -1;
		add_name(header, mailbox->name);
		word = arena_printf(&arena, "<%s>%s", mailbox->address, behind);
	}
	add_word(header, word, strlen(word));
	return 0;
}

static int add_mailboxes(struct buf *ret, const char *name,
                         const struct mailbox *mailboxes, size_t count,
                         struct error *err)
{
	struct header header = header_begin(ret, name);

	for (size_t i = 0; i < count; i++) {
		const char *behind = i + 1 < count ? "," : "";

		if (add_mailbox(&header, &mailboxes[i], behind, err) < 0)
			return -1;
	}
	header_end(&header);
	return 0;
}

static int add_text_header(struct buf *ret, const char *name, const char *text,
                           struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct header header = header_begin(ret, name);

	if (check_line(arena_printf(&arena, "\"%s\"", name), text, err) < 0)
		return -1;
	if (is_plain(text))
		add_plain(&header, text);
	else
		add_encoded(&header, text);
	header_end(&header);
	return 0;
}

static int add_id_header(struct buf *ret, const char *name, const char *id,
                         struct error *err)
{
	auto_buf struct buf shown = buf_make(LIMIT_ERROR_TEXT);

	if (message_id_valid(id)) {
		buf_printf(ret, "%s: %s\r\n", name, id);
		return 0;
	}
	text_add_printable(&shown, id, strlen(id));
	error_set(err, ERR_FAILED, "\"%s\" is no message id", shown.at);
	return error_hint(err, "It is the message_id of an earlier mail, "
	                       "such as <key@example.com>.");
}

/* ---- The body */

/* The length of the line at `text`, and what ends it in `*ret_end`. */
static size_t line_len(const char *text, size_t *ret_end)
{
	size_t len = strcspn(text, "\r\n");

	*ret_end = text_starts(text + len, "\r\n") ? 2 : text[len] != '\0';
	return len;
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		size_t end;
		size_t len = line_len(text, &end);

		longest = len > longest ? len : longest;
		text += len + end;
	}
	return longest;
}

static bool is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

static void add_line(struct buf *ret, const char *line, size_t len)
{
	buf_add(ret, line, len);
	buf_add_text(ret, "\r\n");
}

/* A byte that quoted-printable leaves alone. A blank at the end of a line
 * could be lost on the way. */
static bool is_literal(char c, bool last)
{
	if (c == ' ' || c == '\t')
		return !last;
	return c > 0x20 && c < 0x7f && c != '=';
}

static void add_quoted_line(struct buf *ret, const char *line, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		bool literal = is_literal(line[i], i + 1 == len);
		size_t size = literal ? 1 : 3;

		if (column + size > QUOTED_LINE) {
			buf_add_text(ret, "=\r\n");
			column = 0;
		}
		column += size;
		if (literal)
			buf_add_char(ret, line[i]);
		else
			buf_printf(ret, "=%02X", (unsigned char)line[i]);
	}
	buf_add_text(ret, "\r\n");
}

static int add_body(struct buf *ret, const char *text, struct error *err)
{
	bool quoted = longest_line(text) > BODY_LINE;
	const char *as_it_is = is_ascii(text) ? "7bit" : "8bit";

	if (!utf8_valid(text, strlen(text)))
		return error_set(err, ERR_FAILED,
		                 "cannot write a mail: its text is not valid "
		                 "UTF-8");
	buf_printf(ret,
	           "MIME-Version: 1.0\r\n"
	           "Content-Type: text/plain; charset=utf-8\r\n"
	           "Content-Transfer-Encoding: %s\r\n"
	           "\r\n",
	           quoted ? "quoted-printable" : as_it_is);
	while (*text != '\0') {
		size_t end;
		size_t len = line_len(text, &end);

		if (quoted)
			add_quoted_line(ret, text, len);
		else
			add_line(ret, text, len);
		text += len + end;
	}
	return 0;
}

/* ---- The whole */

int message_write(const struct message *message, struct buf *ret,
                  struct error *err)
{
	const char *answers = message->answers;

	if (add_mailboxes(ret, "From", &message->from, 1, err) < 0 ||
	    add_mailboxes(ret, "To", message->to, message->to_count, err) < 0 ||
	    add_text_header(ret, "Subject", message->subject, err) < 0 ||
	    add_text_header(ret, "Date", message->date, err) < 0 ||
	    add_id_header(ret, "Message-ID", message->id, err) < 0)
		return -1;
	if (answers != NULL &&
	    (add_id_header(ret, "In-Reply-To", answers, err) < 0 ||
	     add_id_header(ret, "References", answers, err) < 0))
		return -1;
	if (add_body(ret, message->text, err) < 0)
		return -1;
	if (buf_check(ret, "the mail", err) < 0) {
		err->code = ERR_FAILED;
		return -1;
	}
	return 0;
}

/* Whether the line is a Message-ID of `id`. */
static bool line_is_id(const char *line, size_t len, const char *id)
{
	static const char name[] = "Message-ID:";
	size_t skip = sizeof(name) - 1;

	if (len < skip || strncasecmp(line, name, skip) != 0)
		return false;
	while (skip < len && line[skip] == ' ')
		skip++;
	while (len > skip && (line[len - 1] == ' ' || line[len - 1] == '\r'))
		len--;
	return len - skip == strlen(id) &&
	       memcmp(line + skip, id, len - skip) == 0;
}

bool message_has_id(const char *bytes, size_t len, const char *id)
{
	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line = newline != NULL ? (size_t)(newline - bytes) : len;
		size_t whole = newline != NULL ? line + 1 : line;

		if (line == 0 || (line == 1 && bytes[0] == '\r'))
			return false; /* what follows is the body */
		if (line_is_id(bytes, line, id))
			return true;
		bytes += whole;
		len -= whole;
	}
	return false;
}
