/*
 * A wait is looked at when the steps above it are settled, and again whenever
 * its run is: it ends with the first event that fits, or with its time, which-
 * ever was first; an event that came behind the time came too late.
 *
 * Days are counted as a calendar does: five days later is the same time of the
 * day there, whatever the clocks have done in between.
 */
#include <string.h>

#include "engine/cycle/execute.h"
#include "engine/cycle/hear.h"
#include "engine/job/duration.h"
#include "engine/job/function_rows.h"
#include "store/base/date.h"
#include "store/base/text.h"

#define DAY_MS INT64_C(86400000)
#define DAY_S  INT64_C(86400)

struct waiting {
	struct tick *tick;
	struct live_run *run;
	struct live_step *live;
	struct hearing hearing;
	bool listens;
	int64_t until; /* 0: no time ends it */
	int64_t now;
};

/* ---- When ---------------------------------------------------------------- */

static int64_t local_s(const struct date *date)
{
	return date_to_days(date->year, date->month, date->day) * DAY_S +
	       date->hour * INT64_C(3600) + date->minute * INT64_C(60) +
	       date->second;
}

/* So many days that are worked on after `date`, at the same time of the day. */
static int add_workdays(struct waiting *waiting, struct date *date,
                        int64_t count, struct error *err)
{
	struct arena *arena = &waiting->run->arena;
	const struct customs customs = {
		.holidays = waiting->run->config->holidays,
	};
	auto_buf struct buf day = buf_make(64);
	struct date later;

	date_add_iso(&day, date);
	struct value *values[] = {
		value_string(arena, arena_strdup(arena, day.at)),
		value_int(arena, count),
	};
	struct value *text = call_add_workdays(&customs, arena, values,
	                                       ARRAY_LEN(values), err);
	if (!text || !date_parse(text->text, &later))
		return -1;
	date->year = later.year;
	date->month = later.month;
	date->day = later.day;
	return 0;
}

/* `for`, from now on. */
static int after(struct waiting *waiting, const char *text, int64_t *ret,
                 struct error *err)
{
	const char *zone = waiting->run->config->timezone;
	int64_t ms = 0;
	int64_t workdays = 0;
	struct date date;

	(void)duration_parse(text, &ms, &workdays); /* its row has seen to it */
	if (!workdays && !text_ends(text, "d")) {
		*ret = waiting->now + ms;
		return 0;
	}
	zone_local(zone, waiting->now, &date);
	if (workdays && add_workdays(waiting, &date, workdays, err) < 0)
		return -1;
	*ret = zone_instant(zone, local_s(&date) + ms / DAY_MS * DAY_S) * 1000;
	return 0;
}

/* "2026-12-01" is when that day begins, "2026-12-01 09:00" a time there. */
static bool read_local(const char *zone, const char *text, int64_t *ret)
{
	auto_arena struct arena arena = { 0 };
	size_t len = strlen("2026-12-01");
	struct date date;
	int64_t hour = 0;
	int64_t minute = 0;

	if (strlen(text) < len ||
	    !date_parse(arena_strndup(&arena, text, len), &date))
		return false;
	const char *time = text + len;
	if (*time &&
	    (strlen(time) != strlen(" 09:00") || !strchr(" T", time[0]) ||
	     time[3] != ':' ||
	     !text_to_int(arena_strndup(&arena, time + 1, 2), 0, 23, &hour) ||
	     !text_to_int(time + 4, 0, 59, &minute)))
		return false;
	date.hour = (int)hour;
	date.minute = (int)minute;
	date.second = 0;
	*ret = zone_instant(zone, local_s(&date)) * 1000;
	return true;
}

static int at_time(struct waiting *waiting, const struct value *source,
                   int64_t *ret, struct error *err)
{
	struct live_run *run = waiting->run;
	const struct live_step *live = waiting->live;
	const char *text;

	if (run_text(run, live, source, &text, err) < 0)
		return -1;
	if (date_parse_rfc3339(text, ret) ||
	    read_local(run->config->timezone, text, ret))
		return 0;
	error_at(err, ERR_FAILED, live->step->path, source->pos,
	         "\"%s\" is no time to wait until", text);
	return error_hint(err, "Write a day, 2026-12-01, or a time, "
	                       "2026-12-01 09:00 or 2026-12-01T09:00:00Z.");
}

/* The earlier of `for` and `until`; 0 when there is neither. */
static int find_until(struct waiting *waiting, struct error *err)
{
	const struct value *config = waiting->live->step->config;
	const struct value *until = value_get(config, "until");
	const char *period = value_get_text(config, "for", NULL);
	int64_t at;

	if (period && after(waiting, period, &waiting->until, err) < 0)
		return -1;
	if (!until)
		return 0;
	if (at_time(waiting, until, &at, err) < 0)
		return -1;
	if (!waiting->until || at < waiting->until)
		waiting->until = at > 0 ? at : 1;
	return 0;
}

/* ---- For what ------------------------------------------------------------ */

static int find_hearing(struct waiting *waiting, struct error *err)
{
	struct live_run *run = waiting->run;
	const struct live_step *live = waiting->live;
	const struct value *config = live->step->config;
	const struct value *where = value_get(config, "where");
	const char *answers = value_get_text(config, "answers", NULL);
	struct hearing *hearing = &waiting->hearing;

	hearing->wait = live;
	hearing->type = value_get_text(config, "event", NULL);
	waiting->listens = hearing->type || answers;
	if (answers) {
		const struct step *step =
		        job_step_from(run->job, live->step->parent, answers);
		hearing->answers =
		        step ? live_find(run, live->block, step->index) : NULL;
		/* Of a loop there are many, and none was meant. */
		waiting->listens = hearing->answers != NULL;
	}
	if (!where)
		return 0;
	hearing->where = expr_parse(&run->arena, live->step->path, where,
	                            run->engine->env.engine, err);
	return hearing->where ? 0 : -1;
}

/* ---- Its end ------------------------------------------------------------- */

static const char *instant(struct arena *arena, int64_t time_ms)
{
	auto_buf struct buf text = buf_make(64);

	date_add_rfc3339(&text, time_ms);
	return arena_strdup(arena, text.at);
}

/* What stands below it sees the owner's branch as it is now, and again when
 * the run is loaded later: so the journal names the tree and holds it. */
static int see_the_tip(struct waiting *waiting, struct value *data,
                       struct error *err)
{
	struct live_run *run = waiting->run;
	struct engine *engine = run->engine;
	struct oid *tree = arena_new(&run->arena, struct oid);

	if (engine_look(engine, err) < 0)
		return -1;
	*tree = engine->tip_tree;
	const char *id = oid_text(&run->arena, tree);
	value_map_text(&run->arena, data, "tree", id);
	journal_keep(engine->journal, arena_printf(&run->arena, "trees/%s", id),
	             tree, 040000);
	waiting->live->tree = tree;
	return 0;
}

/* What it gives: with the event that came, or NULL when it was the time. */
static int end(struct waiting *waiting, const struct heard *heard,
               struct error *err)
{
	struct live_run *run = waiting->run;
	struct live_step *live = waiting->live;
	struct arena *arena = &run->arena;
	struct value *data = execute_about(run, live);
	struct value *output = value_map(arena);
	const struct live_step *answers = waiting->hearing.answers;
	const char *since = value_get_text(live->output, "since", NULL);

	if (answers)
		since = instant(arena, answers->at);
	value_map_text(arena, output, "came", heard ? "event" : "time");
	if (heard)
		run_share(arena, output, "event", heard->event);
	else
		value_map_set(arena, output, "event", value_null(arena));
	value_map_text(arena, output, "since", since);
	value_map_text(
	        arena, output, "time",
	        instant(arena, heard ? heard->emitted->at : waiting->until));
	value_map_text(arena, data, "kind", live->step->kind->name);
	value_map_set(arena, data, "output", output);
	if (heard)
		value_map_text(arena, data, "event", heard->emitted->event);
	if (see_the_tip(waiting, data, err) < 0)
		return -1;
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, live), data);
	live->output = output;
	execute_settle(waiting->tick, run, live, STEP_DONE, NULL);
	return 1;
}

/* 1 when it is over, 0 when not, -1. */
static int look(struct waiting *waiting, struct error *err)
{
	struct heard heard;
	int found = 0;

	if (waiting->listens)
		found = hear(waiting->tick, waiting->run, &waiting->hearing,
		             &heard, err);
	if (found < 0)
		return -1;
	if (found && waiting->until && heard.emitted->at > waiting->until)
		found = 0;
	if (!found && (!waiting->until || waiting->until > waiting->now))
		return 0;
	return end(waiting, found ? &heard : NULL, err);
}

/* ---- Its beginning ------------------------------------------------------- */

/* "until 2026-11-27 09:00 or email.received". */
static const char *reason_of(const struct waiting *waiting)
{
	struct arena *arena = &waiting->run->arena;
	const char *type = waiting->hearing.type;
	const struct live_step *answers = waiting->hearing.answers;
	const char *event = NULL;

	if (waiting->listens && answers)
		event = arena_printf(arena, "%s that answers \"%s\"",
		                     type ? type : "an event",
		                     answers->step->local);
	else if (waiting->listens)
		event = type;
	if (!waiting->until)
		return arena_printf(arena, "until %s", event ? event : "ever");
	return arena_printf(arena, "until %s%s%s",
	                    sleep_time(waiting->run, arena, waiting->until),
	                    event ? " or " : "", event ? event : "");
}

static void lay(struct waiting *waiting)
{
	struct arena *arena = &waiting->run->arena;
	const char *type = waiting->hearing.type;
	struct value *listens = value_list(arena);

	if (waiting->listens)
		value_list_add(arena, listens,
		               value_string(arena, type ? type : "*"));
	const struct nap nap = {
		.wake_at = waiting->until,
		.reason = reason_of(waiting),
		.listens = listens,
		.begun = waiting->live->output,
	};
	sleep_lay(waiting->tick, waiting->run, waiting->live, &nap);
}

static int begin(struct waiting *waiting, struct error *err)
{
	struct arena *arena = &waiting->run->arena;
	struct value *begun = value_map(arena);

	if (find_until(waiting, err) < 0)
		return -1;
	value_map_text(arena, begun, "since", instant(arena, waiting->now));
	waiting->live->output = begun;
	return 0;
}

int wait_advance(struct tick *tick, struct live_run *run,
                 struct live_step *live, struct error *err)
{
	bool begun = live->state == STEP_SLEEPING;
	struct waiting waiting = {
		.tick = tick,
		.run = run,
		.live = live,
		.until = live->wake_at,
		.now = clock_wall_ms(&run->engine->clock),
	};

	if (find_hearing(&waiting, err) < 0 ||
	    (!begun && begin(&waiting, err) < 0))
		return -1;
	int over = look(&waiting, err);
	if (over == 0 && !begun)
		lay(&waiting);
	return over < 0 ? -1 : 0;
}
