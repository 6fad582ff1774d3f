/*
 * A value is followed back to where it is made: a name means a step or an item;
 * what a step computes is as settled as what it names; what a loop gives is
 * what its steps give, an item is what the list holds, another job's output
 * what its `outputs` name. What stands wholly above the gate was shown by it,
 * what an effect gave back is a fact.
 *
 * Names wait on a list until they are followed, and each step is followed once:
 * in one search by its stamp, and for one gate by what was found before.
 */
#include "engine/job/unseen.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/text.h"

/* A name, and the block that it is written in. */
struct task {
	const struct name_use *use;
	size_t from; /* the step, whose own item may be meant; or STEP_NONE */
	size_t parent;
};

struct unseen {
	struct arena arena;
	const struct job *job;
	size_t *stamps;  /* by step: the last search that came by */
	size_t *settled; /* by step: the gate, plus 2, for which it is */
	size_t search;   /* the number of this one */
	size_t gate;     /* of this search */
	struct task *tasks;
	size_t task_count;
	size_t *visited; /* the steps of this search */
	size_t visit_count;
	struct value *given; /* inputs of jobs that were followed; a map */
	bool owners; /* what no owner wrote counts, whoever has seen it */
	const struct value *told; /* inputs that are no owner's; a map */
	const struct step *found;
	const struct name_use *through;
};

void unseen_free(struct unseen *unseen)
{
	if (unseen == NULL)
		return;
	arena_clear(&unseen->arena);
	free(unseen->stamps);
	free(unseen->settled);
	free(unseen->tasks);
	free(unseen->visited);
	free(unseen);
}

void unseen_free_auto(struct unseen **unseen)
{
	unseen_free(*unseen);
}

struct unseen *unseen_new(const struct job *job)
{
	struct unseen *unseen = mem_zalloc(1, sizeof(*unseen));
	size_t count = job->step_count;

	unseen->job = job;
	unseen->stamps = mem_zalloc(count, sizeof(*unseen->stamps));
	unseen->settled = mem_zalloc(count, sizeof(*unseen->settled));
	unseen->visited = mem_zalloc(count, sizeof(*unseen->visited));
	return unseen;
}

static bool is_pure(const struct step *step)
{
	return step->kind->fields != NULL &&
	       field_find(step->kind->fields, "pure") != NULL &&
	       value_get_bool(step->config, "pure", false);
}

bool unseen_is_made_by(const struct step *step)
{
	return step->command ||
	       ((step->kind->flags & KIND_UNSEEN) != 0 && !is_pure(step));
}

/* ---- the tasks */

static void add_task(struct unseen *unseen, struct task task)
{
	unseen->tasks =
	        mem_grow(unseen->tasks, unseen->task_count, sizeof(task));
	unseen->tasks[unseen->task_count++] = task;
}

/* The names in a value that is none of a step's `uses`. */
static void add_value(struct unseen *unseen, const struct value *value,
                      const char *path, size_t from, size_t parent)
{
	auto_errors struct errors known = { 0 }; /* reported where it stands */
	struct name_use *uses = NULL;
	size_t count = 0;

	if (value == NULL)
		return;
	render_names(&unseen->arena, path, value, &uses, &count, &known);
	for (size_t i = 0; i < count; i++)
		add_task(unseen, (struct task){ &uses[i], from, parent });
}

/* ---- one step */

static bool is_shown(const struct unseen *unseen, const struct step *step)
{
	return unseen->gate != STEP_NONE && step->end <= unseen->gate + 1;
}

/* Of what a wait gives only the event is from outside. */
static bool is_event(const struct step *step, const struct name_use *use)
{
	const char *rest = strchr(use->name, '.');

	return (step->kind->flags & KIND_PASSES) != 0 &&
	       (rest == NULL || text_equal(rest, ".event") ||
	        text_starts(rest, ".event."));
}

static bool is_block(const struct step *step)
{
	return (step->kind->flags & KIND_BLOCK) != 0;
}

static void visit(struct unseen *unseen, const struct step *step,
                  const struct name_use *use);

/* A loop gives what its steps give, and its items. */
static void visit_block(struct unseen *unseen, const struct step *block,
                        const struct name_use *use)
{
	const struct step *steps = unseen->job->steps;

	for (size_t i = block->index + 1; i < block->end && !unseen->found;
	     i = steps[i].end)
		visit(unseen, &steps[i], use);
}

static void follow_step(struct unseen *unseen, const struct step *step,
                        const struct name_use *use)
{
	if (step->other != NULL)
		add_value(unseen, step->other->outputs, step->other->path,
		          STEP_NONE, step->index);
	if (is_block(step))
		visit_block(unseen, step, use);
	for (size_t i = 0; step->other == NULL && i < step->use_count; i++)
		add_task(unseen, (struct task){ &step->uses[i], step->index,
		                                step->parent });
	if (step->other != NULL && step->fan != NULL)
		add_value(unseen, step->fan->list, step->path, STEP_NONE,
		          step->parent);
}

/* `use` means the output of `step`. A block's depth is limited, so is this. */
static void visit(struct unseen *unseen, const struct step *step,
                  const struct name_use *use)
{
	if (is_shown(unseen, step) ||
	    unseen->settled[step->index] == unseen->gate + 2 ||
	    unseen->stamps[step->index] == unseen->search)
		return;
	unseen->stamps[step->index] = unseen->search;
	if (unseen->owners && text_equal(step->kind->name, "read"))
		return; /* whoever chose the file */
	if (unseen_is_made_by(step) || is_event(step, use) ||
	    (unseen->owners && text_equal(step->kind->name, "run"))) {
		unseen->found = step;
		unseen->through = use;
		return;
	}
	if ((step->kind->flags & (KIND_ACTS | KIND_WALL)) != 0)
		return; /* a fact */
	unseen->visited[unseen->visit_count++] = step->index;
	follow_step(unseen, step, use);
}

/* ---- one name */

/* The loop whose item `head` is, for a name that stands in `task`. */
static const struct step *fan_of(const struct unseen *unseen,
                                 const struct task *task, const char *head)
{
	const struct step *steps = unseen->job->steps;
	size_t at = task->from != STEP_NONE ? task->from : task->parent;

	for (; at != STEP_NONE; at = steps[at].parent) {
		if (steps[at].fan != NULL &&
		    strcmp(steps[at].fan->name, head) == 0)
			return &steps[at];
		if (steps[at].other != NULL && at != task->from)
			break; /* another job's text sees nothing around it */
	}
	return NULL;
}

/* The field of an item that is a step of the loop `list` alone: then only that
 * step is followed. NULL: all of it. */
static const struct step *field_of(struct unseen *unseen,
                                   const struct step *list, const char *rest)
{
	const struct step *field;

	if (rest == NULL || !is_block(list))
		return NULL;
	field = job_step_from(unseen->job, list->index,
	                      name_head(&unseen->arena, rest + 1));
	return field != NULL && field->parent == list->index ? field : NULL;
}

/* Whether the field of an item is what the loop `list` went through. */
static bool is_own_item(struct unseen *unseen, const struct step *list,
                        const char *rest)
{
	return rest != NULL && list->fan != NULL &&
	       strcmp(name_head(&unseen->arena, rest + 1), list->fan->name) ==
	               0;
}

/* An item is what its list holds. */
static void follow_item(struct unseen *unseen, const struct task *task,
                        const struct step *fan)
{
	auto_errors struct errors known = { 0 };
	struct name_use *uses = NULL;
	size_t count = 0;

	render_names(&unseen->arena, fan->path, fan->fan->list, &uses, &count,
	             &known);
	for (size_t i = 0; i < count; i++) {
		const char *rest = strchr(task->use->name, '.');
		const struct step *list =
		        job_step_from(unseen->job, fan->parent, uses[i].name);
		const struct step *field =
		        list != NULL ? field_of(unseen, list, rest) : NULL;

		if (field != NULL)
			visit(unseen, field, task->use);
		else if (list != NULL && is_own_item(unseen, list, rest))
			add_value(unseen, list->fan->list, list->path,
			          STEP_NONE, list->parent);
		else
			add_task(unseen, (struct task){ &uses[i], STEP_NONE,
			                                fan->parent });
	}
}

/* What the engine knows of a step is no text of the step's; its error is. */
static bool is_about(const struct name_use *use)
{
	return text_starts(use->name, "steps.") &&
	       !text_ends(use->name, ".error");
}

/* The step of kind `job` whose steps the task's name stands among, or NULL. */
static const struct step *job_around(const struct unseen *unseen,
                                     const struct task *task)
{
	const struct step *steps = unseen->job->steps;
	size_t at = task->parent;

	while (at != STEP_NONE && steps[at].other == NULL)
		at = steps[at].parent;
	return at != STEP_NONE ? &steps[at] : NULL;
}

/* What the step `around` gives as the input `name`, followed once. */
static void follow_input(struct unseen *unseen, const struct step *around,
                         const char *name)
{
	const char *place =
	        arena_printf(&unseen->arena, "%s %s", around->id, name);

	if (value_get(unseen->given, place) != NULL)
		return;
	value_map_set(&unseen->arena, unseen->given, place,
	              value_bool(&unseen->arena, true));
	add_value(unseen, value_get(around->config, name), around->path,
	          around->index, around->parent);
}

/* An input is what the step `job` gives, or, of the run's own, what began it
 * has given. Likewise what the journal tells of events is nobody's. */
static void follow_given(struct unseen *unseen, const struct task *task,
                         const char *head)
{
	const struct step *around = job_around(unseen, task);
	const char *name = strchr(task->use->name, '.');
	bool found = text_equal(head, "journal");

	if (text_equal(head, "inputs") && name != NULL) {
		name = name_head(&unseen->arena, name + 1);
		if (around != NULL)
			follow_input(unseen, around, name);
		else
			found = value_get(unseen->told, name) != NULL;
	}
	if (!found)
		return;
	unseen->found = &unseen->job->steps[0];
	unseen->through = task->use;
}

static void follow_name(struct unseen *unseen, const struct task *task)
{
	const char *name = task->use->name;
	const char *head;
	const struct step *step;

	if (is_about(task->use))
		return;
	if (text_starts(name, "steps."))
		name += strlen("steps.");
	head = name_head(&unseen->arena, name);
	step = job_step_from(unseen->job, task->parent, head);
	if (step != NULL && step->index != task->from) {
		visit(unseen, step, task->use);
		return;
	}
	step = step == NULL ? fan_of(unseen, task, head) : NULL;
	if (step != NULL)
		follow_item(unseen, task, step);
	else if (unseen->owners)
		follow_given(unseen, task, head);
}

/* When nothing was found, all that was followed is settled. */
static void remember(struct unseen *unseen)
{
	for (size_t i = 0; !unseen->found && i < unseen->visit_count; i++)
		unseen->settled[unseen->visited[i]] = unseen->gate + 2;
}

static void begin_search(struct unseen *unseen, const struct step *step)
{
	unseen->search++;
	unseen->gate = step->gate;
	unseen->found = NULL;
	unseen->visit_count = 0;
	unseen->task_count = 0;
}

static void follow_tasks(struct unseen *unseen)
{
	while (unseen->task_count > 0 && unseen->found == NULL) {
		const struct task task = unseen->tasks[--unseen->task_count];

		follow_name(unseen, &task);
	}
}

const struct step *unseen_find(struct unseen *unseen, const struct step *step,
                               const struct name_use *use,
                               const struct name_use **ret_through)
{
	begin_search(unseen, step);
	add_task(unseen, (struct task){ use, step->index, step->parent });
	follow_tasks(unseen);
	remember(unseen);
	if (unseen->found != NULL)
		*ret_through = unseen->through;
	return unseen->found;
}

bool unseen_goes_into(const struct job *job, const struct step *step)
{
	auto_unseen struct unseen *unseen = unseen_new(job);
	const struct name_use *through;

	for (size_t i = 0; i < step->use_count; i++)
		if (unseen_find(unseen, step, &step->uses[i], &through) != NULL)
			return true;
	return false;
}

bool unseen_is_owners(const struct job *job, const struct step *step,
                      const char *except, const struct value *told)
{
	auto_unseen struct unseen *unseen = unseen_new(job);

	unseen->owners = true;
	unseen->given = value_map(&unseen->arena);
	unseen->told = told;
	begin_search(unseen, step);
	for (size_t i = 0; i < step->config->length; i++) {
		const struct member *member = &step->config->members[i];

		if (!text_equal(member->name, except))
			add_value(unseen, member->value, step->path,
			          step->index, step->parent);
	}
	follow_tasks(unseen);
	return unseen->found == NULL;
}
