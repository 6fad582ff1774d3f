/*
 * reeve emit: publish an event by hand, and start what listens for it.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/pairs.h"
#include "engine/cmd/print.h"
#include "engine/cmd/ticking.h"
#include "engine/cycle/tick.h"
#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"

static const struct option_row emit_options[] = {
	{ "data", 'D', "FILE", "a JSON object of fields; - is standard input" },
	{ 0 },
};

/* The fields of a file, or an empty map. */
static struct value *read_data(struct invocation *invocation, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	const char *path = option_get(invocation, "data");
	struct value *data;
	int status;

	if (!path)
		return value_map(invocation->arena);
	status = strcmp(path, "-") == 0
	                 ? fd_read_all(0, "standard input", &bytes, err)
	                 : file_read(path, &bytes, err);
	if (status < 0)
		return NULL;
	data = json_parse(invocation->arena, path, bytes.at, bytes.len, err);
	if (data && data->kind != VALUE_MAP) {
		error_set(err, ERR_USAGE,
		          "\"%s\" holds a %s, not an object of fields", path,
		          value_kind_name(data->kind));
		return NULL;
	}
	return data;
}

static int emit_command(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	const char *type = invocation->args[0];
	struct value *event = engine ? read_data(invocation, err) : NULL;
	struct note news = {
		.kind = NOTE_EMITTED,
		.run = type,
	};

	if (!event || pairs_add(invocation, "field", event, err) < 0)
		return -1;
	if (event_emit_by_hand(engine, invocation->arena, type, event, err) < 0)
		return -1;
	return tick_after(invocation, engine, &news, err);
}

const struct command command_emit = {
	.name = "emit",
	.synopsis = "TYPE [KEY=VALUE]...",
	.help = "publish an event by hand",
	.details =
	        "Jobs as committed on your branch with \"on: { event: ... }\" "
	        "of that type are started,\nas if a step had emitted it. "
	        "KEY=VALUE is a text, KEY:=JSON any value.",
	.options = emit_options,
	.least = 1,
	.most = (size_t)-1,
	.run = emit_command,
};
