/*
 * Escaping, one function for each kind of file.
 *
 * A value in YAML becomes a whole scalar on one line: plain where every YAML
 * reader takes that for the same string, else in double quotes, whose escapes
 * are JSON's. So a tag in a YAML template is a whole value or a whole item:
 * what stands inside of quotes, or beside other text, is the author's to get
 * right, since the parser does not know where in YAML it is.
 */
#include <string.h>

#include "engine/job/program.h"
#include "store/base/date.h"
#include "store/base/json.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const struct {
	const char *ending;
	enum escape escape;
} endings[] = {
	{ ".csv", ESCAPE_CSV },   { ".htm", ESCAPE_HTML },
	{ ".html", ESCAPE_HTML }, { ".json", ESCAPE_JSON },
	{ ".yaml", ESCAPE_YAML }, { ".yml", ESCAPE_YAML },
};

enum escape escape_for_path(const char *path)
{
	const char *ending = path_ending(path);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (text_equal(endings[i].ending, ending))
			return endings[i].escape;
	return ESCAPE_NONE;
}

static void add_html(struct buf *buf, const char *text, size_t len)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
		                                "&quot;", "&#39;" };
	size_t done = 0;

	for (size_t i = 0; i < len; i++) {
		const char *found =
		        memchr(special, text[i], sizeof(special) - 1);

		if (!found)
			continue;
		buf_add(buf, text + done, i - done);
		buf_add_text(buf, entities[found - special]);
		done = i + 1;
	}
	buf_add(buf, text + done, len - done);
}

/* The inside of a JSON string. */
static void add_json(struct buf *buf, const char *text, size_t len)
{
	auto_buf struct buf quoted = buf_make(6 * len + 2);

	json_write_text(&quoted, text, len);
	buf_add(buf, quoted.at + 1, quoted.len - 2);
}

static bool is_yaml_word(const char *text)
{
	/* Not strings in YAML 1.2 or, the second line, in YAML 1.1. */
	static const char *const words[] = {
		"null", "true", "false", "yes", "no", "on", "off", "y", "n",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_plain_byte(char c)
{
	return text_is_alpha(c) || text_is_digit(c) ||
	       (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr(" _-./@+()", c));
}

/* A letter first, none of YAML's marks anywhere, no word of YAML's. Dates are
 * plain as well. All beyond ASCII is printable here once it is valid UTF-8,
 * but for what JSON escapes, which the caller asks. */
static bool is_plain(const char *text, size_t len)
{
	struct date date;

	if (date_parse(text, &date))
		return true;
	if (len == 0 || text[len - 1] == ' ' || is_yaml_word(text))
		return false;
	if (!text_is_alpha(text[0]) && (unsigned char)text[0] < 0x80)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_plain_byte(text[i]))
			return false;
	return true;
}

static void add_yaml(struct buf *buf, const char *text, size_t len)
{
	auto_buf struct buf quoted = buf_make(6 * len + 2);

	json_write_text(&quoted, text, len);
	if (quoted.len == len + 2 && is_plain(text, len))
		buf_add(buf, text, len);
	else
		buf_add(buf, quoted.at, quoted.len);
}

static void add_csv(struct buf *buf, const char *text, size_t len)
{
	bool plain = len == 0 || (text[0] != ' ' && text[len - 1] != ' ');

	for (size_t i = 0; plain && i < len; i++)
		plain = !strchr(",;\t\"\r\n", text[i]);
	if (plain) {
		buf_add(buf, text, len);
		return;
	}
	buf_add_char(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_add_char(buf, '"');
		buf_add_char(buf, text[i]);
	}
	buf_add_char(buf, '"');
}

void escape_add(struct buf *buf, enum escape escape, const char *text,
                size_t len)
{
	switch (escape) {
	case ESCAPE_NONE:
		buf_add(buf, text, len);
		return;
	case ESCAPE_HTML:
		add_html(buf, text, len);
		return;
	case ESCAPE_YAML:
		add_yaml(buf, text, len);
		return;
	case ESCAPE_JSON:
		add_json(buf, text, len);
		return;
	case ESCAPE_CSV:
		add_csv(buf, text, len);
		return;
	}
}
