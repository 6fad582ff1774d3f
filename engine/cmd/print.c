/*
 * Text is made printable where it is printed: escapes of our own are written
 * around it, never through the same path. Column widths are those of the
 * printable form.
 */
#include "engine/cmd/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define GAP        2  /* columns between two of a table */
#define FACT_WIDTH 14 /* of the names of say_fact() */
#define JUST_NOW   "just now"
#define HOUR_MS    ((int64_t)3600000)

struct table_cell {
	const char *text; /* printable, one line */
	enum tint tint;
};

static const char *const escapes[] = {
	[TINT_NONE] = "",          [TINT_BOLD] = "\033[1m",
	[TINT_DIM] = "\033[2m",    [TINT_RED] = "\033[31m",
	[TINT_GREEN] = "\033[32m", [TINT_YELLOW] = "\033[33m",
	[TINT_CYAN] = "\033[36m",
};

/* ---- Text ---------------------------------------------------------------- */

static void write_tinted(FILE *out, bool colour, enum tint tint,
                         const char *text, size_t len)
{
	bool wrap = colour && tint != TINT_NONE && len > 0;

	if (wrap)
		fputs(escapes[tint], out);
	fwrite(text, 1, len, out);
	if (wrap)
		fputs("\033[0m", out);
}

static void write_printable(FILE *out, bool colour, enum tint tint,
                            const char *text)
{
	auto_buf struct buf safe = buf_make(SIZE_MAX);

	text_add_printable(&safe, text, strlen(text));
	write_tinted(out, colour, tint, safe.at, safe.len);
}

void say(const struct invocation *invocation, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	auto_free char *text = mem_vprintf(format, values);
	va_end(values);
	write_printable(invocation->out, invocation->colour, TINT_NONE, text);
}

void say_each(const struct invocation *invocation, const struct value *list,
              const char *what)
{
	if (invocation->json || invocation->quiet)
		return;
	for (size_t i = 0; i < list->length; i++)
		say(invocation, "%s: %s\n", what, list->items[i]->text);
}

void say_tinted(const struct invocation *invocation, enum tint tint,
                const char *format, ...)
{
	va_list values;

	va_start(values, format);
	auto_free char *text = mem_vprintf(format, values);
	va_end(values);
	write_printable(invocation->out, invocation->colour, tint, text);
}

/* Call `line` for each line of `text`; the last may lack its newline. */
static void each_line(const char *text,
                      void (*line)(void *state, const char *at, size_t len),
                      void *state)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		line(state, text, len);
		text += len + (text[len] == '\n');
	}
}

struct lines {
	const struct invocation *invocation;
	struct buf text;
	unsigned indent;
	bool first;
};

static void flush_line(struct lines *lines, enum tint tint)
{
	write_tinted(lines->invocation->out, lines->invocation->colour, tint,
	             lines->text.at, lines->text.len);
	fputc('\n', lines->invocation->out);
	buf_cut(&lines->text, 0);
}

static void indent_line(void *state, const char *at, size_t len)
{
	struct lines *lines = state;

	if (len > 0)
		buf_pad(&lines->text, ' ', lines->indent);
	text_add_printable(&lines->text, at, len);
	flush_line(lines, TINT_NONE);
}

void say_indented(const struct invocation *invocation, unsigned indent,
                  const char *text)
{
	struct lines lines = {
		.invocation = invocation,
		.text = buf_make(SIZE_MAX),
		.indent = indent,
	};

	each_line(text, indent_line, &lines);
	buf_clear(&lines.text);
}

static void fact_line(void *state, const char *at, size_t len)
{
	struct lines *lines = state;

	if (!lines->first)
		buf_pad(&lines->text, ' ', FACT_WIDTH);
	lines->first = false;
	text_add_printable(&lines->text, at, len);
	flush_line(lines, TINT_NONE);
}

void say_fact(const struct invocation *invocation, const char *name,
              const char *format, ...)
{
	struct lines lines = {
		.invocation = invocation,
		.text = buf_make(SIZE_MAX),
		.first = true,
	};
	size_t width = utf8_width(name);
	va_list values;

	va_start(values, format);
	auto_free char *text = mem_vprintf(format, values);
	va_end(values);
	say_tinted(invocation, TINT_DIM, "%s", name);
	say(invocation, "%*s",
	    width < FACT_WIDTH ? (int)(FACT_WIDTH - width) : 1, "");
	each_line(*text ? text : "-", fact_line, &lines);
	buf_clear(&lines.text);
}

static enum tint diff_tint(const char *line)
{
	static const struct {
		const char *start;
		enum tint tint;
	} rows[] = {
		{ "diff ", TINT_BOLD },   { "index ", TINT_DIM },
		{ "new file", TINT_DIM }, { "deleted file", TINT_DIM },
		{ "--- ", TINT_BOLD },    { "+++ ", TINT_BOLD },
		{ "@@", TINT_CYAN },      { "+", TINT_GREEN },
		{ "-", TINT_RED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (text_starts(line, rows[i].start))
			return rows[i].tint;
	return TINT_NONE;
}

static void diff_line(void *state, const char *at, size_t len)
{
	struct lines *lines = state;

	text_add_printable(&lines->text, at, len);
	flush_line(lines, diff_tint(at));
}

void say_diff(const struct invocation *invocation, const char *text)
{
	struct lines lines = {
		.invocation = invocation,
		.text = buf_make(SIZE_MAX),
	};

	each_line(text, diff_line, &lines);
	buf_clear(&lines.text);
}

static void write_json(const struct invocation *invocation,
                       const struct value *value, unsigned flags)
{
	auto_buf struct buf text = buf_make(SIZE_MAX);

	json_write(&text, value, flags);
	fwrite(text.at, 1, text.len, invocation->out);
	fputc('\n', invocation->out);
}

void print_json(const struct invocation *invocation, const struct value *value)
{
	write_json(invocation, value, JSON_SORTED | JSON_PRETTY);
}

void print_json_as_is(const struct invocation *invocation,
                      const struct value *value)
{
	write_json(invocation, value, JSON_PRETTY);
}

bool print_in_colour(FILE *out)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *no = getenv("NO_COLOR");
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *term = getenv("TERM");

	return !(no && *no) && !text_equal(term, "dumb") && isatty(fileno(out));
}

/* ---- Tables -------------------------------------------------------------- */

/* One printable line of `text`. */
static const char *one_line(struct arena *arena, const char *text)
{
	auto_buf struct buf safe = buf_make(SIZE_MAX);

	text_add_printable(&safe, text, strlen(text));
	for (size_t i = 0; i < safe.len; i++)
		if (safe.at[i] == '\n' || safe.at[i] == '\t')
			safe.at[i] = ' ';
	return arena_strndup(arena, safe.at, safe.len);
}

void table_add(struct table *table, enum tint tint, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	auto_free char *text = mem_vprintf(format, values);
	va_end(values);
	table->cells = arena_grow(table->arena, table->cells, table->count,
	                          sizeof(*table->cells));
	table->cells[table->count++] = (struct table_cell){
		.text = one_line(table->arena, text),
		.tint = tint,
	};
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->count; i += table->columns) {
		size_t one = utf8_width(table->cells[i].text);
		if (one > width)
			width = one;
	}
	return width;
}

/* Where the row's last cell with text is, so that no line ends in spaces. */
static size_t row_end(const struct table *table, size_t row)
{
	size_t end = row + table->columns;

	if (end > table->count)
		end = table->count;
	while (end > row && !*table->cells[end - 1].text)
		end--;
	return end;
}

void table_print(const struct invocation *invocation, const struct table *table)
{
	size_t *widths =
	        arena_array(table->arena, table->columns, sizeof(*widths));

	for (size_t i = 0; i < table->columns; i++) {
		widths[i] = column_width(table, i);
		widths[i] += widths[i] > 0 ? GAP : 0;
	}
	for (size_t row = 0; row < table->count; row += table->columns) {
		size_t end = row_end(table, row);
		fprintf(invocation->out, "%*s", (int)table->indent, "");
		for (size_t i = row; i < end; i++) {
			const struct table_cell *cell = &table->cells[i];
			write_tinted(invocation->out, invocation->colour,
			             cell->tint, cell->text,
			             strlen(cell->text));
			if (i + 1 < end)
				fprintf(invocation->out, "%*s",
				        (int)(widths[i - row] -
				              utf8_width(cell->text)),
				        "");
		}
		fputc('\n', invocation->out);
	}
}

/* ---- Errors -------------------------------------------------------------- */

/* Line `number` of `text`, in `arena`; NULL when there is none. */
static const char *find_line(struct arena *arena, const char *text,
                             unsigned number)
{
	for (unsigned i = 1; i < number; i++) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	return arena_strndup(arena, text, strcspn(text, "\r\n"));
}

/* As wide as `text` is when printed: spaces, but tabs as themselves, so that
 * what follows stands right whatever a tab is worth. */
static void print_margin(FILE *out, const char *text)
{
	auto_buf struct buf safe = buf_make(SIZE_MAX);

	while (*text) {
		size_t len = strcspn(text, "\t");
		text_add_printable(&safe, text, len);
		fprintf(out, "%*s", (int)utf8_width(safe.at), "");
		buf_cut(&safe, 0);
		text += len;
		if (*text == '\t')
			fputc(*text++, out);
	}
}

/* The line the error speaks of, and a caret below its column. */
static void print_source(FILE *out, bool colour, const char *dir,
                         const struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	auto_error struct error ignored = { 0 }; /* then there is no line */

	if (file_read(arena_printf(&arena, "%s/%s", dir, err->file), &bytes,
	              &ignored) < 0)
		return;
	const char *line = find_line(&arena, bytes.at, err->pos.line);
	if (!line || !*line || err->pos.column < 1 ||
	    err->pos.column > strlen(line) + 1)
		return;
	fputs("    ", out);
	write_printable(out, colour, TINT_NONE, line);
	fputs("\n    ", out);
	print_margin(out, arena_strndup(&arena, line, err->pos.column - 1));
	write_tinted(out, colour, TINT_GREEN, "^", 1);
	fputc('\n', out);
}

void print_problem(FILE *out, bool colour, const char *prefix, const char *word,
                   const char *dir, const struct error *err)
{
	enum tint tint = strcmp(word, "error") == 0 ? TINT_RED : TINT_YELLOW;
	auto_free char *place = NULL;

	if (err->file && err->pos.line)
		place = mem_printf("%s%s:%u:%u: ", prefix, err->file,
		                   err->pos.line, err->pos.column);
	else if (err->file)
		place = mem_printf("%s%s: ", prefix, err->file);
	else
		place = mem_strdup(prefix);
	write_printable(out, colour, TINT_BOLD, place);
	write_printable(out, colour, tint, word);
	fputs(": ", out);
	write_printable(out, colour, TINT_NONE,
	                err->message ? err->message : "unknown");
	fputc('\n', out);
	if (dir && err->file && err->pos.line)
		print_source(out, colour, dir, err);
	if (err->hint) {
		fputs("hint: ", out);
		write_printable(out, colour, TINT_NONE, err->hint);
		fputc('\n', out);
	}
}

/* ---- Words --------------------------------------------------------------- */

const char *count_text(struct arena *arena, size_t count, const char *one,
                       const char *many)
{
	return arena_printf(arena, "%zu %s", count, count == 1 ? one : many);
}

const char *age_text(struct arena *arena, int64_t now_ms, int64_t then_ms)
{
	/* Weeks begin at two: "9 days" says more than "1 week". */
	static const struct {
		int64_t seconds;
		int64_t from;
		const char *one, *many;
	} units[] = {
		{ 604800, 1209600, "week", "weeks" },
		{ 86400, 86400, "day", "days" },
		{ 3600, 3600, "hour", "hours" },
		{ 60, 60, "minute", "minutes" },
	};

	int64_t seconds = (now_ms - then_ms) / 1000;

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (seconds >= units[i].from)
			return count_text(arena,
			                  (size_t)(seconds / units[i].seconds),
			                  units[i].one, units[i].many);
	return JUST_NOW;
}

const char *ago_text(struct arena *arena, int64_t now_ms, int64_t then_ms)
{
	const char *age = age_text(arena, now_ms, then_ms);

	return strcmp(age, JUST_NOW) == 0 ? age
	                                  : arena_printf(arena, "%s ago", age);
}

const char *due_text(struct arena *arena, int64_t now_ms, int64_t due_ms)
{
	if (!due_ms)
		return "";
	/* Rounded to what is shown: "in 2 days" is true an hour later, too. */
	int64_t left = due_ms - now_ms;
	if (left > 36 * HOUR_MS)
		left += 12 * HOUR_MS;
	else if (left > HOUR_MS)
		left += HOUR_MS / 2;
	if (left > 60000)
		return arena_printf(arena, "due in %s",
		                    age_text(arena, left, 0));
	const char *age = age_text(arena, now_ms, due_ms);
	return strcmp(age, JUST_NOW) == 0
	               ? "due now"
	               : arena_printf(arena, "%s overdue", age);
}

const char *time_text(struct arena *arena, const char *zone, int64_t time_ms)
{
	struct date date;

	if (!time_ms)
		return "";
	zone_local(zone, time_ms, &date);
	return arena_printf(arena, "%04d-%02d-%02d %02d:%02d", date.year,
	                    date.month, date.day, date.hour, date.minute);
}

const char *instant_text(struct arena *arena, int64_t time_ms)
{
	auto_buf struct buf text = buf_make(64);

	if (!time_ms)
		return NULL;
	date_add_rfc3339(&text, time_ms);
	return arena_strdup(arena, text.at);
}

const char *cost_text(struct arena *arena, const char *amount)
{
	if (!amount || amount[strspn(amount, "0.")] == '\0')
		return "nothing";
	return arena_strdup(arena, amount);
}

const char *first_line(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strcspn(text, "\n"));
}

const char *cut_text(struct arena *arena, const char *text, size_t columns)
{
	char *line = arena_strndup(arena, text, strcspn(text, "\n"));
	size_t len = strlen(line);
	bool cut = text[len] == '\n' && text[len + 1] != '\0';

	while (len > 0 && utf8_width(line) + cut > columns) {
		len--;
		while (len > 0 && ((unsigned char)line[len] & 0xc0) == 0x80)
			len--;
		line[len] = '\0';
		cut = true;
	}
	return cut ? arena_printf(arena, "%s…", line) : line;
}

enum tint run_tint(enum run_state state)
{
	switch (state) {
	case RUN_OPEN:
		return TINT_CYAN;
	case RUN_WAITING:
		return TINT_YELLOW;
	case RUN_DONE:
		return TINT_GREEN;
	case RUN_FAILED:
		return TINT_RED;
	case RUN_REJECTED:
	case RUN_CANCELLED:
		return TINT_DIM;
	}
	return TINT_NONE;
}

enum tint step_tint(enum step_state state)
{
	switch (state) {
	case STEP_WAITING:
	case STEP_VOID:
	case STEP_SKIPPED:
	case STEP_DECLINED:
		return TINT_DIM;
	case STEP_STARTED:
	case STEP_IN_REVIEW:
	case STEP_SLEEPING:
		return TINT_YELLOW;
	case STEP_DONE:
	case STEP_REUSED:
		return TINT_GREEN;
	case STEP_FAILED:
		return TINT_RED;
	}
	return TINT_NONE;
}
