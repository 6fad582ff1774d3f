/*
 * The file, in the machine's own byte order and with its own sizes:
 *
 *	head    what follows, and its hash
 *	body    the structs and texts; a pointer is an offset in the body
 *	moves   a bit for each word of the body: whether it is such a pointer
 *	fixes   (place, name) of each pointer to a kind: both offsets in the
 *body maps    the offset of each map whose members have an index
 *
 * Writing walks over the structs by their layouts, with a list of what is still
 * to be copied, so that nothing recurses. What two pointers have in common is
 * copied once, and of equal texts there is one.
 *
 * Reading adds the body's address to each pointer. All offsets were written by
 * this program, as the hash says; they are looked at nevertheless.
 */
#include "engine/job/image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job/layout.h"
#include "store/base/alloc.h"

#define MAGIC      "reeveimg"
#define WORD_BYTES sizeof(uint64_t)
#define WORD_BITS  64

struct head {
	char magic[8];
	struct hash stamp;
	struct hash sum; /* of all that follows the head, and of the stamp */
	uint64_t body_len;
	uint64_t fix_count;
	uint64_t map_count;
	uint64_t root; /* where the job is */
};

struct fix {
	uint64_t at;
	uint64_t name;
};

_Static_assert(sizeof(struct head) % WORD_BYTES == 0, "the body is aligned");
_Static_assert(sizeof(void *) == WORD_BYTES, "a pointer is a word");

/* ---- What was copied already --------------------------------------------- */

/* A struct, known by its address and layout; or a text, by its bytes. */
struct known {
	const void *from; /* NULL: free */
	const struct layout *of;
	size_t len; /* of a text */
	size_t at;
};

/* Open addressing, at most half full. */
struct knowns {
	struct known *slots;
	size_t size; /* a power of two */
	size_t count;
};

static size_t spread(uint64_t hash)
{
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash ^ hash >> 32);
}

static size_t hash_of(const void *from, const struct layout *of, size_t len)
{
	const unsigned char *byte = from;
	uint64_t hash = UINT64_C(14695981039346656037);

	if (of)
		return spread((uintptr_t)from ^ (uintptr_t)of << 1);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
	return spread(hash);
}

static bool is_known(const struct known *slot, const void *from,
                     const struct layout *of, size_t len)
{
	if (of)
		return slot->from == from && slot->of == of;
	return !slot->of && slot->len == len &&
	       memcmp(slot->from, from, len) == 0;
}

static struct known *look_up(const struct knowns *knowns, const void *from,
                             const struct layout *of, size_t len)
{
	size_t mask = knowns->size - 1;
	size_t i = hash_of(from, of, len) & mask;

	while (knowns->slots[i].from &&
	       !is_known(&knowns->slots[i], from, of, len))
		i = (i + 1) & mask;
	return &knowns->slots[i];
}

static void make_room(struct knowns *knowns)
{
	struct knowns more = { .size = knowns->size ? knowns->size * 2 : 1024 };

	if (knowns->count * 2 < knowns->size)
		return;
	more.slots = mem_zalloc(more.size, sizeof(*more.slots));
	for (size_t i = 0; i < knowns->size; i++) {
		const struct known *old = &knowns->slots[i];
		if (old->from)
			*look_up(&more, old->from, old->of, old->len) = *old;
	}
	more.count = knowns->count;
	free(knowns->slots);
	*knowns = more;
}

/* ---- Writing ------------------------------------------------------------- */

/* What is still to be copied to `at`. */
struct task {
	const char *from;
	const struct layout *of;
	size_t left;
	size_t at;
};

struct writer {
	struct buf body;
	struct knowns knowns;
	struct task *tasks;
	size_t task_count;
	size_t *moves; /* offsets of pointers in the body */
	size_t move_count;
	struct fix *fixes;
	size_t fix_count;
	uint64_t *maps;
	size_t map_count;
};

static void writer_clear(struct writer *writer)
{
	buf_clear(&writer->body);
	free(writer->knowns.slots);
	free(writer->tasks);
	free(writer->moves);
	free(writer->fixes);
	free(writer->maps);
}

/* Zeroed room in the body, at a word. Nothing is copied once it is full. */
static size_t make_place(struct writer *writer, size_t len)
{
	size_t at = writer->body.len;

	buf_pad(&writer->body, '\0',
	        (len + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES);
	return at;
}

static void put(struct writer *writer, size_t at, const void *bytes, size_t len)
{
	if (!writer->body.over && len > 0)
		memcpy(writer->body.at + at, bytes, len);
}

static void point(struct writer *writer, size_t at, size_t to)
{
	put(writer, at, &to, sizeof(to));
	writer->moves = mem_grow(writer->moves, writer->move_count,
	                         sizeof(*writer->moves));
	writer->moves[writer->move_count++] = at;
}

/* Where the copy of it is, or is going to be: 1 when it is new. */
static bool find_place(struct writer *writer, const void *from,
                       const struct layout *of, size_t len, size_t *ret)
{
	make_room(&writer->knowns);
	struct known *slot = look_up(&writer->knowns, from, of, len);
	bool is_new = !slot->from;

	if (is_new) {
		*slot = (struct known){
			from, of, len, make_place(writer, of ? len : len + 1)
		};
		writer->knowns.count++;
	}
	*ret = slot->at;
	return is_new;
}

static size_t put_text(struct writer *writer, const char *text, size_t len)
{
	size_t at;

	if (find_place(writer, text, NULL, len, &at))
		put(writer, at, text, len);
	return at;
}

static void add_task(struct writer *writer, const struct task *task)
{
	writer->tasks = mem_grow(writer->tasks, writer->task_count,
	                         sizeof(*writer->tasks));
	writer->tasks[writer->task_count++] = *task;
}

static size_t put_array(struct writer *writer, const void *from,
                        const struct layout *of, size_t count, size_t size)
{
	struct task task = { .from = from, .of = of, .left = count };

	if (find_place(writer, from, of, size, &task.at))
		add_task(writer, &task);
	return task.at;
}

/* Of a map the room is what it has, so that nothing is kept for more. */
static size_t put_members(struct writer *writer, const struct layout_row *row,
                          const void *members, size_t count, size_t map_at)
{
	unsigned room = (unsigned)count;
	size_t size = value_members_size(count);
	uint64_t map = map_at;

	put(writer, map_at + offsetof(struct value, room), &room, sizeof(room));
	if (size > count * row->of->size) {
		writer->maps = mem_grow(writer->maps, writer->map_count,
		                        sizeof(*writer->maps));
		writer->maps[writer->map_count++] = map;
	}
	return put_array(writer, members, row->of, count, size);
}

static void put_kind(struct writer *writer, const struct step_kind *kind,
                     size_t at)
{
	struct fix fix = { at,
		           put_text(writer, kind->name, strlen(kind->name)) };

	writer->fixes = mem_grow(writer->fixes, writer->fix_count,
	                         sizeof(*writer->fixes));
	writer->fixes[writer->fix_count++] = fix;
}

/* Copy what the row points to, as many as `count`, for the copy at `at`. */
static size_t put_target(struct writer *writer, const struct layout_row *row,
                         const void *target, size_t count, size_t at)
{
	switch (row->kind) {
	case LAYOUT_BYTES:
		return put_text(writer, target, count);
	case LAYOUT_ONE:
		return put_array(writer, target, row->of, 1, row->of->size);
	case LAYOUT_MANY:
		return put_array(writer, target, row->of, count,
		                 size_mul(count, row->of->size));
	case LAYOUT_MEMBERS:
		return put_members(writer, row, target, count, at);
	case LAYOUT_TEXT:
	case LAYOUT_KIND:
	case LAYOUT_PLAIN:
	case LAYOUT_END:
		break;
	}
	return put_text(writer, target, strlen(target));
}

static bool is_counted(const struct layout_row *row)
{
	return row->kind == LAYOUT_MANY || row->kind == LAYOUT_MEMBERS;
}

static void put_row(struct writer *writer, const struct task *task,
                    const struct layout_row *row)
{
	static const char *const nothing = NULL;
	const void *target;
	size_t count = 0;

	if (row->kind == LAYOUT_PLAIN)
		return;
	memcpy(&target, task->from + row->at, sizeof(target));
	memcpy(&count, task->from + row->count_at, sizeof(count));
	if (!target || (is_counted(row) && count == 0))
		put(writer, task->at + row->at, &nothing, sizeof(nothing));
	else if (row->kind == LAYOUT_KIND)
		put_kind(writer, target, task->at + row->at);
	else
		point(writer, task->at + row->at,
		      put_target(writer, row, target, count, task->at));
}

/* The first of the task's structs; the others later, behind all it points to.
 */
static void copy(struct writer *writer, const struct task *task)
{
	const struct layout *of = task->of;
	struct task others = {
		.from = task->from + of->size,
		.of = of,
		.left = task->left - 1,
		.at = task->at + of->size,
	};

	if (others.left > 0)
		add_task(writer, &others);
	put(writer, task->at, task->from, of->size);
	if (of->choose)
		of = of->choose(task->from);
	for (const struct layout_row *row = of->rows; row->kind != LAYOUT_END;
	     row++)
		put_row(writer, task, row);
}

static void copy_all(struct writer *writer)
{
	while (writer->task_count > 0 && !writer->body.over) {
		struct task task = writer->tasks[--writer->task_count];

		copy(writer, &task);
	}
}

static size_t words_of(size_t body_len)
{
	return (body_len / WORD_BYTES + WORD_BITS - 1) / WORD_BITS;
}

/* What follows the head. */
static void add_sections(const struct writer *writer, struct buf *ret)
{
	size_t words = words_of(writer->body.len);
	auto_free uint64_t *bits = mem_zalloc(words + 1, sizeof(*bits));

	for (size_t i = 0; i < writer->move_count; i++) {
		size_t word = writer->moves[i] / WORD_BYTES;
		bits[word / WORD_BITS] |= UINT64_C(1) << word % WORD_BITS;
	}
	buf_add(ret, writer->body.at, writer->body.len);
	buf_add(ret, bits, words * WORD_BYTES);
	buf_add(ret, writer->fixes, writer->fix_count * sizeof(struct fix));
	buf_add(ret, writer->maps, writer->map_count * WORD_BYTES);
}

static struct hash sum_of(const struct hash *stamp, const void *bytes,
                          size_t len)
{
	static const struct hash_secret none = { { 0 } };
	struct hasher *hasher = hasher_new(&none, "image");

	hasher_bytes(hasher, stamp, sizeof(*stamp));
	hasher_bytes(hasher, bytes, len);
	return hasher_finish(hasher);
}

void image_write(const struct job *job, const struct hash *stamp,
                 struct buf *ret)
{
	CLEANUP(writer_clear) struct writer writer = { 0 };
	struct head head = { .magic = MAGIC, .stamp = *stamp };
	size_t begin = ret->len;

	writer.body = buf_make(ret->max);
	head.root = put_array(&writer, job, &layout_job, 1, layout_job.size);
	copy_all(&writer);
	head.body_len = writer.body.len;
	head.fix_count = writer.fix_count;
	head.map_count = writer.map_count;
	ret->over |= writer.body.over;
	buf_add(ret, &head, sizeof(head));
	if (!ret->over)
		add_sections(&writer, ret);
	if (ret->over)
		return;
	size_t behind = begin + sizeof(head);
	head.sum = sum_of(stamp, ret->at + behind, ret->len - behind);
	memcpy(ret->at + begin, &head, sizeof(head));
}

/* ---- Reading ------------------------------------------------------------- */

struct image {
	struct buf bytes;
	const struct head *head;
	char *body;
	const uint64_t *moves;
	const struct fix *fixes;
	const uint64_t *maps;
	const struct language *language;
};

void image_close(struct image *image)
{
	if (!image)
		return;
	buf_clear(&image->bytes);
	free(image);
}

void image_close_auto(struct image **image)
{
	image_close(*image);
}

/* Whether the bytes are as many as the head says, and where they are. */
static bool find_sections(struct image *image)
{
	struct buf *bytes = &image->bytes;
	const struct head *head = (const void *)bytes->at;
	size_t most = bytes->len;

	if (bytes->len < sizeof(*head) ||
	    memcmp(head->magic, MAGIC, sizeof(head->magic)) != 0 ||
	    head->body_len > most || head->body_len % WORD_BYTES != 0 ||
	    head->fix_count > most || head->map_count > most)
		return false;
	size_t words = words_of(head->body_len);
	image->head = head;
	image->body = bytes->at + sizeof(*head);
	image->moves = (const void *)(image->body + head->body_len);
	image->fixes = (const void *)(image->moves + words);
	image->maps = (const void *)(image->fixes + head->fix_count);
	return bytes->len == sizeof(*head) + head->body_len +
	                             words * WORD_BYTES +
	                             head->fix_count * sizeof(struct fix) +
	                             head->map_count * WORD_BYTES;
}

static bool is_within(const struct image *image, uint64_t at, size_t size)
{
	return at % WORD_BYTES == 0 && size <= image->head->body_len &&
	       at <= image->head->body_len - size;
}

static bool move_word(struct image *image, size_t word)
{
	char *at = image->body + word * WORD_BYTES;
	uint64_t to;
	char *moved;

	memcpy(&to, at, sizeof(to));
	if (!is_within(image, to, WORD_BYTES) ||
	    word >= image->head->body_len / WORD_BYTES)
		return false;
	moved = image->body + to;
	memcpy(at, &moved, sizeof(moved));
	return true;
}

static bool move_all(struct image *image)
{
	size_t words = words_of(image->head->body_len);

	for (size_t i = 0; i < words; i++) {
		uint64_t bits = image->moves[i];

		for (; bits; bits &= bits - 1) {
			size_t bit = (size_t)__builtin_ctzll(bits);

			if (!move_word(image, i * WORD_BITS + bit))
				return false;
		}
	}
	return true;
}

/* Most steps are of one kind: the last one that was found is tried first. */
static bool fix_kinds(struct image *image)
{
	const struct step_kind *kind = NULL;
	uint64_t last = UINT64_MAX;

	for (size_t i = 0; i < image->head->fix_count; i++) {
		struct fix fix = image->fixes[i];

		if (!is_within(image, fix.at, WORD_BYTES) ||
		    !is_within(image, fix.name, WORD_BYTES))
			return false;
		if (fix.name != last)
			kind = language_kind(image->language,
			                     image->body + fix.name);
		if (!kind)
			return false;
		last = fix.name;
		memcpy(image->body + fix.at, &kind, sizeof(const void *));
	}
	return true;
}

static bool index_maps(struct image *image)
{
	for (size_t i = 0; i < image->head->map_count; i++) {
		if (!is_within(image, image->maps[i], sizeof(struct value)))
			return false;
		value_members_moved((void *)(image->body + image->maps[i]));
	}
	return true;
}

static bool is_written(const struct image *image, const struct hash *stamp)
{
	const struct head *head = image->head;
	struct hash sum =
	        sum_of(stamp, image->body, image->bytes.len - sizeof(*head));

	return memcmp(&head->stamp, stamp, sizeof(*stamp)) == 0 &&
	       memcmp(&head->sum, &sum, sizeof(sum)) == 0;
}

struct image *image_open(struct buf *bytes, const struct hash *stamp,
                         const struct language *language)
{
	auto_image struct image *image = mem_zalloc(1, sizeof(*image));

	image->bytes = *bytes;
	*bytes = buf_make(bytes->max);
	image->language = language;
	if (!find_sections(image) || !is_written(image, stamp) ||
	    !is_within(image, image->head->root, sizeof(struct job)) ||
	    !move_all(image) || !fix_kinds(image) || !index_maps(image))
		return NULL;
	return steal(&image);
}

const struct job *image_job(const struct image *image)
{
	return (const void *)(image->body + image->head->root);
}
