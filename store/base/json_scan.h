/*
 * The words of a JSON text, one after the other.
 *
 * Private to JSON. The reader puts `at` on the first byte of a word; a function
 * that takes it leaves `at` behind it, or fails with `err` at its place.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct json_scan {
	const char *name; /* of the file, for errors */
	const char *bytes;
	size_t len;
	size_t at;
	struct error *err;
};

/* A string as it stands between its quotes. */
struct json_raw {
	const char *bytes;
	size_t len;
	bool escaped; /* it has a backslash */
	bool nul;     /* one of its characters is U+0000 */
};

/* A string without control characters, lone surrogates or invalid UTF-8. */
int json_scan_string(struct json_scan *scan, struct json_raw *ret) MUST_CHECK;
/* A number in JSON's spelling that fits (number.h): its bytes. */
int json_scan_number(struct json_scan *scan, size_t *ret_len) MUST_CHECK;
/* true, false or null: its first letter. */
int json_scan_word(struct json_scan *scan, char *ret) MUST_CHECK;
void json_skip_space(struct json_scan *scan);

/* Returns -1; ERR_CONFIG at the byte `at`. */
int json_fail(struct json_scan *scan, size_t at, const char *message);

/* The text of a scanned string in `arena`, a NUL behind it. */
const char *json_unescape(struct arena *arena, const struct json_raw *raw,
                          size_t *ret_len);

/* How many bytes at the beginning of `bytes` stand for themselves in a JSON
 * string, to be read and to be written: ASCII but `"`, `\` and controls. */
size_t json_plain(const char *bytes, size_t len);

#endif
