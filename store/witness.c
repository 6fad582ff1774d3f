#include "store/witness.h"

#include <string.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/buf.h"
#include "store/base/fd.h"

int witness_write_named(const char *dir, const char *name,
                        const struct oid *commit, struct error *err)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	char text[OID_TEXT_BYTES + 1];

	oid_to_text(commit, text);
	text[OID_TEXT_BYTES - 1] = '\n';
	return file_replace(path, text, OID_TEXT_BYTES, 0600, err);
}

int witness_read_named(const char *dir, const char *name, struct oid *ret,
                       struct error *err)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	auto_buf struct buf text = buf_make(OID_TEXT_BYTES);
	auto_error struct error reason = { 0 };

	if (file_read(path, &text, &reason) < 0) {
		if (reason.code == ERR_MISSING)
			return 0;
		error_move(err, &reason);
		return error_wrap(err, "could not read the journal's witness");
	}
	buf_cut(&text, strcspn(text.at, "\n"));
	if (oid_from_text(text.at, ret))
		return 1;
	error_set(err, ERR_CORRUPT, "the journal's witness is damaged");
	return error_hint(err,
	                  "If git log reeve/journal shows what you "
	                  "expect, remove %s.",
	                  path);
}

int witness_write(const char *dir, const struct oid *tip, struct error *err)
{
	return witness_write_named(dir, "witness", tip, err);
}

int witness_read(const char *dir, struct oid *ret, struct error *err)
{
	return witness_read_named(dir, "witness", ret, err);
}

/* "<from>\n<to>\n" */
int witness_moving(const char *dir, const struct oid *from,
                   const struct oid *to, struct error *err)
{
	auto_free char *path = mem_printf("%s/moving", dir);
	char text[2 * OID_TEXT_BYTES];

	oid_to_text(from, text);
	text[OID_TEXT_BYTES - 1] = '\n';
	oid_to_text(to, text + OID_TEXT_BYTES);
	text[2 * OID_TEXT_BYTES - 1] = '\n';
	return file_replace(path, text, sizeof(text), 0600, err);
}

bool witness_moved(const char *dir, const struct oid *from, struct oid *ret_to)
{
	auto_free char *path = mem_printf("%s/moving", dir);
	auto_buf struct buf text = buf_make(2 * OID_TEXT_BYTES);
	auto_error struct error ignored = { 0 }; /* then nothing was */
	struct oid was;

	if (file_read(path, &text, &ignored) < 0 ||
	    text.len != 2 * OID_TEXT_BYTES)
		return false;
	text.at[OID_TEXT_BYTES - 1] = '\0';
	buf_cut(&text, text.len - 1);
	return oid_from_text(text.at, &was) && oid_equal(&was, from) &&
	       oid_from_text(text.at + OID_TEXT_BYTES, ret_to);
}

static char *root_path(const char *dir)
{
	return mem_printf("%s/root", dir);
}

bool witness_root(const char *dir, struct oid *ret)
{
	auto_free char *path = root_path(dir);
	auto_buf struct buf text = buf_make(OID_TEXT_BYTES);
	auto_error struct error ignored = { 0 };

	if (file_read(path, &text, &ignored) < 0)
		return false;
	buf_cut(&text, strcspn(text.at, "\n"));
	return oid_from_text(text.at, ret);
}

void witness_note_root(const char *dir, const struct oid *root)
{
	auto_free char *path = root_path(dir);
	auto_error struct error ignored = { 0 };
	char text[OID_TEXT_BYTES + 1];

	if (!root) {
		(void)unlink(path); /* mostly, there is none */
		return;
	}
	oid_to_text(root, text);
	text[OID_TEXT_BYTES - 1] = '\n';
	if (file_replace(path, text, OID_TEXT_BYTES, 0600, &ignored) < 0)
		return;
}
