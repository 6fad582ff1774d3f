/*
 * How much a program has written to its folder. A limit of the kernel's holds
 * for each file alone, so the sum is looked at now and then: first after a
 * second, which most programs do not live to see, and so seldom that looking
 * takes little of our time, however many files there are.
 */
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/io/loop_private.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"

#define PAUSE_MS 1000
#define SHARE    20 /* of the time is for looking: one in so many */

static void close_tree(FTS **tree)
{
	if (*tree)
		(void)fts_close(*tree); /* was only read */
}

/* Whether what lies below `dir` takes more than `most` bytes of the disk. */
static bool is_over(char *dir, uint64_t most)
{
	char *const roots[] = { dir, NULL };
	CLEANUP(close_tree)
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	uint64_t sum = 0;
	const FTSENT *entry;

	while (tree && sum <= most && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			sum += (uint64_t)entry->fts_statp->st_blocks * 512;
	return sum > most;
}

void child_look(struct child *child)
{
	int64_t now = child_now();

	if (!child->room || child->told || now < child->look_at)
		return;
	child->filled = is_over(child->room, LIMIT_OUT);
	int64_t pause = (child_now() - now) * SHARE;
	child->look_at = now + (pause > PAUSE_MS ? pause : PAUSE_MS);
	if (child->filled)
		child_cut_off(child);
}
