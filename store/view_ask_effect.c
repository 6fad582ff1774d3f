/*
 * What is asked about effects, occasions, events and numbers.
 */
#include "store/view_private.h"

static void read_effect(struct arena *arena, struct statement *row,
                        void *record)
{
	struct effect_record *effect = record;

	effect->key = view_read_text(arena, row, 0);
	effect->run = view_read_text(arena, row, 1);
	effect->step = view_read_text(arena, row, 2);
	effect->item = view_read_text(arena, row, 3);
	effect->effect = view_read_text(arena, row, 4);
	effect->state = view_read_text(arena, row, 5);
	effect->payload = view_read_json(arena, row, 6);
	effect->result = view_read_json(arena, row, 7);
	effect->intended_at = statement_int(row, 8);
	effect->begun_at = statement_int(row, 9);
	effect->tried_at = statement_int(row, 10);
	effect->attempts = statement_int(row, 11);
	effect->reason = view_read_text(arena, row, 12);
	effect->endpoint = view_read_text(arena, row, 13);
	effect->source = view_read_text(arena, row, 14);
}

#define EFFECT_COLUMNS                                                         \
	"select key, run, step, item, effect, state, payload, result, "        \
	"intended_at, begun_at, tried_at, attempts, reason, endpoint, "        \
	"source from effect "

struct value *view_passes(struct view *view, struct arena *arena,
                          const char *run, struct error *err)
{
	struct statement *rows = view_query(
	        view, "select step, pass from pass where run = ?1", err);
	struct value *map = value_map(arena);
	int more;

	if (!rows)
		return NULL;
	statement_bind_text(rows, 1, run);
	while ((more = statement_step(rows, err)) > 0)
		value_map_int(arena, map, view_read_text(arena, rows, 0),
		              statement_int(rows, 1));
	statement_reset(rows);
	return more < 0 ? NULL : map;
}

int view_effect(struct view *view, struct arena *arena, const char *key,
                struct effect_record *ret, struct error *err)
{
	struct statement *rows =
	        view_query(view, EFFECT_COLUMNS "where key = ?1", err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, key);
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_record),
		                     read_effect };
	return view_ask_one(&question, ret, err);
}

static void read_effect_count(struct arena *arena, struct statement *row,
                              void *record)
{
	struct effect_count *count = record;

	count->effect = view_read_text(arena, row, 0);
	count->count = statement_int(row, 1);
}

int view_effects_since(struct view *view, struct arena *arena, const char *job,
                       int64_t since_ms, struct effect_count **ret,
                       size_t *ret_count, struct error *err)
{
	struct statement *rows =
	        view_query(view,
	                   "select e.effect, count(*) from effect e join run r "
	                   "on r.id = e.run where e.intended_at >= ?1 and "
	                   "e.state <> 'failed' and (?2 is null or r.job = ?2) "
	                   "group by e.effect",
	                   err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, since_ms);
	statement_bind_text(rows, 2, job);
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_count),
		                     read_effect_count };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_effects_of(struct view *view, const char *run, const char *effect,
                    const char *steps, const char *item, int64_t *ret,
                    struct error *err)
{
	struct statement *row = view_query(
	        view,
	        "select count(*) from effect where run = ?1 and effect = ?2 "
	        "and state <> 'failed' and "
	        "substr(step, 1, length(?3)) = ?3 and (?4 = '' or item = ?4 "
	        "or substr(item, 1, length(?4) + 1) = ?4 || '/')",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, run);
	statement_bind_text(row, 2, effect);
	statement_bind_text(row, 3, steps);
	statement_bind_text(row, 4, item);
	return view_ask_int(row, ret, err) < 0 ? -1 : 0;
}

int view_effects_in_doubt(struct view *view, struct arena *arena,
                          struct effect_record **ret, size_t *ret_count,
                          struct error *err)
{
	struct statement *rows =
	        view_query(view,
	                   EFFECT_COLUMNS "where state = 'intended' "
	                                  "order by intended_at, key",
	                   err);

	if (!rows)
		return -1;
	struct question question = { view, arena, rows,
		                     sizeof(struct effect_record),
		                     read_effect };
	return view_ask_all(&question, ret, ret_count, err);
}

static void read_endpoint(struct arena *arena, struct statement *row,
                          void *record)
{
	struct endpoint_record *endpoint = record;

	endpoint->name = view_read_text(arena, row, 0);
	endpoint->breaker = (struct breaker){
		.failures = statement_int(row, 1),
		.since = statement_int(row, 2),
		.probe_at = statement_int(row, 3),
		.trips = statement_int(row, 4),
	};
}

int view_endpoints(struct view *view, struct arena *arena, const char *name,
                   struct endpoint_record **ret, size_t *ret_count,
                   struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select name, failures, since, probe_at, trips from endpoint "
	        "where failures > 0 and (?1 is null or name = ?1) "
	        "order by name",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, name);
	struct question question = { view, arena, rows,
		                     sizeof(struct endpoint_record),
		                     read_endpoint };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_begun_at(struct view *view, const char *endpoint, int64_t later,
                  int64_t *ret, struct error *err)
{
	struct statement *row =
	        view_query(view,
	                   "select begun_at from effect where endpoint = ?1 "
	                   "order by begun_at desc limit 1 offset ?2",
	                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, endpoint);
	statement_bind_int(row, 2, later);
	int found = statement_step(row, err);
	if (found > 0)
		*ret = statement_int(row, 0);
	statement_reset(row);
	return found;
}

static void read_once(struct arena *arena, struct statement *row, void *record)
{
	struct once_record *once = record;

	once->key = view_read_text(arena, row, 0);
	once->run = view_read_text(arena, row, 1);
	once->step = view_read_text(arena, row, 2);
	once->item = view_read_text(arena, row, 3);
	once->done = statement_int(row, 4) != 0;
	once->output = view_read_json(arena, row, 5);
	once->at = statement_int(row, 6);
}

int view_once(struct view *view, struct arena *arena, const char *effect,
              const char *occasion, struct once_record *ret, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select once.key, run, step, item, done, output, at from once "
	        "left join step using (run, step, item) "
	        "where effect = ?1 and occasion = ?2",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, effect);
	statement_bind_text(rows, 2, occasion);
	struct question question = { view, arena, rows,
		                     sizeof(struct once_record), read_once };
	return view_ask_one(&question, ret, err);
}

static void read_emitted(struct arena *arena, struct statement *row,
                         void *record)
{
	struct emitted_record *emitted = record;

	emitted->seq = statement_int(row, 0);
	emitted->event = view_read_text(arena, row, 1);
	emitted->run = view_read_text(arena, row, 2);
	emitted->step = view_read_text(arena, row, 3);
	emitted->type = view_read_text(arena, row, 4);
	emitted->data = view_read_json(arena, row, 5);
	emitted->commit = view_read_oid(row, 6);
	emitted->at = statement_int(row, 7);
}

int view_emitted(struct view *view, struct arena *arena, int64_t seq,
                 struct emitted_record **ret, size_t *ret_count,
                 struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select seq, event, run, step, type, data, commit_id, "
	        "at from emitted where seq > ?1 order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_int(rows, 1, seq);
	struct question question = { view, arena, rows,
		                     sizeof(struct emitted_record),
		                     read_emitted };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_last_emitted(struct view *view, int64_t *ret, struct error *err)
{
	struct statement *row = view_query(
	        view, "select coalesce(max(seq), 0) from emitted", err);

	if (!row)
		return -1;
	*ret = 0;
	return view_ask_int(row, ret, err) < 0 ? -1 : 0;
}

int view_heard(struct view *view, struct arena *arena,
               const struct listener *listener, struct emitted_record **ret,
               size_t *ret_count, struct error *err)
{
	struct statement *rows = view_query(
	        view,
	        "select seq, event, run, step, type, data, commit_id, "
	        "at from emitted where (?4 is null or type = ?4) and seq > "
	        "case ?2 when '' then (select since from run where id = ?1) "
	        "else (select since from step where run = ?1 and step = ?2 "
	        "and item = ?3) end order by seq",
	        err);

	if (!rows)
		return -1;
	statement_bind_text(rows, 1, listener->run);
	statement_bind_text(rows, 2, listener->step);
	statement_bind_text(rows, 3, listener->item);
	statement_bind_text(rows, 4, listener->type);
	struct question question = { view, arena, rows,
		                     sizeof(struct emitted_record),
		                     read_emitted };
	return view_ask_all(&question, ret, ret_count, err);
}

int view_number(struct view *view, const char *sequence,
                const struct number_holder *holder, int64_t *ret,
                struct error *err)
{
	struct statement *row =
	        view_query(view,
	                   "select number from number where sequence = ?1 and "
	                   "run = ?2 and step = ?3 and item = ?4",
	                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, sequence);
	statement_bind_text(row, 2, holder->run);
	statement_bind_text(row, 3, holder->step);
	statement_bind_text(row, 4, holder->item);
	return view_ask_int(row, ret, err);
}

static void read_number(struct arena *arena, struct statement *row,
                        void *record)
{
	struct number_record *number = record;

	number->sequence = view_read_text(arena, row, 0);
	number->number = statement_int(row, 1);
	number->used = statement_int(row, 2) != 0;
}

#define NUMBER_COLUMNS                                                         \
	"select sequence, number, exists (select 1 from effect where "         \
	"effect.run = number.run) from number "

int view_number_of(struct view *view, struct arena *arena,
                   const struct number_holder *holder,
                   struct number_record *ret, struct error *err)
{
	struct statement *row = view_query(
	        view,
	        NUMBER_COLUMNS "where run = ?1 and step = ?2 and item = ?3",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, holder->run);
	statement_bind_text(row, 2, holder->step);
	statement_bind_text(row, 3, holder->item);
	struct question question = { view, arena, row, sizeof(*ret),
		                     read_number };
	return view_ask_one(&question, ret, err);
}

int view_number_at(struct view *view, struct arena *arena, const char *sequence,
                   int64_t number, struct number_record *ret, struct error *err)
{
	struct statement *row = view_query(
	        view, NUMBER_COLUMNS "where sequence = ?1 and number = ?2",
	        err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, sequence);
	statement_bind_int(row, 2, number);
	struct question question = { view, arena, row, sizeof(*ret),
		                     read_number };
	return view_ask_one(&question, ret, err);
}

int view_number_next(struct view *view, const char *sequence, int64_t *ret,
                     struct error *err)
{
	struct statement *row =
	        view_query(view,
	                   "select min(n) from (select 1 as n union all "
	                   "select number + 1 from number where sequence = ?1) "
	                   "where n not in (select number from number "
	                   "where sequence = ?1)",
	                   err);

	if (!row)
		return -1;
	statement_bind_text(row, 1, sequence);
	return view_ask_int(row, ret, err) < 0 ? -1 : 0;
}
