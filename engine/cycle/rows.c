/*
 * What the journal knows of a run's steps, found by their place.
 *
 * The view's rows are sorted once by the step's index and the item, so that
 * each of a hundred thousand items finds its own by halving. Below an approved
 * gate a step with a file means what was merged: its output is read again from
 * the merged bytes, and the step's own result is no longer looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/cycle/run.h"
#include "engine/job/document.h"
#include "store/base/limits.h"
#include "store/base/text.h"

/* A record at its place; `record` is a step_record or a file_row. */
struct row {
	size_t index;
	const char *item;
	const void *record;
};

struct drafted {
	const struct draft_record *draft;
	const struct artifact_record *artifact;
};

struct table {
	struct row *rows;
	size_t count;
};

struct run_rows {
	struct table steps;
	struct table files;
};

static int compare(const void *left, const void *right)
{
	const struct row *a = left;
	const struct row *b = right;

	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return strcmp(a->item, b->item);
}

/* Steps that the pinned job does not have are of no use. */
static void add_row(struct live_run *run, struct table *table, const char *id,
                    const char *item, const void *record)
{
	const struct step *step = job_step(run->job, id);

	if (!step)
		return;
	table->rows = arena_grow(&run->arena, table->rows, table->count,
	                         sizeof(*table->rows));
	table->rows[table->count++] = (struct row){
		.index = step->index,
		.item = item,
		.record = record,
	};
}

static void sort(struct table *table)
{
	if (table->count > 1)
		qsort(table->rows, table->count, sizeof(*table->rows), compare);
}

/* The number of the first row at or behind the place. */
static size_t find(const struct table *table, size_t index, const char *item)
{
	const struct row key = { .index = index, .item = item };
	size_t low = 0;
	size_t high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&table->rows[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct table *table, size_t n, size_t index,
                  const char *item)
{
	return n < table->count && table->rows[n].index == index &&
	       strcmp(table->rows[n].item, item) == 0;
}

/* ---- Reading them -------------------------------------------------------- */

static int read_steps(struct live_run *run, struct error *err)
{
	struct step_record *records;
	size_t count;

	if (view_steps(run->engine->view, &run->arena, run->record.id, &records,
	               &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		add_row(run, &run->rows->steps, records[i].step,
		        records[i].item, &records[i]);
	sort(&run->rows->steps);
	return 0;
}

static int read_files(struct live_run *run, const struct draft_record *draft,
                      struct error *err)
{
	struct artifact_record *records;
	size_t count;

	if (view_artifacts(run->engine->view, &run->arena, draft, &records,
	                   &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (records[i].lapsed)
			continue;
		struct drafted *row = arena_new(&run->arena, struct drafted);
		row->draft = draft;
		row->artifact = &records[i];
		add_row(run, &run->rows->files, records[i].step,
		        records[i].item, row);
	}
	return 0;
}

int run_read_rows(struct live_run *run, struct error *err)
{
	run->rows = arena_new(&run->arena, struct run_rows);
	if (read_steps(run, err) < 0)
		return -1;
	for (size_t i = 0; i < run->draft_count; i++)
		if (run->drafts[i].state != DRAFT_WITHDRAWN &&
		    read_files(run, &run->drafts[i], err) < 0)
			return -1;
	sort(&run->rows->files);
	return 0;
}

bool run_knows_parts(const struct live_run *run, const struct live_step *live)
{
	const struct table *table = &run->rows->steps;
	size_t n = find(table, live->step->index + 1, "");

	if (live->items || (live->step->other && live->state != STEP_WAITING))
		return true;
	if (!live_is_loop(live))
		return n < table->count &&
		       table->rows[n].index < live->step->end &&
		       ((const struct step_record *)table->rows[n].record)
		                       ->state != STEP_WAITING;
	/* A loop over one step alone has its items' rows beside its own. */
	if (live->step->end == live->step->index + 1)
		n = find(table, live->step->index, live->block->item) + 1;
	return n < table->count && table->rows[n].index < live->step->end;
}

/* ---- Taking them on ------------------------------------------------------ */

static int take_step(struct live_run *run, struct live_step *live,
                     const struct step_record *row, struct error *err)
{
	struct value *output = NULL;

	if (row->output && journal_resolve(run->engine->env.repo, &run->arena,
	                                   row->output, &output, err) < 0)
		return error_wrap(err, "the output of step \"%s\"",
		                  live->step->id);
	live->state = row->state;
	live->key = row->key;
	live->event = row->event;
	live->at = row->at;
	live->wake_at = row->wake_at;
	live->attempt = row->attempt;
	live->tree = oid_is_zero(&row->tree) ? NULL : &row->tree;
	live->reason = row->reason;
	if (live_is_loop(live))
		live->items = output;
	else if (!live->step->other)
		live->output = output;
	run->sleeping += live->state == STEP_SLEEPING;
	return 0;
}

const struct value *run_with_file(struct live_run *run,
                                  const struct live_step *live,
                                  const char *field, struct value *value)
{
	const struct value *before = live->output;
	struct value *output = value_map(&run->arena);

	if (!field)
		return value;
	for (size_t i = 0;
	     before && before->kind == VALUE_MAP && i < before->length; i++)
		run_share(&run->arena, output, before->members[i].name,
		          before->members[i].value);
	value_map_set(&run->arena, output, field, value);
	return output;
}

/* The file as it was merged; one field of the output, or all of it. */
static int take_merged(struct live_run *run, struct live_step *live,
                       const struct artifact_record *artifact,
                       struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	struct arena *arena = &run->arena;

	if (repo_blob_read(run->engine->repo, &artifact->merged, &bytes, err) <
	    0)
		return -1;
	struct value *merged =
	        document_parse(arena, artifact->path, bytes.at, bytes.len, err);
	if (!merged)
		return error_wrap(err, "the merged artifact of step \"%s\"",
		                  live->step->id);
	merged = document_with_path(arena, merged, artifact->path);
	live->output = run_with_file(run, live, artifact->field, merged);
	return 0;
}

static int take_file(struct live_run *run, struct live_step *live,
                     const struct drafted *row, struct error *err)
{
	const struct artifact_record *artifact = row->artifact;

	live->files = arena_grow(&run->arena, live->files, live->file_count,
	                         sizeof(*live->files));
	live->files[live->file_count++] = (struct live_file){
		.field = artifact->field,
		.path = artifact->path,
	};
	live->drafted = true;
	if (!draft_was_merged(row->draft->state) ||
	    !step_has_output(live->state) || oid_is_zero(&artifact->merged))
		return 0;
	return take_merged(run, live, artifact, err);
}

int run_attach(struct live_run *run, struct live_step *live, struct error *err)
{
	const struct table *steps = &run->rows->steps;
	const struct table *files = &run->rows->files;
	const char *item = live->block->item;
	size_t index = live->step->index;
	size_t n = find(steps, index, item);

	if (is_at(steps, n, index, item) &&
	    take_step(run, live, steps->rows[n].record, err) < 0)
		return -1;
	for (n = find(files, index, item); is_at(files, n, index, item); n++)
		if (take_file(run, live, files->rows[n].record, err) < 0)
			return -1;
	run_claim_files(run, live);
	run_describe_step(run, live);
	/* A tick that ended between a step and its draft has left no other
	 * trace of where its files go than the job. */
	if (live->file_count || !step_has_output(live->state) ||
	    live_is_block(live))
		return 0;
	if (run_place_files(run, live, err) < 0)
		return error_wrap(err, "the artifact of step \"%s\"",
		                  live->step->id);
	run_claim_files(run, live);
	return 0;
}
