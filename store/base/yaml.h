/*
 * YAML 1.2 to values, and values to YAML.
 *
 * Reads what the core schema of YAML 1.2.2 defines (so `on`, `no` and `12:30`
 * are strings), through libyaml's events, within limits of our own for size,
 * depth and number of nodes. Refused, each with its place: anchors and
 * aliases, tags, merge keys, duplicate keys, keys that are not strings, more
 * than one document, NUL, invalid UTF-8, .inf and .nan. The usual slip
 * `to: {{brief.email}}` is named as what it is.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/value.h"

/* The one document in `bytes`; an empty text is a null value. NULL with
 * ERR_CONFIG, `file` and the position. `first_line` is the number of the
 * text's first line (1 but for front matter). */
struct value *yaml_parse(struct arena *arena, const char *file,
                         const char *bytes, size_t len, unsigned first_line,
                         struct error *err) MUST_CHECK;

/* Append `value` in block style, strings quoted only where they must be,
 * long texts as literals: yaml_parse() gives an equal value back. */
int yaml_write(struct buf *buf, const struct value *value,
               struct error *err) MUST_CHECK;

/* A Markdown file with YAML front matter between two `---` lines: a map of its
 * fields and `text`, the rest (without the blank line after the front matter).
 * A file without front matter is { text }. A field named `text` is an error. */
struct value *markdown_parse(struct arena *arena, const char *file,
                             const char *bytes, size_t len,
                             struct error *err) MUST_CHECK;
/* The reverse: all members but `text` as front matter (none: no front matter),
 * then the text, ending in one newline. */
int markdown_write(struct buf *buf, const struct value *map,
                   struct error *err) MUST_CHECK;

#endif
