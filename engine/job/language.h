/*
 * The words that a job may use: the kinds of steps and the effects.
 *
 * This room knows their tables only as data. The kinds are implemented in
 * engine/steps (one file and one row each), the effects by the connectors in
 * engine/bus (likewise); the tables come in through `struct language`, so that
 * dependencies keep pointing down.
 */
#ifndef JOB_LANGUAGE_H
#define JOB_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/job/field.h"
#include "store/base/error.h"
#include "store/base/value.h"

struct step;
struct step_run;
struct workspace;

/* What is known of a value before anything runs. */
enum shape_kind {
	SHAPE_ANY,  /* nothing is known: every name below it is allowed */
	SHAPE_TEXT, /* a scalar: no name below it */
	SHAPE_LIST, /* of `item` */
	SHAPE_MAP,  /* exactly `fields` */
};

struct shape {
	enum shape_kind kind;
	const struct shape_field *fields;
	size_t count;
	const struct shape *item;
	const char *word; /* the type that was declared, "slug"; or NULL */
};

struct shape_field {
	const char *name;
	const struct shape *shape;
	const char *help; /* may be NULL */
};

/* Whose a name is, in an expression of a kind's map. */
enum name_owner {
	NAME_OUTER,  /* the job's: a step, inputs, run, company */
	NAME_OWN,    /* the map's: a field of each item, an entry above */
	NAME_EITHER, /* the map's if it turns out to have it, else the job's */
	NAME_BELOW,  /* an entry's that does not stand above: an error */
};

enum kind_flags {
	/* The result depends on nothing but what goes in: reused by content. */
	KIND_COMPUTES = 1 << 0,
	/* Acts under an effect key, once, in the written order. */
	KIND_ACTS = 1 << 1,
	/* Everything below waits for it. */
	KIND_WALL = 1 << 2,
	/* Makes values that nobody has seen, until a gate shows them. */
	KIND_UNSEEN = 1 << 3,
	/* May have an artifact. */
	KIND_ARTIFACT = 1 << 4,
	/* May fail for a while: takes `retry` and `timeout`. */
	KIND_TRIES = 1 << 5,
	/* Holds a list of steps, which are carried out for each item. */
	KIND_BLOCK = 1 << 6,
	/* A wall that shows nothing to anybody: no gate. */
	KIND_PASSES = 1 << 7,
};

struct step_kind {
	const char *name;
	const char *help; /* one clause, lower case */
	unsigned flags;
	unsigned format; /* number of the result's format: part of the key */
	/* What the kind's scalar names ("agent", "effect", "template",
	 * "event", "job"); its values then come in `with`. NULL: the kind takes
	 * a map.
	 */
	const char *names;
	const struct field *fields; /* of that map; ends with an empty row */
	/* A name that the templates of that map know beside the job's: "out".
	 * It means "{{out}}", itself, so that no key depends on what the kind
	 * will put there. NULL: none. */
	const char *own;
	/* The key that a text in place of the map is short for; NULL: none. */
	const char *scalar;
	/* What the map must be beyond its rows, each error at its place. NULL:
	 * nothing. */
	void (*check)(const struct value *config, const char *file,
	              struct errors *errors);
	/* MAY. The effect that a step with this map is, "net.run": then it is
	 * one of the kind that names effects, with the map, less the keys
	 * that say so, as its `with`. NULL: none, as most are. */
	const char *(*effect)(const struct value *config);
	/* The keys that say so; NULL-terminated. */
	const char *const *effect_keys;
	/* Whose a name is that begins with `head`, in the expression at `key`
	 * of the map. NULL: the job's. */
	enum name_owner (*owner)(const struct value *config, const char *key,
	                         const char *head);
	/* What its output holds; NULL: SHAPE_ANY. */
	const struct shape *(*shape)(struct workspace *workspace,
	                             const struct step *step,
	                             struct arena *arena);
	/* Find what the step reads and say what its key is made of. NULL: its
	 * configuration alone. (engine/steps/step.h) */
	int (*prepare)(struct step_run *run, struct error *err);
	/* Do it. NULL for a kind that the engine itself carries out. */
	int (*start)(struct step_run *run, struct error *err);
	/* MAY, both or none, of a kind that waits for a program: begin it, in
	 * a free place of the loop, so that `run->child` is under way; and when
	 * that has ended, do what is left of `start`, which frees the child
	 * whatever comes of it. (engine/io/loop.h) */
	int (*begin)(struct step_run *run, struct error *err);
	int (*finish)(struct step_run *run, struct error *err);
};

enum effect_class {
	EFFECT_INTERNAL,
	EFFECT_CLIENT,
	EFFECT_FINANCIAL,
};

const char *effect_class_name(enum effect_class class);

/* What the language knows of an effect. */
struct effect {
	const char *name; /* "email.send" */
	enum effect_class class;
	const char *help;
	const struct field *fields; /* of `with`; ends with an empty row */
	const struct shape_field *results; /* ends with an empty row */
	/* The field that says whom it reaches, for policy and review; or NULL.
	 */
	const char *target;
	/* One line for the review, from the rendered `with`, in `arena`:
	 * "send a mail to ann@acme.example: Proposal …". */
	const char *(*describe)(struct arena *arena, const struct value *with);
	/* A program of the owner's does it: it sees the run's files, and nobody
	 * has seen what it says. Its output is then what `shape` has. */
	bool command;
	/* What it gives, of a `with`; NULL: a map of `results`. */
	const struct shape *(*shape)(const struct value *with);
	/* "send", "mails": what the review says of several; or NULL. */
	const char *verb, *things;
};

struct language {
	const struct step_kind *const *kinds; /* NULL-terminated, sorted */
	const struct effect *const *effects;  /* NULL-terminated, sorted */
};

const struct step_kind *language_kind(const struct language *language,
                                      const char *name);
const struct effect *language_effect(const struct language *language,
                                     const char *name);

#endif
