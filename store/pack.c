/*
 * The forms of both files are described in odb.c, which reads them. Here every
 * object is whole (a change of another would save room and cost time), and the
 * pack is put together in memory: its callers write what they hold in memory
 * anyway, in portions.
 *
 * Rolling takes the smallest packs as long as the next is not larger than
 * twice all before it: so every object is rewritten a number of times that
 * grows with the logarithm of what there is.
 */
#include "store/pack.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/fault.h"
#include "store/base/fd.h"
#include "store/base/sha1.h"
#include "store/base/text.h"
#include "store/base/zip.h"

#define PACK_BYTES (1u << 30)   /* offsets of 31 bits, in portions of memory */
#define ROLL_BYTES (256u << 20) /* of what is rolled at once */
#define KEEP_TEXT  "reeve\n"

/* Where an object came to lie. */
struct placed {
	uint32_t offset;
	uint32_t crc;
};

static void add_number(struct buf *buf, uint32_t number)
{
	uint32_t big = __builtin_bswap32(number);

	buf_add(buf, &big, sizeof(big));
}

/* The checksum of all that is in `buf`, appended to it. */
static void add_checksum(struct buf *buf)
{
	struct sha1 sha1 = sha1_begin();
	unsigned char digest[SHA1_BYTES];

	sha1_add(&sha1, buf->at, buf->len);
	sha1_end(&sha1, digest);
	buf_add(buf, digest, sizeof(digest));
}

/* Type and length: four bits of it, then seven to a byte, least first. */
static void add_entry_head(struct buf *pack, const struct pack_item *item)
{
	size_t left = item->len >> 4;
	unsigned byte = (unsigned)item->type << 4 | (item->len & 15);

	while (left > 0) {
		buf_add_char(pack, (char)(byte | 128));
		byte = left & 127;
		left >>= 7;
	}
	buf_add_char(pack, (char)byte);
}

static void fill_pack(struct buf *pack, const struct pack_item *items,
                      size_t count, struct placed *ret)
{
	auto_zip struct zip *zip = zip_new();

	buf_add_text(pack, "PACK");
	add_number(pack, 2);
	add_number(pack, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		size_t at = pack->len;

		add_entry_head(pack, &items[i]);
		zip_add(zip, items[i].bytes, items[i].len, pack);
		if (pack->over)
			return;
		ret[i].offset = (uint32_t)at;
		ret[i].crc = zip_crc(0, pack->at + at, pack->len - at);
	}
	add_checksum(pack);
}

static void fill_index(struct buf *index, const struct pack_item *items,
                       size_t count, const struct placed *placed,
                       const char *checksum)
{
	size_t below = 0;

	buf_add(index, "\377tOc", 4);
	add_number(index, 2);
	for (unsigned byte = 0; byte < 256; byte++) {
		while (below < count && items[below].oid.bytes[0] <= byte)
			below++;
		add_number(index, (uint32_t)below);
	}
	for (size_t i = 0; i < count; i++)
		buf_add(index, items[i].oid.bytes, sizeof(items[i].oid.bytes));
	for (size_t i = 0; i < count; i++)
		add_number(index, placed[i].crc);
	for (size_t i = 0; i < count; i++)
		add_number(index, placed[i].offset);
	buf_add(index, checksum, SHA1_BYTES);
	add_checksum(index);
}

static int by_name(const void *a, const void *b)
{
	const struct pack_item *left = a;
	const struct pack_item *right = b;

	return memcmp(left->oid.bytes, right->oid.bytes,
	              sizeof(left->oid.bytes));
}

/* A file under a name that git's cleaning knows, on disk; its name follows. */
static int write_temporary(const char *path, const char *bytes, size_t len,
                           struct error *err)
{
	(void)unlink(path); /* of a process that had our number */
	auto_fd int fd = fd_open(path, O_WRONLY | O_CREAT | O_EXCL, 0444, err);

	if (fd < 0 || fd_write_all(fd, path, bytes, len, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return error_errno(err, errno, "could not make \"%s\" durable",
		                   path);
	return 0;
}

struct pack_file {
	const char *ending;
	const char *bytes;
	size_t len;
};

/* Keep, pack and index, each on disk before any has its name. */
static int write_files(const char *dir, const char *name,
                       const struct pack_file files[3], struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *temporary[3];

	for (size_t i = 0; i < 3; i++) {
		/* git takes whatever ends in ".idx" for an index, half
		 * written ones, too; it tidies up "tmp_". */
		temporary[i] =
		        arena_printf(&arena, "%s/pack/tmp_reeve_%ld_%s", dir,
		                     (long)getpid(), files[i].ending + 1);
		if (write_temporary(temporary[i], files[i].bytes, files[i].len,
		                    err) < 0)
			return -1;
	}
	for (size_t i = 0; i < 3; i++) {
		const char *path = arena_printf(&arena, "%s/pack/%s%s", dir,
		                                name, files[i].ending);
		if (rename(temporary[i], path) < 0)
			return error_errno(err, errno,
			                   "could not create \"%s\"", path);
	}
	return dir_sync(arena_printf(&arena, "%s/pack", dir), err);
}

int pack_write(const char *dir, struct pack_item *items, size_t count,
               char ret_name[PACK_NAME_BYTES], struct error *err)
{
	auto_buf struct buf pack = buf_make(PACK_BYTES);
	auto_buf struct buf index = buf_make(PACK_BYTES);
	auto_free struct placed *placed = mem_zalloc(count, sizeof(*placed));
	auto_free char *folder = mem_printf("%s/pack", dir);
	char name[PACK_NAME_BYTES] = "pack-";
	struct oid checksum;

	assert(count > 0 && count <= INT32_MAX);
	qsort(items, count, sizeof(*items), by_name);
	fill_pack(&pack, items, count, placed);
	if (buf_check(&pack, "a pack", err) < 0)
		return -1;
	const char *end = pack.at + pack.len - SHA1_BYTES;
	fill_index(&index, items, count, placed, end);
	if (buf_check(&index, "the index of a pack", err) < 0 ||
	    dir_make(folder, err) < 0)
		return -1;
	memcpy(checksum.bytes, end, sizeof(checksum.bytes));
	oid_to_text(&checksum, name + strlen(name));
	struct pack_file files[] = {
		{ ".keep", KEEP_TEXT, strlen(KEEP_TEXT) },
		{ ".pack", pack.at, pack.len },
		{ ".idx", index.at, index.len },
	};
	if (write_files(dir, name, files, err) < 0)
		return error_wrap(err, "could not write a pack");
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

/* ---- Rolling ------------------------------------------------------------- */

struct own_pack {
	const char *name; /* "pack-…" */
	size_t bytes;
};

struct own_packs {
	struct arena arena;
	struct own_pack *items;
	size_t count;
};

static void clear_packs(struct own_packs *packs)
{
	arena_clear(&packs->arena);
}

static bool is_ours(const char *dir, const char *keep)
{
	auto_free char *path = mem_printf("%s/pack/%s", dir, keep);
	auto_buf struct buf text = buf_make(strlen(KEEP_TEXT));
	auto_error struct error ignored = { 0 };

	return file_read(path, &text, &ignored) == 0 &&
	       strcmp(text.at, KEEP_TEXT) == 0;
}

static void add_own(const char *dir, const char *keep, struct own_packs *packs)
{
	size_t len = strlen(keep) - strlen(".keep");
	char *name = arena_strndup(&packs->arena, keep, len);
	auto_free char *index = mem_printf("%s/pack/%s.idx", dir, name);
	auto_free char *pack = mem_printf("%s/pack/%s.pack", dir, name);
	struct stat file;

	if (!file_exists(index) || stat(pack, &file) < 0 || !is_ours(dir, keep))
		return;
	packs->items = arena_grow(&packs->arena, packs->items, packs->count,
	                          sizeof(*packs->items));
	packs->items[packs->count++] = (struct own_pack){
		.name = name,
		.bytes = (size_t)file.st_size,
	};
}

static int by_size(const void *a, const void *b)
{
	const struct own_pack *left = a;
	const struct own_pack *right = b;

	return (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

static size_t count_keeps(DIR *dir)
{
	const struct dirent *entry;
	size_t count = 0;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
	while ((entry = readdir(dir)))
		count += text_ends(entry->d_name, ".keep");
	rewinddir(dir);
	return count;
}

/* Those of ours, by size; none unless there may be more than `most`. */
static void list_own(const char *dir, size_t most, struct own_packs *ret)
{
	auto_free char *path = mem_printf("%s/pack", dir);
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (folder && count_keeps(folder) > most) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): our own listing */
		while ((entry = readdir(folder)))
			if (text_starts(entry->d_name, "pack-") &&
			    text_ends(entry->d_name, ".keep"))
				add_own(dir, entry->d_name, ret);
	}
	if (folder)
		(void)closedir(folder); /* was only read */
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_size);
}

/* How many of the smallest make one. */
static size_t choose(const struct own_packs *packs)
{
	size_t total = 0;
	size_t i = 0;

	for (; i < packs->count; i++) {
		size_t bytes = packs->items[i].bytes;

		if (i >= packs->count / 2 && bytes > 2 * total)
			break;
		if (total + bytes > ROLL_BYTES)
			break;
		total += bytes;
	}
	return i;
}

struct gathering {
	struct odb *odb;
	struct arena *arena;
	struct pack_item *items;
	size_t count;
};

static int gather_one(void *state, const struct oid *oid, struct error *err)
{
	struct gathering *all = state;
	struct pack_item item = { .oid = *oid };
	char *bytes;
	char text[OID_TEXT_BYTES];

	item.type = odb_read(all->odb, oid, ROLL_BYTES, &bytes, &item.len);
	if (item.type == OBJECT_NONE) {
		oid_to_text(oid, text);
		return error_set(err, ERR_CORRUPT,
		                 "could not read the object %s", text);
	}
	auto_free char *own = bytes;
	item.bytes = arena_strndup(all->arena, own, item.len);
	all->items =
	        arena_grow(all->arena, all->items, all->count, sizeof(item));
	all->items[all->count++] = item;
	return 0;
}

/* One of two neighbours of the same name goes. */
static void drop_twins(struct gathering *all)
{
	size_t kept = 0;

	if (all->count == 0)
		return;
	qsort(all->items, all->count, sizeof(*all->items), by_name);
	for (size_t i = 1; i < all->count; i++)
		if (!oid_equal(&all->items[kept].oid, &all->items[i].oid))
			all->items[++kept] = all->items[i];
	all->count = kept + 1;
}

/* The index first: without it, git does not look at the pack. */
static void remove_pack(const char *dir, const char *name)
{
	static const char *const endings[] = { ".idx", ".pack", ".keep" };

	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		auto_free char *path =
		        mem_printf("%s/pack/%s%s", dir, name, endings[i]);
		(void)unlink(path); /* what stays is there twice */
	}
}

/* All objects of the first `count` packs, each once. */
static int gather(const char *dir, const struct own_packs *packs, size_t count,
                  struct gathering *all, struct error *err)
{
	int rc = 0;

	all->odb = odb_open(dir);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = odb_each(all->odb, packs->items[i].name, gather_one, all,
		              err);
	odb_close(all->odb);
	drop_twins(all);
	return rc;
}

/* Read back from a store that has not seen the pack yet. */
static int verify(const char *dir, const char *name, struct error *err)
{
	struct odb *odb = odb_open(dir);
	int rc = odb_check(odb, name, err);

	odb_close(odb);
	return rc;
}

int pack_roll(const char *dir, size_t most, struct error *err)
{
	CLEANUP(clear_packs) struct own_packs packs = { 0 };
	struct gathering all = { .arena = &packs.arena };
	char name[PACK_NAME_BYTES];

	list_own(dir, most, &packs);
	size_t count = packs.count > most ? choose(&packs) : 0;
	if (count < 2)
		return 0;
	if (gather(dir, &packs, count, &all, err) < 0 || all.count == 0 ||
	    pack_write(dir, all.items, all.count, name, err) < 0 ||
	    verify(dir, name, err) < 0)
		return -1;
	FAULT("pack.rolled");
	/* One of them may have held all that the others did. */
	for (size_t i = 0; i < count; i++)
		if (!text_equal(packs.items[i].name, name))
			remove_pack(dir, packs.items[i].name);
	return 1;
}
