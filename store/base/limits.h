/*
 * Every named limit on what comes from outside, in one place.
 *
 * A limit is an error with a position, never an allocation that is allowed to
 * grow until the machine gives up. Sizes are in bytes unless the name says
 * otherwise.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Files. */
#define LIMIT_JOB_FILE     (8u << 20)  /* a job, an agent, reeve.yaml */
#define LIMIT_YAML_FILE    (16u << 20) /* any other YAML */
#define LIMIT_DATA_FILE    (64u << 20) /* what `read` may take in */
#define LIMIT_NOTE         (4u << 20)  /* one file below memory/ */
#define LIMIT_YAML_DEPTH   64          /* nested lists and maps */
#define LIMIT_YAML_KEYS    10000       /* of one map */
#define LIMIT_YAML_NODES   (4u << 20)  /* scalars, lists and maps in one file */
#define LIMIT_JSON_DEPTH   64
#define LIMIT_CSV_CELLS    (2u << 20) /* of one file */
#define LIMIT_PATH         1024       /* a workspace path */
#define LIMIT_PATH_SEGMENT 200        /* one name in it */
#define LIMIT_TREE_FILES   (1u << 18) /* files that one listing may have */
#define LIMIT_TREE_PATH    4096       /* a path in a tree that is listed */

/* Templates and expressions. */
#define LIMIT_TEMPLATE       (1u << 20)  /* source */
#define LIMIT_RENDERED       (16u << 20) /* result */
#define LIMIT_TEMPLATE_DEPTH 32          /* nested sections and partials */
#define LIMIT_EXPRESSION     (64u << 10)

/* The journal (docs/journal.md). */
#define LIMIT_EVENT_LINE  (4u << 10)
#define LIMIT_EVENT_FIELD (1u << 10)   /* a longer field is a blob */
#define LIMIT_MESSAGE     (256u << 10) /* one commit message */
#define LIMIT_SUBJECT     72

/* Triggers. */
#define LIMIT_BATCH    1000 /* events of one run */
#define LIMIT_CATCH_UP 1000 /* missed times that are made up for */
#define LIMIT_FLOOD    20   /* runs of a job from one commit, unasked */

/* Steps. */
#define LIMIT_STEPS      100000       /* of one job, linked */
#define LIMIT_JOB_IMAGE  (256u << 20) /* a parsed job, as it is kept */
#define LIMIT_JOB_DEPTH  8            /* jobs in jobs, loops in loops */
#define LIMIT_ITEMS      1000000      /* of one for_each */
#define LIMIT_OUTPUT     (16u << 20)  /* what one step may put out */
#define LIMIT_STDERR     (64u << 10)  /* of which the end is kept */
#define LIMIT_OUT_FILE   (1u << 30)   /* a file that a program writes */
#define LIMIT_OUT        (2ull << 30) /* all that it leaves in its folder */
#define LIMIT_ANSWER     (4u << 20)   /* the body of an HTTP answer */
#define LIMIT_HEADERS    (64u << 10)  /* all of its headers */
#define LIMIT_URL        (8u << 10)
#define LIMIT_ERROR_TEXT (8u << 10) /* one message */
#define LIMIT_ERRORS     1000       /* messages that are looked for */

#endif
