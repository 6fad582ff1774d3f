/*
 * A state is one file that is replaced: its first line is the word, what
 * follows `done` is the result as JSON. Marks of settled effects are of no use;
 * they are removed when the next effect is intended, which is when the view
 * knows of their results.
 */
#include "engine/bus/marker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/fd.h"
#include "store/base/json.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define STATE ".state"

static const char *const words[] = {
	[MARK_NONE] = "",
	[MARK_INTENDED] = "intended",
	[MARK_BEGUN] = "begun",
	[MARK_DONE] = "done",
};

static const char *place_of(const struct call *call, const char *name,
                            const char *ending)
{
	return arena_printf(call->arena, "%s/reeve/effects/%s%s",
	                    repo_common_dir(call->env->repo), name, ending);
}

const char *marker_folder(const struct call *call)
{
	return place_of(call, call->key, "");
}

const char *marker_file(const struct call *call)
{
	return place_of(call, call->key, "/marker");
}

/* ---- Writing ------------------------------------------------------------- */

static int write_state(const struct call *call, enum mark mark,
                       const struct value *result, struct error *err)
{
	auto_buf struct buf text = buf_make(2 * LIMIT_OUTPUT);

	buf_printf(&text, "%s\n", words[mark]);
	if (result)
		json_write(&text, result, JSON_SORTED);
	if (buf_check(&text, "what the command gave", err) < 0)
		return -1;
	return file_replace(place_of(call, call->key, STATE), text.at, text.len,
	                    0600, err);
}

static bool is_settled(const struct call *call, const char *key)
{
	auto_error struct error ignored = { 0 };
	struct effect_record effect;

	return view_effect(call->env->view, call->arena, key, &effect,
	                   &ignored) > 0 &&
	       (text_equal(effect.state, "done") ||
	        text_equal(effect.state, "failed"));
}

static void close_dir(DIR **stream)
{
	if (*stream)
		(void)closedir(*stream);
}

/* What stays costs nothing but its place. */
static void forget_settled(const struct call *call)
{
	auto_error struct error ignored = { 0 };
	CLEANUP(close_dir) DIR *stream = opendir(place_of(call, "", ""));
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		const char *name = entry->d_name;
		if (!text_ends(name, STATE))
			continue;
		const char *key = arena_strndup(call->arena, name,
		                                strlen(name) - strlen(STATE));
		if (!is_settled(call, key))
			continue;
		(void)unlink(place_of(call, key, STATE));
		if (dir_remove(place_of(call, key, ""), &ignored) < 0)
			error_clear(&ignored);
	}
}

int marker_intend(const struct call *call, struct error *err)
{
	const char *folder = marker_folder(call);

	forget_settled(call);
	if (dir_remove(folder, err) < 0 || dir_make(folder, err) < 0)
		return -1;
	return write_state(call, MARK_INTENDED, NULL, err);
}

int marker_begin(const struct call *call, struct error *err)
{
	return write_state(call, MARK_BEGUN, NULL, err);
}

int marker_finish(const struct call *call, const struct value *result,
                  struct error *err)
{
	return write_state(call, MARK_DONE, result, err);
}

/* ---- Reading ------------------------------------------------------------- */

/* 1, 0 when there is no such file, -1. */
static int read_state(const struct call *call, struct buf *ret,
                      struct error *err)
{
	const char *path = place_of(call, call->key, STATE);

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return file_read(path, ret, err) < 0 ? -1 : 1;
}

int marker_look(const struct call *call, enum mark *ret,
                struct value **ret_result, struct error *err)
{
	auto_buf struct buf text = buf_make(2 * LIMIT_OUTPUT);
	int there = read_state(call, &text, err);
	size_t len = there > 0 ? strcspn(text.at, "\n") : 0;

	*ret = MARK_NONE;
	for (size_t i = 0; len && i < ARRAY_LEN(words); i++)
		if (len == strlen(words[i]) &&
		    memcmp(text.at, words[i], len) == 0)
			*ret = (enum mark)i;
	if (there < 0 || *ret != MARK_DONE)
		return there < 0 ? -1 : 0;
	*ret_result = json_parse(call->arena, "the mark of an effect",
	                         text.at + len + 1, text.len - len - 1, err);
	return *ret_result ? 0 : -1;
}

bool marker_read(const struct call *call, struct buf *ret)
{
	auto_error struct error ignored = { 0 };
	const char *path = marker_file(call);
	struct stat file;

	if (lstat(path, &file) < 0)
		return false;
	auto_fd int fd =
	        S_ISREG(file.st_mode)
	                ? fd_open(path, O_RDONLY | O_NOFOLLOW, 0, &ignored)
	                : -1;
	if (fd >= 0 && fd_read_all(fd, path, ret, &ignored) == 0 &&
	    utf8_valid(ret->at, ret->len))
		return true;
	buf_cut(ret, 0);
	return true;
}
