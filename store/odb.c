/*
 * A loose object is the file objects/xx/yyyy…: in zlib's format
 *
 *	<type> <length in decimal> NUL <bytes>
 *
 * A pack is two files. The index, version 2, all numbers big-endian:
 *
 *	0     ff 't' 'O' 'c', 2
 *	8     256 x 4 bytes: how many names begin with a byte up to this one
 *	1032  the names, 20 bytes each, sorted
 *	      a CRC-32 for each; then 4 bytes of offset for each, or, with the
 *	      first bit set, the place of 8 bytes in the table that follows
 *	      20 bytes: the pack's checksum; 20 bytes: the index's own
 *
 * and the pack, whose entries begin with type and length (four bits, then
 * seven to a byte, least first). Behind them is the object, compressed; or
 * (types 6 and 7) what it is a change of, by distance or by name, and the
 * compressed change. A change is two lengths and then instructions: copy a
 * range of the base, or take the bytes that follow.
 *
 * Nothing is taken for true that the files say: every offset and length is
 * held against what there is, and the result against the name.
 */
#include "store/odb.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "store/base/sha1.h"
#include "store/base/text.h"
#include "store/base/zip.h"

#define ID_BYTES     20
#define FANOUT_AT    8
#define NAMES_AT     (FANOUT_AT + 256 * 4)
#define TRAILER      ((size_t)2 * ID_BYTES)
#define HEADER_BYTES 32 /* of a loose object: "commit 18446744073709551615" */
#define CHAIN_MAX    64 /* changes of changes; git makes 50 */

enum {
	CHANGE_BY_DISTANCE = 6,
	CHANGE_BY_NAME = 7,
};

/* A file in memory. */
struct mapped {
	const unsigned char *at;
	size_t len;
};

struct pack {
	char *path; /* without its ending */
	struct mapped index;
	struct mapped pack; /* empty until it is needed */
	uint32_t count;
	bool is_kept;
};

struct odb {
	char *dir;
	struct pack *packs;
	size_t count;
	size_t last; /* where the last object was found */
	bool is_listed;
	struct timespec listed; /* when its folder was last changed */
	struct unzip *unzip;    /* used again and again; NULL until the first */
};

/* An object while it is put together. */
struct piece {
	char *bytes;
	size_t len;
};

const char *object_type_name(enum object_type type)
{
	static const char *const names[] = { "object", "commit", "tree", "blob",
		                             "tag" };

	return names[type];
}

/* "blob 12" and a NUL, at the end of `room`. It is done too often for
 * snprintf(). */
static const char *make_header(enum object_type type, size_t len,
                               char room[HEADER_BYTES])
{
	const char *name = object_type_name(type);
	size_t name_len = strlen(name);
	char *at = room + HEADER_BYTES;

	*--at = '\0';
	do {
		*--at = (char)('0' + len % 10);
		len /= 10;
	} while (len > 0);
	*--at = ' ';
	assert((size_t)(at - room) >= name_len);
	return memcpy(at - name_len, name, name_len);
}

void object_hash(enum object_type type, const void *bytes, size_t len,
                 struct oid *ret)
{
	struct sha1 sha1 = sha1_begin();
	char room[HEADER_BYTES];
	const char *header = make_header(type, len, room);

	sha1_add(&sha1, header, (size_t)(room + HEADER_BYTES - header));
	sha1_add(&sha1, bytes, len);
	sha1_end(&sha1, ret->bytes);
}

/* ---- Files --------------------------------------------------------------- */

static bool map_file(const char *path, struct mapped *ret)
{
	auto_error struct error ignored = { 0 };
	struct stat file;
	auto_fd int fd = fd_open(path, O_RDONLY | O_NOFOLLOW, 0, &ignored);

	if (fd < 0 || fstat(fd, &file) < 0 || !S_ISREG(file.st_mode) ||
	    file.st_size <= 0)
		return false;
	size_t len = (size_t)file.st_size;
	void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	*ret = (struct mapped){ at, len };
	return true;
}

static void unmap(struct mapped *file)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): to lose the const */
	void *at = (void *)(uintptr_t)file->at;

	if (at)
		(void)munmap(at, file->len);
	*file = (struct mapped){ 0 };
}

static uint32_t number_at(const unsigned char *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return __builtin_bswap32(number);
}

/* ---- The index ----------------------------------------------------------- */

static bool is_index(const struct mapped *index, uint32_t *ret_count)
{
	static const unsigned char magic[] = {
		0xff, 't', 'O', 'c', 0, 0, 0, 2
	};
	uint32_t before = 0;

	if (index->len < NAMES_AT + TRAILER ||
	    memcmp(index->at, magic, sizeof(magic)) != 0)
		return false;
	for (size_t i = 0; i < 256; i++) {
		uint32_t now = number_at(index->at + FANOUT_AT + 4 * i);
		if (now < before)
			return false;
		before = now;
	}
	*ret_count = before;
	return (index->len - NAMES_AT - TRAILER) / (ID_BYTES + 8) >= before;
}

/* The number of `oid` in the index; false: not there. */
static bool find_name(const struct pack *pack, const struct oid *oid,
                      uint32_t *ret)
{
	const unsigned char *fanout = pack->index.at + FANOUT_AT;
	size_t first = oid->bytes[0];
	uint32_t low = first > 0 ? number_at(fanout + 4 * (first - 1)) : 0;
	uint32_t high = number_at(fanout + 4 * first);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = memcmp(oid->bytes,
		                   pack->index.at + NAMES_AT +
		                           (size_t)middle * ID_BYTES,
		                   ID_BYTES);
		if (order == 0) {
			*ret = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Where object number `n` begins in the pack; 0, where none can be, when the
 * index does not know. */
static uint64_t offset_of(const struct pack *pack, uint32_t n)
{
	size_t offsets = NAMES_AT + (size_t)pack->count * (ID_BYTES + 4);
	size_t longer = offsets + (size_t)pack->count * 4;
	uint32_t offset = number_at(pack->index.at + offsets + (size_t)n * 4);

	if (!(offset >> 31))
		return offset;
	size_t at = longer + (size_t)(offset & 0x7fffffff) * 8;
	if (at + 8 + TRAILER > pack->index.len)
		return 0;
	return (uint64_t)number_at(pack->index.at + at) << 32 |
	       number_at(pack->index.at + at + 4);
}

static void close_pack(struct pack *pack)
{
	unmap(&pack->index);
	unmap(&pack->pack);
	free(pack->path);
}

void odb_refresh(struct odb *odb)
{
	for (size_t i = 0; i < odb->count; i++)
		close_pack(&odb->packs[i]);
	free(odb->packs);
	odb->packs = NULL;
	odb->count = odb->last = 0;
	odb->is_listed = false;
}

static void add_pack(struct odb *odb, const char *name)
{
	size_t len = strlen(name) - strlen(".idx");
	struct pack pack = {
		.path = mem_printf("%s/pack/%.*s", odb->dir, (int)len, name),
	};
	auto_free char *index = mem_printf("%s.idx", pack.path);
	auto_free char *keep = mem_printf("%s.keep", pack.path);

	if (!map_file(index, &pack.index) ||
	    !is_index(&pack.index, &pack.count)) {
		close_pack(&pack);
		return;
	}
	pack.is_kept = file_exists(keep);
	odb->packs = mem_grow(odb->packs, odb->count, sizeof(*odb->packs));
	odb->packs[odb->count++] = pack;
}

static void list_packs(struct odb *odb)
{
	auto_free char *path = mem_printf("%s/pack", odb->dir);
	DIR *dir = opendir(path);
	const struct dirent *entry;
	struct stat status;

	odb->is_listed = true;
	if (!dir)
		return;
	if (fstat(dirfd(dir), &status) == 0)
		odb->listed = status.st_mtim;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while ((entry = readdir(dir)))
		if (text_starts(entry->d_name, "pack-") &&
		    text_ends(entry->d_name, ".idx"))
			add_pack(odb, entry->d_name);
	(void)closedir(dir); /* was only read */
}

/* Whether packs came or went since they were listed. */
static bool is_outdated(const struct odb *odb)
{
	auto_free char *path = mem_printf("%s/pack", odb->dir);
	struct stat status;

	return stat(path, &status) == 0 &&
	       (status.st_mtim.tv_sec != odb->listed.tv_sec ||
	        status.st_mtim.tv_nsec != odb->listed.tv_nsec);
}

struct odb *odb_open(const char *dir)
{
	struct odb *odb = mem_zalloc(1, sizeof(*odb));

	odb->dir = mem_strdup(dir);
	return odb;
}

void odb_close(struct odb *odb)
{
	if (!odb)
		return;
	odb_refresh(odb);
	unzip_free(odb->unzip);
	free(odb->dir);
	free(odb);
}

static struct pack *find_in_listed(struct odb *odb, const struct oid *oid,
                                   uint32_t *ret)
{
	for (size_t i = 0; i < odb->count; i++) {
		size_t n = (odb->last + i) % odb->count;
		if (find_name(&odb->packs[n], oid, ret)) {
			odb->last = n;
			return &odb->packs[n];
		}
	}
	return NULL;
}

static struct pack *find_in_packs(struct odb *odb, const struct oid *oid,
                                  uint32_t *ret)
{
	struct pack *found = find_in_listed(odb, oid, ret);

	if (found || (odb->is_listed && !is_outdated(odb)))
		return found;
	odb_refresh(odb);
	list_packs(odb);
	return find_in_listed(odb, oid, ret);
}

/* ---- Packed objects ------------------------------------------------------ */

struct entry {
	unsigned type; /* as the pack numbers it */
	size_t len;    /* expanded */
	size_t data;   /* where what is compressed begins */
	uint64_t base; /* of CHANGE_BY_DISTANCE */
	struct oid base_name;
};

static bool take_distance(const struct mapped *pack, uint64_t offset,
                          struct entry *entry)
{
	uint64_t distance = 0;
	unsigned char byte;

	do {
		if (entry->data >= pack->len || distance >> 55)
			return false;
		byte = pack->at[entry->data++];
		distance = distance << 7 | (byte & 127);
		if (byte & 128)
			distance++;
	} while (byte & 128);
	if (distance == 0 || distance >= offset)
		return false;
	entry->base = offset - distance;
	return true;
}

static bool take_base(const struct mapped *pack, uint64_t offset,
                      struct entry *entry)
{
	if (entry->type == CHANGE_BY_DISTANCE)
		return take_distance(pack, offset, entry);
	if (entry->type != CHANGE_BY_NAME)
		return entry->type >= OBJECT_COMMIT &&
		       entry->type <= OBJECT_TAG;
	if (pack->len - entry->data < ID_BYTES)
		return false;
	memcpy(entry->base_name.bytes, pack->at + entry->data, ID_BYTES);
	entry->data += ID_BYTES;
	return true;
}

static bool read_entry(const struct mapped *pack, uint64_t offset,
                       struct entry *ret)
{
	unsigned shift = 4;

	if (offset < 12 || offset >= pack->len)
		return false;
	size_t at = (size_t)offset;
	unsigned char byte = pack->at[at++];
	*ret = (struct entry){ .type = byte >> 4 & 7, .len = byte & 15 };
	for (; byte & 128; shift += 7) {
		if (at >= pack->len || shift > 53)
			return false;
		byte = pack->at[at++];
		ret->len |= (size_t)(byte & 127) << shift;
	}
	ret->data = at;
	return take_base(pack, offset, ret);
}

/* What expands the text at `at`; the odb's. */
static struct unzip *start_unzip(struct odb *odb, const unsigned char *at,
                                 size_t len)
{
	if (odb->unzip)
		unzip_again(odb->unzip, at, len);
	else
		odb->unzip = unzip_new(at, len);
	return odb->unzip;
}

static bool expand(struct odb *odb, const struct mapped *pack,
                   const struct entry *entry, size_t max, struct piece *ret)
{
	if (entry->len > max)
		return false;
	auto_free char *bytes = mem_alloc(size_add(entry->len, 1));
	struct unzip *unzip = start_unzip(odb, pack->at + entry->data,
	                                  pack->len - entry->data);
	if (unzip_next(unzip, bytes, entry->len) != entry->len ||
	    !unzip_is_done(unzip))
		return false;
	bytes[entry->len] = '\0';
	*ret = (struct piece){ steal(&bytes), entry->len };
	return true;
}

/* ---- Changes ------------------------------------------------------------- */

struct reader {
	const unsigned char *at;
	const unsigned char *end;
};

static bool take_length(struct reader *change, size_t *ret)
{
	size_t number = 0;

	for (unsigned shift = 0; shift < 56; shift += 7) {
		if (change->at == change->end)
			return false;
		unsigned char byte = *change->at++;
		number |= (size_t)(byte & 127) << shift;
		if (!(byte & 128)) {
			*ret = number;
			return true;
		}
	}
	return false;
}

/* The bytes of a number whose flags say which of them are there. */
static bool take_some(struct reader *change, unsigned flags, size_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; flags; flags >>= 1, shift += 8) {
		if (!(flags & 1))
			continue;
		if (change->at == change->end)
			return false;
		*ret |= (size_t)*change->at++ << shift;
	}
	return true;
}

/* One instruction: the bytes that it adds. */
static bool take_bytes(struct reader *change, const struct piece *base,
                       const char **ret, size_t *ret_len)
{
	unsigned code = *change->at++;
	size_t from;

	if (code & 128) {
		if (!take_some(change, code & 15, &from) ||
		    !take_some(change, code >> 4 & 7, ret_len))
			return false;
		if (*ret_len == 0)
			*ret_len = 0x10000;
		*ret = base->bytes + (from <= base->len ? from : 0);
		return from <= base->len && *ret_len <= base->len - from;
	}
	*ret = (const char *)change->at;
	*ret_len = code;
	if (code == 0 || (size_t)(change->end - change->at) < code)
		return false;
	change->at += code;
	return true;
}

static bool apply_change(const struct piece *base, const struct piece *change,
                         size_t max, struct piece *ret)
{
	const unsigned char *at = (const unsigned char *)change->bytes;
	struct reader reader = { at, at + change->len };
	size_t base_len;
	size_t len;
	size_t done = 0;

	if (!take_length(&reader, &base_len) || base_len != base->len ||
	    !take_length(&reader, &len) || len > max)
		return false;
	auto_free char *bytes = mem_alloc(size_add(len, 1));
	while (reader.at < reader.end) {
		const char *from;
		size_t count;

		if (!take_bytes(&reader, base, &from, &count) ||
		    count > len - done)
			return false;
		memcpy(bytes + done, from, count);
		done += count;
	}
	if (done != len)
		return false;
	bytes[len] = '\0';
	*ret = (struct piece){ steal(&bytes), len };
	return true;
}

/* From an object that is a change down to one that is not. */
struct chain {
	struct entry entries[CHAIN_MAX];
	size_t count;
};

/* Where the base of the last entry is in the same pack; 0: nowhere. */
static uint64_t base_offset(const struct pack *pack, const struct entry *entry)
{
	uint32_t n;

	if (entry->type == CHANGE_BY_DISTANCE)
		return entry->base;
	return find_name(pack, &entry->base_name, &n) ? offset_of(pack, n) : 0;
}

static bool read_chain(struct pack *pack, uint32_t n, struct chain *chain)
{
	auto_free char *path = mem_printf("%s.pack", pack->path);
	uint64_t offset = offset_of(pack, n);

	if (!pack->pack.at && !map_file(path, &pack->pack))
		return false;
	for (chain->count = 0; chain->count < CHAIN_MAX;) {
		struct entry *entry = &chain->entries[chain->count++];

		if (!read_entry(&pack->pack, offset, entry))
			return false;
		if (entry->type <= OBJECT_TAG)
			return true;
		offset = base_offset(pack, entry);
	}
	return false;
}

static enum object_type read_packed(struct odb *odb, struct pack *pack,
                                    uint32_t n, size_t max, struct piece *ret)
{
	struct chain chain;
	struct piece whole;

	if (!read_chain(pack, n, &chain))
		return OBJECT_NONE;
	size_t left = chain.count - 1;
	enum object_type type = (enum object_type)chain.entries[left].type;
	if (!expand(odb, &pack->pack, &chain.entries[left], max, &whole))
		return OBJECT_NONE;
	while (left > 0) {
		auto_free char *base_bytes = whole.bytes;
		struct piece base = whole;
		struct piece change;

		if (!expand(odb, &pack->pack, &chain.entries[--left], max,
		            &change))
			return OBJECT_NONE;
		auto_free char *change_bytes = change.bytes;
		(void)base_bytes, (void)change_bytes; /* only freed */
		if (!apply_change(&base, &change, max, &whole))
			return OBJECT_NONE;
	}
	*ret = whole;
	return type;
}

/* ---- Loose objects ------------------------------------------------------- */

/* "blob 12" and a NUL: the length of both in `*ret_header`. */
static enum object_type read_header(const char *header, size_t len,
                                    size_t *ret_header, size_t *ret_len)
{
	const char *end = memchr(header, '\0', len);
	int64_t number;

	if (!end)
		return OBJECT_NONE;
	for (enum object_type type = OBJECT_COMMIT; type <= OBJECT_TAG;
	     type++) {
		const char *name = object_type_name(type);
		size_t name_len = strlen(name);

		if (!text_starts(header, name) || header[name_len] != ' ')
			continue;
		if (!text_to_int(header + name_len + 1, 0, INT64_MAX, &number))
			return OBJECT_NONE;
		*ret_header = (size_t)(end - header) + 1;
		*ret_len = (size_t)number;
		return type;
	}
	return OBJECT_NONE;
}

static bool map_loose(const struct odb *odb, const struct oid *oid,
                      struct mapped *ret)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(oid, text);
	auto_free char *path =
	        mem_printf("%s/%.2s/%s", odb->dir, text, text + 2);
	return map_file(path, ret);
}

static enum object_type read_loose(struct odb *odb, const struct oid *oid,
                                   size_t max, struct piece *ret)
{
	CLEANUP(unmap) struct mapped file = { 0 };
	char header[HEADER_BYTES];
	size_t skip;
	size_t len;

	if (!map_loose(odb, oid, &file))
		return OBJECT_NONE;
	struct unzip *unzip = start_unzip(odb, file.at, file.len);
	size_t got = unzip_next(unzip, header, sizeof(header));
	enum object_type type = read_header(header, got, &skip, &len);
	if (type == OBJECT_NONE || len > max || got - skip > len)
		return OBJECT_NONE;
	auto_free char *bytes = mem_alloc(size_add(len, 1));
	memcpy(bytes, header + skip, got - skip);
	got -= skip;
	if (unzip_next(unzip, bytes + got, len - got) != len - got ||
	    !unzip_is_done(unzip))
		return OBJECT_NONE;
	bytes[len] = '\0';
	*ret = (struct piece){ steal(&bytes), len };
	return type;
}

enum object_type odb_read(struct odb *odb, const struct oid *oid, size_t max,
                          char **ret, size_t *ret_len)
{
	struct piece piece = { 0 };
	struct oid name;
	uint32_t n;
	struct pack *pack = find_in_listed(odb, oid, &n);
	enum object_type type = OBJECT_NONE;

	if (!pack)
		type = read_loose(odb, oid, max, &piece);
	if (!pack && type == OBJECT_NONE)
		pack = find_in_packs(odb, oid, &n);
	if (pack)
		type = read_packed(odb, pack, n, max, &piece);
	if (type == OBJECT_NONE)
		return OBJECT_NONE;
	auto_free char *bytes = piece.bytes;
	object_hash(type, bytes, piece.len, &name);
	if (!oid_equal(&name, oid))
		return OBJECT_NONE;
	*ret = steal(&bytes);
	*ret_len = piece.len;
	return type;
}

/* The beginning of a loose object: how much of it, 0 for none. */
static size_t begin_loose(struct odb *odb, const struct oid *oid,
                          enum object_type type, char *ret, size_t max)
{
	CLEANUP(unmap) struct mapped file = { 0 };
	char header[HEADER_BYTES];
	size_t skip;
	size_t len;

	if (!map_loose(odb, oid, &file))
		return 0;
	struct unzip *unzip = start_unzip(odb, file.at, file.len);
	size_t got = unzip_next(unzip, header, sizeof(header));
	if (read_header(header, got, &skip, &len) != type)
		return 0;
	got = got - skip < max ? got - skip : max;
	memcpy(ret, header + skip, got);
	return got + unzip_next(unzip, ret + got, max - got);
}

static size_t begin_packed(struct odb *odb, struct pack *pack, uint32_t n,
                           enum object_type type, char *ret, size_t max)
{
	struct chain chain;

	if (!read_chain(pack, n, &chain) || chain.count > 1 ||
	    chain.entries[0].type != (unsigned)type)
		return 0;
	size_t data = chain.entries[0].data;
	struct unzip *unzip =
	        start_unzip(odb, pack->pack.at + data, pack->pack.len - data);
	return unzip_next(unzip, ret,
	                  max < chain.entries[0].len ? max
	                                             : chain.entries[0].len);
}

size_t odb_begin(struct odb *odb, const struct oid *oid, enum object_type type,
                 char *ret, size_t max)
{
	uint32_t n;
	struct pack *pack = find_in_listed(odb, oid, &n);

	if (!pack) {
		size_t got = begin_loose(odb, oid, type, ret, max);
		if (got > 0)
			return got;
		pack = find_in_packs(odb, oid, &n);
	}
	return pack ? begin_packed(odb, pack, n, type, ret, max) : 0;
}

static enum object_type look_loose(struct odb *odb, const struct oid *oid,
                                   size_t *ret_len)
{
	CLEANUP(unmap) struct mapped file = { 0 };
	char header[HEADER_BYTES];
	size_t skip;

	if (!map_loose(odb, oid, &file))
		return OBJECT_NONE;
	struct unzip *unzip = start_unzip(odb, file.at, file.len);
	size_t got = unzip_next(unzip, header, sizeof(header));
	return read_header(header, got, &skip, ret_len);
}

/* The length of a changed object is in the change itself. */
static enum object_type look_packed(struct odb *odb, struct pack *pack,
                                    uint32_t n, size_t *ret_len)
{
	struct chain chain;
	unsigned char head[2 * 10];
	struct reader reader = { .at = head };
	size_t base_len;

	if (!read_chain(pack, n, &chain))
		return OBJECT_NONE;
	enum object_type type =
	        (enum object_type)chain.entries[chain.count - 1].type;
	*ret_len = chain.entries[0].len;
	if (chain.count == 1)
		return type;
	size_t data = chain.entries[0].data;
	struct unzip *unzip =
	        start_unzip(odb, pack->pack.at + data, pack->pack.len - data);
	reader.end = head + unzip_next(unzip, head, sizeof(head));
	if (!take_length(&reader, &base_len) || !take_length(&reader, ret_len))
		return OBJECT_NONE;
	return type;
}

enum object_type odb_look(struct odb *odb, const struct oid *oid,
                          size_t *ret_len)
{
	uint32_t n;
	struct pack *pack = find_in_listed(odb, oid, &n);

	if (!pack) {
		enum object_type type = look_loose(odb, oid, ret_len);
		if (type != OBJECT_NONE)
			return type;
		pack = find_in_packs(odb, oid, &n);
	}
	return pack ? look_packed(odb, pack, n, ret_len) : OBJECT_NONE;
}

bool odb_is_kept(struct odb *odb, const struct oid *oid)
{
	uint32_t n;

	if (!odb->is_listed)
		list_packs(odb);
	for (size_t i = 0; i < odb->count; i++)
		if (odb->packs[i].is_kept && find_name(&odb->packs[i], oid, &n))
			return true;
	return false;
}

/* ---- Whole packs --------------------------------------------------------- */

static struct pack *find_pack(struct odb *odb, const char *name,
                              struct error *err)
{
	if (!odb->is_listed)
		list_packs(odb);
	for (size_t i = 0; i < odb->count; i++)
		if (text_ends(odb->packs[i].path, name))
			return &odb->packs[i];
	(void)error_set(err, ERR_MISSING, "there is no \"%s\" in \"%s/pack\"",
	                name, odb->dir);
	return NULL;
}

static struct oid name_of(const struct pack *pack, uint32_t n)
{
	struct oid oid;

	memcpy(oid.bytes, pack->index.at + NAMES_AT + (size_t)n * ID_BYTES,
	       ID_BYTES);
	return oid;
}

int odb_each(struct odb *odb, const char *pack,
             int (*each)(void *state, const struct oid *oid, struct error *err),
             void *state, struct error *err)
{
	const struct pack *found = find_pack(odb, pack, err);

	if (!found)
		return -1;
	for (uint32_t n = 0; n < found->count; n++) {
		struct oid oid = name_of(found, n);
		int rc = each(state, &oid, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int odb_check(struct odb *odb, const char *pack, struct error *err)
{
	struct pack *found = find_pack(odb, pack, err);

	if (!found)
		return -1;
	for (uint32_t n = 0; n < found->count; n++) {
		struct piece piece = { 0 };
		struct oid wanted = name_of(found, n);
		struct oid name = { { 0 } };
		enum object_type type =
		        read_packed(odb, found, n, SIZE_MAX / 2, &piece);
		auto_free char *bytes = piece.bytes;

		if (type != OBJECT_NONE)
			object_hash(type, bytes, piece.len, &name);
		if (!oid_equal(&name, &wanted))
			return error_set(err, ERR_CORRUPT,
			                 "\"%s\" does not hold what was "
			                 "written to it",
			                 pack);
	}
	return 0;
}
