/*
 * reeve review: what merging a draft will do, and the draft as a diff.
 *
 * What is said is read from the draft branch as it is now, so that the
 * owner's own edits of text and slip are in it.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/deciding.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/pager.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cycle/approval.h"
#include "engine/cycle/slip.h"
#include "engine/job/document.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/draft.h"

/* Whom an effect reaches is said of as many as fit in a line or two. */
#define MANY_NAMED 5

struct review {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine;
	struct run_record run;
	struct draft_record draft;
	struct commit tip;  /* of the draft branch, as it is now */
	struct commit base; /* where it leaves the owner's branch */
	struct slip *slip;  /* NULL: the draft has none */
	struct tree_difference *files;
	size_t file_count;
	struct value *checks; /* the steps whose checks hold, by id */
	struct buf diff;
};

static void review_clear(struct review *review)
{
	buf_clear(&review->diff);
}

/* ---- Reading the draft --------------------------------------------------- */

static int find_tip(struct review *review, struct oid *ret, struct error *err)
{
	const struct draft_record *draft = &review->draft;
	enum draft_presence presence;

	if (!draft->branch) {
		error_set(err, ERR_STATE, "this draft merges itself");
		return error_hint(err, "\"reeve tick\" tries again.");
	}
	*ret = draft->tip;
	if (draft_look(review->engine->repo,
	               draft->branch + strlen(DRAFT_BRANCHES), &presence, ret,
	               err) < 0)
		return -1;
	if (presence != DRAFT_DELETED)
		return 0;
	error_set(err, ERR_STATE, "the branch \"%s\" was deleted",
	          draft->branch);
	return error_hint(
	        err,
	        "Take it back with \"git branch %s %.10s\", or say no "
	        "with \"reeve reject %.8s\".",
	        draft->branch, oid_text(review->arena, &draft->tip),
	        review->run.id);
}

static int read_slip(struct review *review, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct repo *repo = review->engine->repo;
	const char *path = review->draft.slip;
	struct tree_entry entry;
	int found = repo_tree_find(repo, &review->tip.tree, path, &entry, err);

	if (found < 0)
		return -1;
	if (!found) {
		error_set(err, ERR_STATE, "the draft has no \"%s\" any more",
		          path);
		return error_hint(err, "Without it a merge releases nothing; "
		                       "take it back with \"git revert\".");
	}
	if (repo_blob_read(repo, &entry.oid, &bytes, err) < 0)
		return -1;
	review->slip = slip_parse(review->arena, path, bytes.at, bytes.len,
	                          review->run.id, err);
	return review->slip ? 0 : -1;
}

static int read_changes(struct review *review, struct error *err)
{
	struct repo *repo = review->engine->repo;
	const struct oid *old = &review->base.tree;
	const struct oid *new = &review->tip.tree;

	if (repo_tree_diff(repo, review->arena, old, new, &review->files,
	                   &review->file_count, err) < 0)
		return -1;
	return repo_tree_diff_text(repo, old, new, &review->diff, err);
}

/* What was merged is decided, though no tick has seen it. */
static int refuse_merged(const struct review *review, struct live_run *run,
                         struct error *err)
{
	auto_error struct error ignored = { 0 }; /* then nothing is decided */
	struct approval approval;

	if (approval_look(run, &review->draft, &approval, &ignored) <= 0)
		return 0;
	error_set(err, ERR_STATE, "the draft of %s is merged",
	          run_label(review->engine, review->arena, &review->run));
	return error_hint(err, "\"reeve tick\" goes on with it.");
}

/* A step that is done is one whose checks hold. */
static void note_checks(struct review *review, const struct live_run *run)
{
	review->checks = value_map(review->arena);
	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live))
		if (live->step->check_count > 0 && live->state == STEP_DONE)
			value_map_text(review->arena, review->checks,
			               live->step->id, "ok");
}

static int read_draft(struct review *review, struct error *err)
{
	struct engine *engine = review->engine;
	struct oid tip;
	struct oid base;

	if (find_tip(review, &tip, err) < 0 || engine_look(engine, err) < 0)
		return -1;
	auto_run struct live_run *run = run_load(engine, review->run.id, err);
	if (!run || refuse_merged(review, run, err) < 0)
		return -1;
	note_checks(review, run);
	int related =
	        repo_merge_base(engine->repo, &engine->tip, &tip, &base, err);
	if (related < 0)
		return -1;
	if (!related)
		base = review->draft.base;
	if (repo_commit_read(engine->repo, review->arena, &tip, &review->tip,
	                     err) < 0 ||
	    repo_commit_read(engine->repo, review->arena, &base, &review->base,
	                     err) < 0 ||
	    read_slip(review, err) < 0)
		return -1;
	return read_changes(review, err);
}

/* ---- One item ------------------------------------------------------------ */

static void keep_entries(struct review *review, const struct value *effects,
                         const char *item)
{
	auto_arena struct arena arena = { 0 };
	struct value *of = value_map(&arena);
	struct slip *slip = review->slip;
	size_t kept = 0;

	for (size_t i = 0; i < effects->length; i++) {
		const struct value *row = effects->items[i];
		value_map_text(&arena, of,
		               arena_printf(&arena, "%s %s",
		                            value_get_text(row, "step", ""),
		                            value_get_text(row, "item", "")),
		               value_get_text(row, "of", NULL));
	}
	for (size_t i = 0; i < slip->count; i++) {
		const struct slip_entry *entry = &slip->entries[i];
		const char *place =
		        arena_printf(&arena, "%s %s", entry->step, entry->item);
		if (text_equal(entry->item, item) ||
		    text_equal(value_get_text(of, place, NULL), item))
			slip->entries[kept++] = *entry;
	}
	slip->count = kept;
}

static bool is_of_item(const struct artifact_record *artifacts, size_t count,
                       const char *path, const char *item)
{
	size_t len = strlen(item);

	for (size_t i = 0; i < count; i++)
		if (strcmp(artifacts[i].path, path) == 0)
			return strncmp(artifacts[i].item, item, len) == 0 &&
			       (artifacts[i].item[len] == '\0' ||
			        artifacts[i].item[len] == '/');
	return false;
}

/* The part of the diff that is about the files that are kept. */
static void keep_diff(struct review *review)
{
	struct buf kept = buf_make(LIMIT_DATA_FILE);
	const char *at = review->diff.at;
	bool keeps = false;

	while (at && *at) {
		size_t len = strcspn(at, "\n");
		size_t with_end = len + (at[len] == '\n');
		if (text_starts(at, "diff --git ")) {
			keeps = false;
			for (size_t i = 0; i < review->file_count; i++) {
				const char *path = review->files[i].path;
				size_t tail = strlen(path);
				keeps = keeps || (len > tail + 2 &&
				                  strncmp(at + len - tail, path,
				                          tail) == 0 &&
				                  at[len - tail - 1] == '/');
			}
		}
		if (keeps)
			buf_add(&kept, at, with_end);
		at += with_end;
	}
	buf_clear(&review->diff);
	review->diff = kept;
}

/* Only what is done for one of the items that the draft decides. */
static int keep_item(struct review *review, struct error *err)
{
	const char *item = item_named(review->invocation);
	struct view *view = review->engine->view;
	struct artifact_record *artifacts;
	struct value *effects;
	size_t count;
	size_t kept = 0;

	if (!item || *review->draft.item)
		return 0;
	if (view_draft_effects(view, review->arena, &review->draft, &effects,
	                       err) < 0 ||
	    view_artifacts(view, review->arena, &review->draft, &artifacts,
	                   &count, err) < 0)
		return -1;
	keep_entries(review, effects, item);
	for (size_t i = 0; i < review->file_count; i++)
		if (is_of_item(artifacts, count, review->files[i].path, item))
			review->files[kept++] = review->files[i];
	review->file_count = kept;
	keep_diff(review);
	return 0;
}

/* ---- What merging will do ------------------------------------------------ */

/* The text of an artifact of the draft; "" when it cannot be read, which the
 * approval will complain of. */
static const char *artifact_text(const struct review *review, const char *path)
{
	auto_error struct error ignored = { 0 };
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	struct repo *repo = review->engine->repo;
	struct tree_entry entry;

	if (repo_tree_find(repo, &review->tip.tree, path, &entry, &ignored) <=
	            0 ||
	    repo_blob_read(repo, &entry.oid, &bytes, &ignored) < 0)
		return "";
	const struct value *value = document_parse(
	        review->arena, path, bytes.at, bytes.len, &ignored);
	if (!value)
		return "";
	return value->kind == VALUE_STRING ? value->text
	                                   : value_get_text(value, "text", "");
}

/* The entry's fields as texts: artifacts read, what comes later named. */
static struct value *resolve_with(const struct review *review,
                                  const struct slip_entry *entry)
{
	struct arena *arena = review->arena;
	struct value *with = value_map(arena);

	for (size_t i = 0; i < entry->with->length; i++) {
		const struct member *member = &entry->with->members[i];
		const char *path =
		        value_get_text(member->value, "artifact", NULL);
		const struct value *later = value_get(member->value, "later");
		if (path)
			value_map_text(arena, with, member->name,
			               artifact_text(review, path));
		else
			value_map_set(arena, with, member->name,
			              value_copy(arena, later ? later
			                                      : member->value));
	}
	return with;
}

static bool starts_at(const struct job *job, const char *event)
{
	for (size_t i = 0; i < job->trigger_count; i++)
		if (job->triggers[i].kind == TRIGGER_EVENT &&
		    text_equal(job->triggers[i].event_type, event))
			return true;
	return false;
}

/* "start billing and delivery", in order of names */
static const char *describe_event(const struct review *review,
                                  const char *event)
{
	auto_error struct error ignored = { 0 }; /* then no job is named */
	struct workspace *workspace = review->engine->tip_workspace;
	const char *text = NULL;
	const char *const *names;
	size_t count = 0;

	if (workspace_jobs(workspace, &names, &count, &ignored) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		auto_errors struct errors broken = { 0 };
		const struct job *job =
		        workspace_job(workspace, names[i], &broken);
		if (!job || !starts_at(job, event))
			continue;
		text = arena_printf(review->arena, "%s%s%s",
		                    text ? text : "start ", text ? " and " : "",
		                    names[i]);
	}
	return text ? text : arena_printf(review->arena, "tell of %s", event);
}

static const char *describe(const struct review *review,
                            const struct slip_entry *entry)
{
	const struct effect *effect =
	        language_effect(&review->engine->language, entry->effect);

	if (!effect)
		return describe_event(review, entry->effect);
	if (!effect->describe)
		return effect->name;
	return effect->describe(review->arena, resolve_with(review, entry));
}

/* ---- Text ---------------------------------------------------------------- */

static void say_title(const struct review *review)
{
	const struct draft_record *draft = &review->draft;
	int64_t now = clock_wall_ms(&review->engine->clock);
	const char *due = due_text(review->arena, now, draft->due_at);

	say_tinted(review->invocation, TINT_BOLD, "%s",
	           draft->title ? draft->title : run_heading(&review->run));
	say(review->invocation, "  %s%s",
	    run_label(review->engine, review->arena, &review->run),
	    *due ? ", " : "");
	say_tinted(review->invocation,
	           text_ends(due, "overdue") ? TINT_RED : TINT_NONE, "%s", due);
	say(review->invocation, "\n");
}

static const char *join(struct arena *arena, const struct value *list)
{
	const char *text = "";

	for (size_t i = 0; list && list->kind == VALUE_LIST && i < list->length;
	     i++)
		if (list->items[i]->kind == VALUE_STRING)
			text = arena_printf(arena, "%s%s%s", text,
			                    *text ? ", " : "",
			                    list->items[i]->text);
	return text;
}

/* "a" and "b": "a, b". */
static const char *joined(struct arena *arena, const char *text,
                          const char *more)
{
	return arena_printf(arena, "%s%s%s", text, *text ? ", " : "", more);
}

static bool is_alike(const struct review *review, size_t one, size_t other)
{
	const struct slip_entry *entries = review->slip->entries;

	return strcmp(entries[one].effect, entries[other].effect) == 0 &&
	       (entries[one].done != NULL) == (entries[other].done != NULL);
}

/* Whom the effect reaches, or else the item that it is done for. */
static const char *reached(const struct review *review,
                           const struct effect *effect,
                           const struct slip_entry *entry)
{
	const struct value *to =
	        effect->target ? value_get(entry->with, effect->target) : NULL;

	if (to && to->kind == VALUE_LIST)
		return join(review->arena, to);
	return to && to->kind == VALUE_STRING ? to->text : entry->item;
}

/* "send 3 mails (ann@acme.example, tom@globex.example, …)" for all that are
 * like the first; an event stands for the jobs that it starts. */
static const char *describe_many(const struct review *review, size_t first,
                                 size_t count)
{
	const struct slip *slip = review->slip;
	const struct effect *effect = language_effect(
	        &review->engine->language, slip->entries[first].effect);
	struct arena *arena = review->arena;
	const char *whom = "";
	size_t named = 0;

	if (!effect)
		return arena_printf(arena, "%s x%zu",
		                    describe(review, &slip->entries[first]),
		                    count);
	for (size_t i = first; i < slip->count && named < MANY_NAMED; i++) {
		const char *one = reached(review, effect, &slip->entries[i]);
		if (!is_alike(review, first, i) || !*one)
			continue;
		whom = joined(arena, whom, one);
		named++;
	}
	if (*whom)
		whom = arena_printf(arena, " (%s%s)", whom,
		                    count > named ? ", …" : "");
	if (!effect->verb)
		return arena_printf(arena, "%s x%zu%s", effect->name, count,
		                    whom);
	return arena_printf(arena, "%s %zu %s%s", effect->verb, count,
	                    effect->things, whom);
}

/* Each kind of effect once, where its first entry stands: of those that are
 * done already, or of the others. */
static const char *describe_all(const struct review *review, bool done)
{
	const struct slip *slip = review->slip;
	const char *text = "";

	for (size_t i = 0; i < slip->count; i++) {
		size_t before = 0;
		size_t count = 1;
		while (!is_alike(review, before, i))
			before++;
		if (before < i || (slip->entries[i].done != NULL) != done)
			continue;
		for (size_t k = i + 1; k < slip->count; k++)
			count += is_alike(review, i, k);
		text = joined(review->arena, text,
		              count == 1 ? describe(review, &slip->entries[i])
		                         : describe_many(review, i, count));
	}
	return text;
}

/* "2026-11-03", or the first and last of several days */
static const char *done_days(const struct review *review)
{
	const char *first = NULL;
	const char *last = NULL;

	for (size_t i = 0; i < review->slip->count; i++) {
		const char *day = review->slip->entries[i].done;
		if (day && (!first || strcmp(day, first) < 0))
			first = day;
		if (day && (!last || strcmp(day, last) > 0))
			last = day;
	}
	if (!first || strcmp(first, last) == 0)
		return first;
	return arena_printf(review->arena, "%s to %s", first, last);
}

static void say_effects(const struct review *review)
{
	const char *todo = describe_all(review, false);
	const char *days = done_days(review);

	say_fact(review->invocation, "Merging will:", "%s",
	         *todo ? todo : "take over the files; it releases nothing");
	if (days)
		say(review->invocation, "Already done on %s: %s\n", days,
		    describe_all(review, true));
	if (review->slip->count == 0)
		return;
	say_fact(review->invocation,
	         "To leave one out:", "delete its files or its entry in %s",
	         review->draft.slip);
}

/* The slip is none of what the owner asked for. */
static size_t count_files(const struct review *review)
{
	size_t count = 0;

	for (size_t i = 0; i < review->file_count; i++)
		count += strcmp(review->files[i].path, review->draft.slip) != 0;
	return count;
}

/* ", checks: hledger ok, sums ok"; "" without any */
static const char *checks_text(const struct review *review)
{
	const struct value *checks = review->checks;
	const char *text = "";

	for (size_t i = 0; i < checks->length; i++)
		text = joined(review->arena, text,
		              arena_printf(review->arena, "%s %s",
		                           checks->members[i].name,
		                           checks->members[i].value->text));
	return *text ? arena_printf(review->arena, ", checks: %s", text) : "";
}

static void say_origin(const struct review *review)
{
	const struct value *about = review->slip->about;
	const char *sources = join(review->arena, value_get(about, "sources"));

	say(review->invocation,
	    "Files %zu, cost %s USD%s. Drafted%s%s at %.7s\n",
	    count_files(review), value_get_text(about, "cost", "0.00"),
	    checks_text(review), *sources ? " from " : "", sources,
	    oid_text(review->arena, &review->run.commit));
}

/* What an undo does not take back. */
static void say_remains(const struct review *review)
{
	const struct value *about = review->slip->about;
	const char *left = join(review->arena, value_get(about, "left"));
	const char *stays = join(review->arena, value_get(about, "stays"));

	if (*left)
		say_fact(review->invocation, "Left:", "%s, edited since", left);
	if (*stays)
		say_fact(review->invocation, "Stays:", "%s", stays);
}

static void say_choice(const struct review *review)
{
	const char *name =
	        engine_short(review->engine, review->arena, review->run.id);

	say_fact(review->invocation, "To merge it:", "reeve approve %s", name);
	say_fact(review->invocation, "or:", "git merge --no-ff %s",
	         review->draft.branch);
	say_fact(review->invocation, "To refuse:", "reeve reject %s", name);
}

static void print_text(const struct review *review)
{
	UNUSED struct pager pager CLEANUP(pager_end) =
	        pager_begin(review->invocation);

	say_title(review);
	say_effects(review);
	say_origin(review);
	say_remains(review);
	say_choice(review);
	if (review->invocation->quiet)
		return;
	say(review->invocation, "\n");
	say_diff(review->invocation, review->diff.at);
}

/* ---- JSON ---------------------------------------------------------------- */

static struct value *effects_value(const struct review *review)
{
	struct arena *arena = review->arena;
	struct value *list = value_list(arena);

	for (size_t i = 0; i < review->slip->count; i++) {
		const struct slip_entry *entry = &review->slip->entries[i];
		struct value *row = value_map(arena);
		value_map_text(arena, row, "step", entry->step);
		value_map_text(arena, row, "effect", entry->effect);
		value_map_text(arena, row, "says", describe(review, entry));
		value_map_set(arena, row, "with",
		              value_copy(arena, entry->with));
		value_list_add(arena, list, row);
	}
	return list;
}

static void print_value(const struct review *review)
{
	struct arena *arena = review->arena;
	const struct draft_record *draft = &review->draft;
	struct value *map = value_map(arena);
	struct value *files = value_list(arena);

	for (size_t i = 0; i < review->file_count; i++)
		value_list_add(arena, files,
		               value_string(arena, review->files[i].path));
	value_map_text(arena, map, "run", review->run.id);
	value_map_text(arena, map, "job", review->run.job);
	value_map_text(arena, map, "title", draft->title);
	value_map_text(arena, map, "priority", draft->priority);
	value_map_text(arena, map, "due", instant_text(arena, draft->due_at));
	value_map_text(arena, map, "branch", draft->branch);
	value_map_text(arena, map, "tip", oid_text(arena, &review->tip.id));
	value_map_text(arena, map, "slip", draft->slip);
	value_map_set(arena, map, "effects", effects_value(review));
	value_map_set(arena, map, "files", files);
	if (review->slip->about)
		value_map_set(arena, map, "about",
		              value_copy(arena, review->slip->about));
	value_map_text(arena, map, "diff", review->diff.at);
	print_json(review->invocation, map);
}

static int run_review(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	struct review review CLEANUP(review_clear) = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
		.diff = buf_make(LIMIT_DATA_FILE),
	};

	if (!engine ||
	    find_open_draft(invocation, engine, &review.run, &review.draft,
	                    err) < 0 ||
	    read_draft(&review, err) < 0 || keep_item(&review, err) < 0)
		return -1;
	if (invocation->json)
		print_value(&review);
	else
		print_text(&review);
	return EXIT_STATUS_DONE;
}

const struct command command_review = {
	.name = "review",
	.synopsis = "RUN [ITEM]",
	.help = "show what merging a draft will do, and its diff",
	.details = "The draft is shown as it is on its branch now, with "
	           "your edits. Merging it\n"
	           "approves it: what is merged, not what was drafted, "
	           "is what happens. -q leaves\n"
	           "out the diff. ITEM: only what is done for that item.",
	.least = 1,
	.most = 2,
	.run = run_review,
};
