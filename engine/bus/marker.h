/*
 * What this machine knows of a command that is an effect, outside of git: how
 * far it came. (The bus's own.)
 *
 *	$GIT_COMMON_DIR/reeve/effects/KEY.state    ours: intended, begun, done
 *	$GIT_COMMON_DIR/reeve/effects/KEY/marker   the command's own word
 *
 * `intended` is there before the intent is, so a command that is found to be
 * intended was certainly not begun; one of which nothing is found may have
 * been, here or elsewhere. Each word is durable when it has been written.
 */
#ifndef BUS_MARKER_H
#define BUS_MARKER_H

#include "engine/bus/connector.h"
#include "store/base/buf.h"

enum mark {
	MARK_NONE, /* nobody knows */
	MARK_INTENDED,
	MARK_BEGUN,
	MARK_DONE,
};

/* The folder that the command may write its marker to, and that file; in the
 * call's arena. */
const char *marker_folder(const struct call *call);
const char *marker_file(const struct call *call);

/* Before its intent. Forgets what an earlier try has left, and the marks of
 * effects that are settled. */
int marker_intend(const struct call *call, struct error *err) MUST_CHECK;
/* Right before it is started. */
int marker_begin(const struct call *call, struct error *err) MUST_CHECK;
/* It has ended well. */
int marker_finish(const struct call *call, const struct value *result,
                  struct error *err) MUST_CHECK;

/* How far it came; of one that is done also what it gave. */
int marker_look(const struct call *call, enum mark *ret,
                struct value **ret_result, struct error *err) MUST_CHECK;
/* Whether the command says that it is done; `ret` gets what it says, if that is
 * a text in a plain file, else nothing. */
bool marker_read(const struct call *call, struct buf *ret);

#endif
