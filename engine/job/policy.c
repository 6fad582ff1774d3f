/*
 * The lines of `policy`, read and asked.
 *
 * A line is a list of what must hold for it to fit; hours and delay are no part
 * of that: they say when what it lets pass is done.
 */
#include "engine/job/policy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/job/config.h"
#include "engine/job/duration.h"
#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/path.h"
#include "store/base/text.h"

static const char FILE_NAME[] = "reeve.yaml";

static const char *const text_words[] = { "owner", NULL };
static const char *const verdict_words[] = { "gate", "auto", "never", NULL };

const struct field policy_fields[] = {
	{
	        .name = "effect",
	        .type = FIELD_TEXT,
	        .help = "an effect, or a family of them as email.*; none: all",
	        .example = "email.send",
	},
	{
	        .name = "job",
	        .type = FIELD_TEXT,
	        .help = "the job that has the effect; none: every job",
	        .example = "billing",
	},
	{
	        .name = "to",
	        .type = FIELD_TEXT,
	        .help = "whom it reaches: an address, an endpoint, a pattern with *, a file "
	                "of addresses, or sender: whom the event is from",
	        .example = "\"*@example.com\"",
	},
	{
	        .name = "then",
	        .type = FIELD_WORD,
	        .required = true,
	        .words = verdict_words,
	        .help = "gate: the owner releases it; auto: done at once; "
	                "never: refused",
	        .example = "auto",
	},
	{
	        .name = "text",
	        .type = FIELD_WORD,
	        .words = text_words,
	        .help = "owner: only words that the owner wrote or merged",
	        .example = "owner",
	},
	{
	        .name = "max",
	        .type = FIELD_TEXT,
	        .help = "how many: N/h, N/d or N/w, an hour, a day or a week",
	        .example = "20/d",
	},
	{
	        .name = "delay",
	        .type = FIELD_DURATION,
	        .help = "how long it is held back before it is done",
	        .example = "10m",
	},
	{
	        .name = "hours",
	        .type = FIELD_TEXT,
	        .help = "when it may be done, in the workspace's time",
	        .example = "\"mon-fri 08:00-18:00\"",
	},
	{ 0 },
};

/* Whether `text` fits `pattern`, in which each `*` is any text; letters of
 * ASCII are equal in either case, as in a mail address. Only the last `*` is
 * ever tried again, so the work is at most the product of the lengths. */
static bool pattern_fits(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (tolower((unsigned char)*pattern) ==
		           tolower((unsigned char)*text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

/* ---- reading */

struct reader {
	struct arena *arena;
	const struct language *language;
	struct errors *errors;
};

static void check_policy_effect(const struct reader *reader,
                                const struct value *effect)
{
	const struct effect *const *effects = reader->language->effects;
	const char **names = NULL;
	const char *nearest;
	struct error *added;
	size_t count = 0;

	for (; effects[count] != NULL; count++) {
		if (pattern_fits(effect->text, effects[count]->name))
			return;
		names = arena_grow(reader->arena, names, count, sizeof(*names));
		names[count] = effects[count]->name;
	}
	added = errors_add(reader->errors, ERR_CONFIG, FILE_NAME, effect->pos,
	                   "unknown effect \"%s\"", effect->text);
	nearest = text_nearest(effect->text, names, count);
	if (nearest != NULL)
		error_hint(added, "Did you mean \"%s\"?", nearest);
}

/* `to`: the word sender, an address or pattern, or a path. */
static void read_target(const struct reader *reader, const struct value *target,
                        struct policy_line *line)
{
	auto_error struct error err = { 0 };
	const char *text = target->text;

	if (strcmp(text, "sender") == 0)
		line->to_sender = true;
	else if (text_is_email(text) || strchr(text, '*') != NULL ||
	         text_is_name(text))
		line->to = text;
	else if (*path_ending(text) != '\0' && path_check(text, &err) == 0)
		line->to_file = text;
	else
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, target->pos,
		           "\"to\" must be an address, an endpoint, a pattern "
		           "such as *@example.com, a file or sender, not "
		           "\"%s\"",
		           text);
}

/* "20/d" */
static void read_max(const struct reader *reader, const struct value *max,
                     struct policy_line *line)
{
	static const struct {
		const char *text;
		int64_t hours;
	} units[] = { { "/h", 1 }, { "/d", 24 }, { "/w", 168 } };

	const int64_t most = 1000000;
	size_t len = strcspn(max->text, "/");
	auto_free char *number = mem_strndup(max->text, len);

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(max->text + len, units[i].text) == 0)
			line->max_ms = units[i].hours * 3600 * 1000;
	if (line->max_ms == 0 || !text_to_int(number, 1, most, &line->max))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, max->pos,
		           "\"max\" must be a number an hour, day or week such "
		           "as 20/d, not \"%s\"",
		           max->text);
}

/* The number of "mon", or -1. */
static int weekday_of(const char *text)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu",
		                            "fri", "sat", "sun" };

	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		if (text_starts(text, days[i]))
			return (int)i;
	return -1;
}

/* Minutes of "08:30", or -1. */
static int minute_of(const char *text)
{
	int64_t hour;
	int64_t minute;
	auto_free char *first = mem_strndup(text, strnlen(text, 2));
	auto_free char *second =
	        strlen(text) >= 5 ? mem_strndup(text + 3, 2) : mem_strdup("");

	if (strlen(text) < 5 || text[2] != ':' ||
	    !text_to_int(first, 0, 24, &hour) ||
	    !text_to_int(second, 0, 59, &minute) || hour * 60 + minute > 1440)
		return -1;
	return (int)(hour * 60 + minute);
}

/* "mon-fri 08:00-18:00" */
static bool parse_hours(const char *text, struct policy_line *line)
{
	int first = weekday_of(text);
	int last = first;

	if (first < 0)
		return false;
	text += 3;
	if (*text == '-') {
		last = weekday_of(text + 1);
		text += 4;
	}
	if (last < 0 || *text++ != ' ' || strlen(text) != 11 || text[5] != '-')
		return false;
	for (int day = first;; day = (day + 1) % 7) {
		line->weekdays |= 1u << day;
		if (day == last)
			break;
	}
	line->from_minute = minute_of(text);
	line->to_minute = minute_of(text + 6);
	return line->from_minute >= 0 && line->to_minute > line->from_minute;
}

static void read_hours(const struct reader *reader, const struct value *hours,
                       struct policy_line *line)
{
	if (!parse_hours(hours->text, line))
		errors_add(reader->errors, ERR_CONFIG, FILE_NAME, hours->pos,
		           "\"hours\" must be days and times such as "
		           "mon-fri 08:00-18:00, not \"%s\"",
		           hours->text);
}

/* The words are in the order of the enum. */
static enum verdict verdict_of(const char *word)
{
	enum verdict verdict = VERDICT_GATE;

	while (!text_equal(verdict_words[verdict], word))
		verdict++;
	return verdict;
}

void policy_read(struct arena *arena, const struct value *map,
                 const struct language *language, struct errors *errors,
                 struct policy_line *ret)
{
	const struct reader reader = { arena, language, errors };
	const struct value *effect = value_get(map, "effect");
	const struct value *target = value_get(map, "to");
	const struct value *max = value_get(map, "max");
	const struct value *hours = value_get(map, "hours");

	*ret = (struct policy_line){
		.pos = map->pos,
		.effect = value_get_text(map, "effect", NULL),
		.job = value_get_text(map, "job", NULL),
		.owner_text = value_get(map, "text") != NULL,
		.delay_ms = duration_ms(value_get_text(map, "delay", "0s")),
		.then = verdict_of(value_get_text(map, "then", NULL)),
	};
	if (effect != NULL)
		check_policy_effect(&reader, effect);
	if (target != NULL)
		read_target(&reader, target, ret);
	if (max != NULL)
		read_max(&reader, max, ret);
	if (hours != NULL)
		read_hours(&reader, hours, ret);
}

/* ---- deciding while a job is looked at */

bool policy_is_for(const struct policy_line *line, const char *effect)
{
	return line->effect == NULL || pattern_fits(line->effect, effect);
}

static bool line_fits(const struct policy_line *line,
                      const struct effect *effect, const char *job)
{
	return policy_is_for(line, effect->name) &&
	       (line->job == NULL || text_equal(line->job, job));
}

/* The address in "Ann <ann@acme.example>", on the heap: a policy speaks of
 * addresses, and a display name must not lead around it. A target that has
 * angle brackets but no address in them is not known: NULL. */
static char *bare_target(const char *target)
{
	const char *open = target == NULL ? NULL : strrchr(target, '<');

	if (open == NULL)
		return target == NULL ? NULL : mem_strdup(target);
	char *bare = mem_strndup(open + 1, strcspn(open + 1, ">"));
	if (text_is_email(bare) && text_equal(open + 1 + strlen(bare), ">"))
		return bare;
	free(bare);
	return NULL;
}

/* Whether the line asks for what is known only when the effect is done. */
static bool asks_more(const struct policy_line *line)
{
	return line->to_file != NULL || line->to_sender || line->owner_text ||
	       line->max > 0;
}

/* Whether the line fits towards `address`, which may not be known. */
enum fit {
	FIT_NO,
	FIT_PERHAPS,
	FIT_YES,
};

static enum fit fit_of(const struct policy_line *line,
                       const struct effect *effect, const char *job,
                       const char *address)
{
	if (!line_fits(line, effect, job))
		return FIT_NO;
	if (line->to != NULL && address != NULL &&
	    !pattern_fits(line->to, address))
		return FIT_NO;
	if (asks_more(line) || (line->to != NULL && address == NULL))
		return FIT_PERHAPS;
	return FIT_YES;
}

enum verdict policy_otherwise(const struct effect *effect)
{
	return effect->class == EFFECT_INTERNAL ? VERDICT_AUTO : VERDICT_GATE;
}

/* Any of the lines that perhaps fit, or the first one that surely does. */
unsigned policy_outlook(const struct config *config,
                        const struct effect *effect, const char *job,
                        const char *target)
{
	auto_free char *address = bare_target(target);
	unsigned outlook = 0;

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];
		enum fit fit = fit_of(line, effect, job, address);

		if (fit == FIT_NO)
			continue;
		outlook |= 1u << line->then;
		if (fit == FIT_YES)
			return outlook;
		if (asks_more(line) && line->then == VERDICT_AUTO)
			outlook |= POLICY_AUTO_IF;
	}
	return outlook | 1u << policy_otherwise(effect);
}

/* ---- deciding at the moment of doing */

/* Whether the line is about `address`: 1, 0, -1. */
static int fits_target(const struct policy_line *line, const char *address,
                       const struct policy_facts *facts, struct error *err)
{
	auto_free char *sender = bare_target(facts->sender);

	if (line->to == NULL && !line->to_sender && line->to_file == NULL)
		return 1;
	if (address == NULL)
		return 0;
	if (line->to != NULL)
		return pattern_fits(line->to, address);
	if (line->to_sender)
		return sender != NULL && strcasecmp(address, sender) == 0;
	return facts->is_listed(facts->state, line->to_file, address, err);
}

/* What costs most is asked last. */
static int fits_facts(const struct policy_line *line, const char *address,
                      const struct policy_facts *facts, struct error *err)
{
	int64_t count;
	int fits;

	if (line->owner_text && !facts->owner_text)
		return 0;
	fits = fits_target(line, address, facts, err);
	if (fits <= 0 || line->max == 0)
		return fits;
	count = facts->count(facts->state, line, err);
	return count < 0 ? -1 : count < line->max;
}

int policy_find(const struct config *config, const struct effect *effect,
                const char *job, const struct policy_facts *facts,
                const struct policy_line **ret, struct error *err)
{
	auto_free char *address = bare_target(facts->target);

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy_line *line = &config->policy[i];
		int fits;

		if (!line_fits(line, effect, job))
			continue;
		fits = fits_facts(line, address, facts, err);
		if (fits < 0)
			return -1;
		if (fits > 0) {
			*ret = line;
			return 0;
		}
	}
	*ret = NULL;
	return 0;
}

bool policy_lists(const char *text, size_t len, const char *address)
{
	static const char apart[] = " \t\r\n,;:|\"'<>()[]{}";
	auto_free char *bare = bare_target(address);
	size_t wanted = bare != NULL ? strlen(bare) : 0;
	size_t from = 0;

	for (size_t i = 0; wanted > 0 && i <= len; i++) {
		if (i < len && text[i] != '\0' &&
		    strchr(apart, text[i]) == NULL)
			continue;
		if (i - from == wanted &&
		    strncasecmp(text + from, bare, wanted) == 0)
			return true;
		from = i + 1;
	}
	return false;
}

/* ---- when it may be done */

#define MINUTE_S INT64_C(60)
#define DAY_S    (MINUTE_S * 60 * 24)

static bool is_open_on(const struct policy_line *line, int64_t day)
{
	int from_monday = (int)((day + 3) % 7); /* 1970-01-01: a Thursday */

	return (line->weekdays & 1u << from_monday) != 0;
}

int64_t policy_earliest(const struct policy_line *line, const char *zone,
                        int64_t since_ms, int64_t now_ms)
{
	int64_t at_ms = since_ms + line->delay_ms;
	struct date local;
	int64_t today;
	int minute;

	at_ms = at_ms > now_ms ? at_ms : now_ms;
	if (line->weekdays == 0)
		return at_ms;
	zone_local(zone, at_ms, &local);
	today = date_to_days(local.year, local.month, local.day);
	minute = local.hour * 60 + local.minute;
	if (is_open_on(line, today) && minute >= line->from_minute &&
	    minute < line->to_minute)
		return at_ms;
	/* One of the days is open, today's opening may be over. */
	for (int64_t day = today; day <= today + 7; day++) {
		int64_t opens_ms =
		        zone_instant(zone, day * DAY_S + line->from_minute *
		                                                 MINUTE_S) *
		        1000;

		if (is_open_on(line, day) && opens_ms > at_ms)
			return opens_ms;
	}
	return at_ms;
}
