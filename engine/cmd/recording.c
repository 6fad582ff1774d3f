/*
 * Only what another run would do again is written down. What agents, waits and
 * numbers gave becomes answers: a test begins with an empty journal. Of an
 * effect the fields that the job gives are expected, as far as they are short
 * enough to be read; of files what was drafted, since a try has no owner who
 * edits. A file that names its run is different each time, and is left out.
 */
#include "engine/cmd/recording.h"

#include <string.h>

#include "engine/cycle/outcome.h"
#include "store/base/buf.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define FIELD_BYTES 200  /* of an effect's field that is expected */
#define FILE_BYTES  4096 /* of a file that is expected as a whole */
#define ID_BYTES    8    /* of a run's id, as files have it */

struct recording {
	struct engine *engine;
	struct arena *arena;
	const struct run_record *run;
};

/* ---- Answers ------------------------------------------------------------- */

static bool is_asked(const struct step_record *step,
                     const struct effect_record *effect)
{
	if (!step->output || step->state == STEP_FAILED)
		return false;
	/* A call without an effect took a number. */
	return text_equal(step->kind, "agent") ||
	       text_equal(step->kind, "wait") ||
	       (text_equal(step->kind, "call") && !effect);
}

static int add_answer(const struct recording *recording,
                      const struct step_record *step, struct value *answers,
                      struct error *err)
{
	struct arena *arena = recording->arena;
	struct effect_record effect;
	struct value *output;
	int found = step->key ? view_effect(recording->engine->view, arena,
	                                    step->key, &effect, err)
	                      : 0;

	if (found < 0 || !is_asked(step, found ? &effect : NULL))
		return found < 0 ? -1 : 0;
	if (journal_resolve(recording->engine->repo, arena, step->output,
	                    &output, err) < 0)
		return -1;
	value_map_set(arena, answers,
	              *step->item ? arena_printf(arena, "%s/%s", step->step,
	                                         step->item)
	                          : step->step,
	              output);
	return 0;
}

static int add_answers(const struct recording *recording, struct value *map,
                       struct error *err)
{
	struct value *answers = value_map(recording->arena);
	struct step_record *steps;
	size_t count;

	if (view_steps(recording->engine->view, recording->arena,
	               recording->run->id, &steps, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_answer(recording, &steps[i], answers, err) < 0)
			return -1;
	if (answers->length > 0)
		value_map_set(recording->arena, map, "answers", answers);
	return 0;
}

/* ---- What is expected ---------------------------------------------------- */

static bool is_short(const struct value *value)
{
	if (value->kind == VALUE_LIST) {
		for (size_t i = 0; i < value->length; i++)
			if (!is_short(value->items[i]))
				return false;
		return true;
	}
	return value->kind != VALUE_MAP &&
	       (value->kind != VALUE_STRING || value->length < FIELD_BYTES);
}

/* The place, the name, and what of its fields is short. */
static struct value *expected_effect(const struct recording *recording,
                                     const struct value *effect)
{
	static const char *const heads[] = { "step", "item", "effect" };
	struct arena *arena = recording->arena;
	struct value *row = value_map(arena);
	const struct effect *known =
	        language_effect(&recording->engine->language,
	                        value_get_text(effect, "effect", ""));
	const struct field *fields = known ? known->fields : NULL;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		value_map_set(arena, row, heads[i],
		              value_get(effect, heads[i]));
	for (; fields && fields->name; fields++) {
		struct value *value = value_get(effect, fields->name);
		if (!value || !is_short(value))
			continue;
		if (value->kind == VALUE_LIST && value->length == 1)
			value = value->items[0];
		value_map_set(arena, row, fields->name, value);
	}
	return row;
}

static int add_effects(const struct recording *recording, struct value *expect,
                       struct error *err)
{
	struct arena *arena = recording->arena;
	struct value *came = value_map(arena);
	struct value *list = value_list(arena);

	if (outcome_steps(recording->engine, arena, recording->run->id, came,
	                  err) < 0)
		return -1;
	const struct value *effects = value_get(came, "effects");
	for (size_t i = 0; i < effects->length; i++)
		value_list_add(arena, list,
		               expected_effect(recording, effects->items[i]));
	value_map_set(arena, expect, "effects", list);
	return 0;
}

/* All of the file, or its first line that says something: of data the order of
 * members may change when an answer is read back. */
static struct value *expected_text(struct arena *arena, const char *path,
                                   const struct buf *bytes)
{
	struct value *map = value_map(arena);
	const char *line = bytes->at;

	if (bytes->len < FILE_BYTES && !text_starts(line, "---\n") &&
	    !text_ends(path, ".yaml") && !text_ends(path, ".json")) {
		value_map_text(arena, map, "is", bytes->at);
		return map;
	}
	while (*line && strcspn(line, "\n") < ID_BYTES)
		line += strcspn(line, "\n") + (strchr(line, '\n') != NULL);
	return value_bytes(arena, line, strcspn(line, "\n"));
}

static int add_artifact(const struct recording *recording,
                        const struct artifact_record *artifact,
                        struct value *files, struct error *err)
{
	struct arena *arena = recording->arena;
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	const char *id = arena_strndup(arena, recording->run->id, ID_BYTES);

	if (oid_is_zero(&artifact->drafted))
		return 0; /* it deletes the file */
	if (repo_blob_read(recording->engine->repo, &artifact->drafted, &bytes,
	                   err) < 0)
		return -1;
	if (!strstr(bytes.at, id) && !strstr(artifact->path, id) &&
	    utf8_valid(bytes.at, bytes.len))
		value_map_set(arena, files, artifact->path,
		              expected_text(arena, artifact->path, &bytes));
	return 0;
}

static int add_artifacts(const struct recording *recording,
                         struct value *expect, struct error *err)
{
	struct view *view = recording->engine->view;
	struct arena *arena = recording->arena;
	struct value *files = value_map(arena);
	struct artifact_record *artifacts;
	struct draft_record *drafts;
	size_t draft_count;
	size_t count;

	if (view_run_drafts(view, arena, recording->run->id, &drafts,
	                    &draft_count, err) < 0)
		return -1;
	for (size_t i = 0; i < draft_count; i++) {
		if (view_artifacts(view, arena, &drafts[i], &artifacts, &count,
		                   err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++)
			if (add_artifact(recording, &artifacts[j], files, err) <
			    0)
				return -1;
	}
	value_map_set(arena, expect, "artifacts", files);
	return 0;
}

struct value *recording_make(struct engine *engine, struct arena *arena,
                             const struct run_record *run, struct error *err)
{
	struct recording recording = { engine, arena, run };
	struct value *map = value_map(arena);
	struct value *expect = value_map(arena);

	if (run->state != RUN_DONE && run->state != RUN_FAILED) {
		error_set(err, ERR_STATE, "the run is %s",
		          run_state_name(run->state));
		(void)error_hint(err, "A test is made of a run that is done or "
		                      "failed.");
		return NULL;
	}
	value_map_text(arena, map, "job", run->job);
	if (run->inputs && run->inputs->length > 0)
		value_map_set(arena, map, "inputs",
		              value_copy(arena, run->inputs));
	value_map_text(arena, map, "at",
	               value_get_text(run->trigger, "time", NULL));
	value_map_text(arena, expect, "state", run_state_name(run->state));
	if (add_answers(&recording, map, err) < 0 ||
	    add_effects(&recording, expect, err) < 0 ||
	    add_artifacts(&recording, expect, err) < 0)
		return NULL;
	value_map_set(arena, map, "expect", expect);
	return map;
}
