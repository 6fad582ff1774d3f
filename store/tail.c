/*
 * TAIL_BYTES in all. First where the next record goes; then records, each at a
 * multiple of 8:
 *
 *	0    "tail"
 *	4    length of the bytes, as this machine has numbers
 *	8    type, as git numbers it; 3 zeros
 *	12   the name, 20 bytes
 *	32   the bytes
 *
 * Records are overwritten in the middle and are not synced, so a reader looks
 * at each multiple of 8: a record is valid if and only if its bytes have its
 * name. When the place of the next one is lost, writing begins at the first.
 */
#include "store/tail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/odb.h"

#define TAIL_BYTES   ((size_t)2 << 20)
#define LONGEST      (TAIL_BYTES / 8)
#define RECORDS_AT   64
#define HEADER_BYTES 32
#define MARK         "tail"

struct tail {
	unsigned char *at; /* TAIL_BYTES */
};

struct tail *tail_open(const char *dir)
{
	auto_error struct error ignored = { 0 };
	auto_free char *path = mem_printf("%s/tail", dir);
	auto_fd int fd =
	        fd_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, &ignored);

	/* Taken at once, so that a full disk is not met while writing to it. */
	if (fd < 0 || posix_fallocate(fd, 0, (off_t)TAIL_BYTES) != 0)
		return NULL;
	void *at = mmap(NULL, TAIL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
	                fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	struct tail *tail = mem_zalloc(1, sizeof(*tail));
	tail->at = at;
	return tail;
}

void tail_close(struct tail *tail)
{
	if (!tail)
		return;
	(void)munmap(tail->at, TAIL_BYTES); /* cannot fail for what is mapped */
	free(tail);
}

void tail_close_auto(struct tail **tail)
{
	tail_close(*tail);
}

static size_t record_bytes(size_t len)
{
	return (HEADER_BYTES + len + 7) / 8 * 8;
}

void tail_put(struct tail *tail, const struct stored *object)
{
	uint64_t next;
	uint32_t len = (uint32_t)object->len;

	if (object->len > LONGEST)
		return;
	memcpy(&next, tail->at, sizeof(next));
	if (next < RECORDS_AT || next % 8 != 0 ||
	    next > TAIL_BYTES - record_bytes(len))
		next = RECORDS_AT;
	unsigned char *to = tail->at + next;
	memset(to, 0, HEADER_BYTES);
	memcpy(to, MARK, sizeof(MARK) - 1);
	memcpy(to + 4, &len, sizeof(len));
	to[8] = (unsigned char)object->type;
	memcpy(to + 12, object->oid.bytes, sizeof(object->oid.bytes));
	FAULT("tail.head");
	memcpy(to + HEADER_BYTES, object->bytes, len);
	next += record_bytes(len);
	memcpy(tail->at, &next, sizeof(next));
}

static bool read_record(const struct tail *tail, size_t at, struct stored *ret)
{
	const unsigned char *from = tail->at + at;
	uint32_t len;
	struct oid name;

	if (memcmp(from, MARK, sizeof(MARK) - 1) != 0)
		return false;
	memcpy(&len, from + 4, sizeof(len));
	if (len > LONGEST || record_bytes(len) > TAIL_BYTES - at ||
	    from[8] < OBJECT_COMMIT || from[8] > OBJECT_TAG)
		return false;
	*ret = (struct stored){
		.type = from[8],
		.bytes = (const char *)from + HEADER_BYTES,
		.len = len,
	};
	memcpy(ret->oid.bytes, from + 12, sizeof(ret->oid.bytes));
	object_hash((enum object_type)ret->type, ret->bytes, len, &name);
	return oid_equal(&name, &ret->oid);
}

int tail_each(struct tail *tail,
              int (*each)(void *state, const struct stored *object),
              void *state)
{
	struct stored object;

	for (size_t at = RECORDS_AT; at <= TAIL_BYTES - HEADER_BYTES;) {
		bool whole = read_record(tail, at, &object);
		int status = whole ? each(state, &object) : 0;
		if (status != 0)
			return status;
		at += whole ? record_bytes(object.len) : 8;
	}
	return 0;
}
