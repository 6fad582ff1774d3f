/*
 * Results are acknowledged when they are in git. They go there with the next
 * intents, before the tick waits for anything, and at the latest a second after
 * the first of them: what a crash takes with it is in doubt.
 *
 * What is under way belongs to the outbox until the loop gives it back. Who has
 * to come later than one of those waits until something has come back.
 */
#include "engine/cycle/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/bus/bus.h"
#include "engine/cycle/work.h"
#include "engine/io/http.h"
#include "store/base/alloc.h"
#include "store/base/fault.h"

/* So many share a flush at most, and so long a result waits for one. */
#define ROUND_MOST   100
#define RESULT_MS    1000
#define SUBJECT_SIZE 256

struct outbox {
	struct work **works;
	size_t count;
	struct work *flying[HTTP_MOST];
	size_t flights;
	struct bus_round round;
	char said[SUBJECT_SIZE]; /* what was sent and not flushed; or "" */
	int64_t since;           /* the first of that, by the boot clock */
};

struct tick *outbox_open(struct tick *tick)
{
	tick->outbox = mem_zalloc(1, sizeof(*tick->outbox));
	return tick;
}

static void free_works(struct work **works, size_t count)
{
	for (size_t i = 0; i < count; i++)
		work_free(works[i]);
	free(works);
}

void outbox_close(struct tick **tick)
{
	struct outbox *outbox = (*tick)->outbox;

	if (outbox->flights)
		http_stop((*tick)->engine->env.http);
	for (size_t i = 0; i < outbox->flights; i++)
		work_free(outbox->flying[i]);
	free_works(outbox->works, outbox->count);
	bus_round_clear(&outbox->round);
	free(outbox);
	(*tick)->outbox = NULL;
}

struct bus_round *outbox_round(struct outbox *outbox)
{
	return outbox ? &outbox->round : NULL;
}

const char *outbox_said(struct outbox *outbox)
{
	return outbox && *outbox->said ? outbox->said : NULL;
}

int outbox_put(struct work *work, struct error *err)
{
	struct outbox *outbox = work->tick->outbox;

	outbox->works =
	        mem_grow(outbox->works, outbox->count, sizeof(struct work *));
	outbox->works[outbox->count++] = work;
	work->run->running++;
	work->live->wake_at = 0; /* nothing wakes it but its end */
	if (outbox->count < ROUND_MOST)
		return 0;
	return outbox_send(work->tick, err) < 0 ? -1 : 0;
}

/* ---- Flushes ------------------------------------------------------------- */

int outbox_flush(struct tick *tick, struct error *err)
{
	struct outbox *outbox = tick->outbox;

	if (!*outbox->said)
		return 0;
	if (FAULT_FAILS("effect.unflushed", err) ||
	    journal_flush(tick->engine->journal, outbox->said, err) < 0)
		return -1;
	FAULT("effect.flushed");
	*outbox->said = '\0';
	return 0;
}

static void say(struct outbox *outbox, const char *text, size_t others)
{
	auto_buf struct buf said = buf_make(4u * SUBJECT_SIZE);

	buf_add_text(&said, text);
	if (others)
		buf_printf(&said, ", and %zu more", others);
	(void)snprintf(outbox->said, sizeof(outbox->said), "%s", said.at);
}

/* ---- Sending ------------------------------------------------------------- */

/* It was sent, or not: what becomes of the step. */
static int take_answer(struct work *work, const struct bus_answer *answer,
                       struct error *err)
{
	struct live_run *run = work->run;
	const struct nap nap = {
		.wake_at = answer->wake_at,
		.attempt = answer->attempt,
		.reason = answer->reason,
	};

	if (answer->wake_at) {
		sleep_fall(work->tick, run, work->live, &nap);
		return 0;
	}
	work->step_run.output = answer->result;
	if (work_conclude(work, err) == 0)
		return 0;
	/* It is done, although its step fails. */
	auto_error struct error problem = { 0 };
	if (journal_flush(run->engine->journal, run->name, &problem) < 0) {
		error_clear(err);
		error_move(err, &problem);
	}
	return -1;
}

/* The outbox keeps it until it lands. */
static void fly(struct outbox *outbox, struct work *work)
{
	bus_round_add_flight(&outbox->round, work->step_run.delivery);
	outbox->flying[outbox->flights++] = work;
	work->run->running++;
}

static int send_one(struct work *work, struct bus_answer *answer,
                    struct error *err)
{
	auto_error struct error reason = { 0 };
	struct live_run *run = work->run;

	if (run->ended) {
		bus_withdraw(work->step_run.delivery,
		             "it was not done: the run is over");
		return 0;
	}
	if (bus_send(work->step_run.delivery, work, answer, &reason) < 0 ||
	    (!answer->later && !answer->under_way &&
	     take_answer(work, answer, &reason) < 0))
		return execute_take_failure(work->tick, run, work->live,
		                            &reason, err);
	return 0;
}

/* The tick ends here: what was not begun is said to be so. */
static int keep_back(struct tick *tick, struct work **works, size_t count)
{
	auto_error struct error ignored = { 0 }; /* the first is told */
	struct journal *journal = tick->engine->journal;

	for (size_t i = 0; i < count; i++)
		if (works[i]->step_run.delivery)
			bus_withdraw(works[i]->step_run.delivery, NULL);
	if (journal_flush(journal, "an error ends the tick", &ignored) < 0)
		error_clear(&ignored);
	return -1;
}

/* Whether it could not be begun with the others; then it is ready again. */
static bool is_put_back(struct work *work, bool later)
{
	if (!later || work->run->ended)
		return false;
	if (work->live->state == STEP_SLEEPING)
		work->live->wake_at = clock_wall_ms(&work->run->engine->clock);
	live_push(work->run, work->live);
	return true;
}

/* Wait until one more may be under way. */
static int make_room(struct tick *tick, struct error *err)
{
	while (tick->outbox->flights == HTTP_MOST)
		if (execute_reap(tick, -1, err) < 0)
			return -1;
	return 0;
}

static int send_all(struct tick *tick, struct work **works, size_t count,
                    struct error *err)
{
	const struct clock *clock = &tick->engine->clock;
	struct outbox *outbox = tick->outbox;
	size_t sent = 0;
	bool again = false;

	outbox->since = clock_boot_ms(clock);
	for (size_t i = 0; i < count; i++) {
		struct work *work = works[i];
		struct bus_answer answer = { .later = work->step_run.later };
		if (make_room(tick, err) < 0)
			return keep_back(tick, works + i, count - i);
		work->run->running--;
		if (work->step_run.delivery && send_one(work, &answer, err) < 0)
			return keep_back(tick, works + i + 1, count - i - 1);
		if (answer.under_way) {
			fly(outbox, work);
			works[i] = NULL;
			continue;
		}
		again = is_put_back(work, answer.later) || again;
		if (!work->step_run.delivery ||
		    (!answer.result && !work->run->ended))
			continue;
		say(outbox, bus_sent_subject(work->step_run.delivery), sent++);
		if (clock_boot_ms(clock) - outbox->since < RESULT_MS)
			continue;
		if (outbox_flush(tick, err) < 0)
			return keep_back(tick, works + i + 1, count - i - 1);
		outbox->since = clock_boot_ms(clock);
		sent = 0;
	}
	/* Who waited for others asks the view what became of them. */
	return again ? outbox_flush(tick, err) : 0;
}

/* The first of those that are begun, and how many they are. */
static const struct work *first_of(struct work *const *works, size_t count,
                                   size_t *ret_begun)
{
	const struct work *first = NULL;

	*ret_begun = 0;
	for (size_t i = 0; i < count; i++) {
		if (!works[i]->step_run.delivery)
			continue;
		first = first ? first : works[i];
		(*ret_begun)++;
	}
	return first;
}

/* The intents are durable, and shared where that is needed. */
static int commit_round(struct tick *tick, struct work *const *works,
                        size_t count, struct error *err)
{
	struct outbox *outbox = tick->outbox;
	size_t begun;
	const struct work *first = first_of(works, count, &begun);
	char subject[SUBJECT_SIZE];

	if (!first)
		return 0;
	say(outbox, bus_intent_subject(first->step_run.delivery), begun - 1);
	(void)snprintf(subject, sizeof(subject), "%s", outbox->said);
	*outbox->said = '\0';
	return env_barrier(&tick->engine->env, subject, err);
}

int outbox_send(struct tick *tick, struct error *err)
{
	struct outbox *outbox = tick->outbox;
	struct work **works = outbox->works;
	size_t count = outbox->count;
	size_t begun;

	if (!count || (outbox->flights && !first_of(works, count, &begun)))
		return 0;
	outbox->works = NULL;
	outbox->count = 0;
	int rc = commit_round(tick, works, count, err);
	bus_round_send(&outbox->round);
	if (rc == 0)
		rc = send_all(tick, works, count, err);
	free_works(works, count);
	return rc < 0 ? -1 : 1;
}

/* ---- Landing ------------------------------------------------------------- */

static void forget_flight(struct outbox *outbox, const struct work *work)
{
	size_t at = 0;

	while (outbox->flying[at] != work)
		at++;
	outbox->flying[at] = outbox->flying[--outbox->flights];
	bus_round_end_flight(&outbox->round, work->step_run.delivery);
	work->run->running--;
}

/* What came of it is a fact, also when nobody waits for it any more. */
static int land(struct work *work, struct transfer *transfer,
                struct bus_answer *answer, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct live_run *run = work->run;
	int rc = bus_land(work->step_run.delivery, transfer, answer, &reason);

	if (run->ended && (rc == 0 || reason.code == ERR_FAILED))
		return 0;
	if (rc < 0 || take_answer(work, answer, &reason) < 0)
		return execute_take_failure(work->tick, run, work->live,
		                            &reason, err);
	return 0;
}

int outbox_land(struct tick *tick, struct error *err)
{
	struct outbox *outbox = tick->outbox;
	struct transfer *transfer;
	size_t landed = 0;

	while ((transfer = http_ended(tick->engine->env.http)) != NULL) {
		CLEANUP(work_free_auto)
		struct work *work = transfer_user(transfer);
		struct bus_answer answer = { 0 };
		forget_flight(outbox, work);
		if (land(work, transfer, &answer, err) < 0)
			return -1;
		if (answer.result)
			say(outbox, bus_sent_subject(work->step_run.delivery),
			    landed++);
	}
	return 0;
}
