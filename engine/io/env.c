#include "engine/io/env.h"

#include <stdlib.h>

#include "store/base/alloc.h"
#include "store/base/date.h"

int env_barrier(struct env *env, const char *subject, struct error *err)
{
	return journal_flush(env->journal, subject, err);
}

int env_ready(struct env *env, struct error *err)
{
	return env->ready ? env->ready(env->sharing, err) : 0;
}

int env_confirm(struct env *env, const char *run, int64_t deadline_ms,
                struct error *err)
{
	return env->confirm ? env->confirm(env->sharing, run, deadline_ms, err)
	                    : 0;
}

struct memory *env_memory(struct env *env, struct error *err)
{
	auto_free char *path = mem_printf("%s/memory.db", env->state_dir);

	return memory_open(path, err);
}

const char *env_day(const struct env *env, struct arena *arena, int64_t wall_ms)
{
	struct date date;

	zone_local(env->timezone, wall_ms, &date);
	return arena_printf(arena, "%04d-%02d-%02d", date.year, date.month,
	                    date.day);
}
