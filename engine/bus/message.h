/*
 * Mails as bytes: RFC 5322 and MIME, text in UTF-8, CRLF at each line's end.
 *
 *	struct mailbox ann;
 *	if (mailbox_parse(&arena, "Ann <ann@acme.example>", &ann, err) < 0)
 *		return -1;
 *	struct message message = { .to = &ann, .to_count = 1, ... };
 *	auto_buf struct buf mail = buf_make(LIMIT_OUTPUT);
 *	if (message_write(&message, &mail, err) < 0)
 *		return -1;
 *
 * The same message gives the same bytes. Nothing that a header is made of can
 * begin another one: what is no plain line of text is refused, never repaired.
 * All errors are ERR_FAILED: the mail cannot be sent as it is.
 */
#ifndef BUS_MESSAGE_H
#define BUS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/compiler.h"
#include "store/base/error.h"

struct mailbox {
	const char *name;    /* as people read it, or NULL */
	const char *address; /* text_is_email() */
};

struct message {
	struct mailbox from;
	const struct mailbox *to;
	size_t to_count; /* at least one */
	const char *subject;
	const char *date;    /* of RFC 5322 */
	const char *id;      /* message_id_valid() */
	const char *answers; /* the id of an earlier mail, or NULL */
	const char *text;    /* its lines end with LF, CR or CRLF */
};

/* `ann@acme.example`, `Ann <ann@acme.example>` or `"Ann, Acme" <…>`, with no
 * spaces around it; the parts are in `arena`. */
int mailbox_parse(struct arena *arena, const char *text, struct mailbox *ret,
                  struct error *err) MUST_CHECK;

/* `<left@right>` of printable ASCII without spaces, at most 500 bytes. */
bool message_id_valid(const char *id);

/* Append the mail to `ret`. */
int message_write(const struct message *message, struct buf *ret,
                  struct error *err) MUST_CHECK;

/* Whether the header of the mail in `bytes` says that its id is `id`. */
bool message_has_id(const char *bytes, size_t len, const char *id);

#endif
