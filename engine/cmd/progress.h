/*
 * What runs, at the bottom of a terminal: a line for each step whose program is
 * at work, with the time since it began, and a line with counts and what comes
 * next.
 *
 *	  report of acme    12 s
 *	  report of globex  3 s
 *	  3 done, 2 running, next: review
 *
 * Who prints something else takes the lines away before, and tells the note
 * afterwards, which draws them anew below:
 *
 *	progress_hide(progress);
 *	print the note
 *	progress_note(progress, note);
 *
 * In between, progress_draw() lets the seconds go on. NULL is a progress that
 * nobody looks at: every function takes it, and does nothing.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "engine/cmd/command.h"
#include "engine/cycle/tick.h"
#include "store/base/clock.h"
#include "store/base/compiler.h"

struct progress;

/* Take the lines away, and forget it. */
void progress_end(struct progress *progress);
void progress_end_auto(struct progress **progress);
#define auto_progress CLEANUP(progress_end_auto)

/* NULL when nobody looks: no terminal that can move its cursor, --json, -q.
 * Both must outlive it. */
struct progress *progress_begin(const struct invocation *invocation,
                                const struct clock *clock)
        FREED_BY(progress_end);

/* Take on what the note says, and draw. */
void progress_note(struct progress *progress, const struct note *note);
/* Draw what has changed since it was last drawn. */
void progress_draw(struct progress *progress);
/* Take the lines away, and leave the cursor where they began. */
void progress_hide(struct progress *progress);

#endif
