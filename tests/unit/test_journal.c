#include "tests/unit/fixture_journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/base/limits.h"

/* ---- A sink that remembers ---- */

/* What it was given: "TYPE MARK" a line, and how often it ended. */
struct reader {
	struct journal_sink sink;
	struct buf seen;
	struct journal_place last;
	struct oid tip;
	int ends;
	bool refuses;
};

static int read_event(void *state, const struct event *event,
                      const struct journal_place *place, struct error *err)
{
	struct reader *reader = state;

	if (reader->refuses)
		return error_set(err, ERR_SYSTEM, "the reader is full");
	reader->last = *place;
	buf_printf(&reader->seen, "%s %s\n", event->type_text,
	           value_get_text(event->data, "mark", "-"));
	return 0;
}

static int read_end(void *state, const struct oid *tip, struct error *err)
{
	struct reader *reader = state;

	(void)err;
	reader->tip = *tip;
	reader->ends++;
	return 0;
}

static void reader_follow(struct reader *reader, struct journal *journal)
{
	*reader = (struct reader){
		.sink = { .event = read_event, .end = read_end },
		.seen = buf_make(1 << 20),
	};
	reader->sink.state = reader;
	journal_follow(journal, &reader->sink, &fixture_zero);
}

static void reader_close(struct reader *reader)
{
	buf_clear(&reader->seen);
}

#define auto_reader CLEANUP(reader_close)

static void mark(struct books *books, const char *text)
{
	const char *json =
	        arena_printf(&books->git.arena, "{\"mark\":\"%s\"}", text);

	books_add(books, EVENT_STEP_FINISHED, json);
}

static const char *git(struct books *books, const char *command)
{
	return fixture_run(&books->git, command);
}

/* `count` bytes of 'x' as a member of `data`. */
static void set_long(struct books *books, struct value *data, const char *name,
                     size_t count)
{
	struct arena *arena = &books->git.arena;
	auto_buf struct buf text = buf_make(count);

	buf_pad(&text, 'x', count);
	value_map_set(arena, data, name, value_bytes(arena, text.at, text.len));
}

/* ---- The root ---- */

static void test_journal__begins_once(void **state)
{
	auto_books struct books books;
	const struct journal_root *root;
	struct oid owner = fixture_oid("1111111111111111111111111111111111111"
	                               "111");

	UNUSED_STATE(state);
	books_prepare(&books);
	struct error *err = &books.git.err;
	fixture_failed(&books.git, journal_root(books.journal, &root, err),
	               ERR_STATE);
	fixture_ok(&books.git,
	           journal_create(books.journal, "trunk", &owner, err));
	struct oid tip = books_tip(&books);
	fixture_failed(&books.git,
	               journal_create(books.journal, "main", NULL, err),
	               ERR_CONFLICT);

	auto_journal struct journal *other = books_journal(&books);
	fixture_failed(&books.git, journal_create(other, "main", NULL, err),
	               ERR_CONFLICT);
	assert_int_equal(journal_pending(other), 0);
	fixture_ok(&books.git, journal_root(other, &root, err));
	assert_string_equal(root->branch, "trunk");
	assert_true(oid_equal(&root->tip, &owner));
	assert_true(oid_equal(&root->commit, &tip));
	const struct journal_root *mine;
	fixture_ok(&books.git, journal_root(books.journal, &mine, err));
	assert_memory_equal(&mine->secret, &root->secret, sizeof(root->secret));
	assert_string_equal(git(&books, "git rev-list --count reeve/journal"),
	                    "1");
	fixture_fsck(&books.git);
}

/* Processes that begin at once; `start` is read before, so that they meet. */
static int begin(struct books *books, int start)
{
	struct error err = { 0 };
	auto_repo struct repo *repo = repo_open(books->git.dir, &err);
	char byte;

	if (!repo)
		return 9;
	auto_journal struct journal *journal =
	        journal_open(repo, &books->clock, "reeve/test", &err);
	if (read(start, &byte, 1) != 0)
		return 8;
	if (journal_create(journal, "main", NULL, &err) == 0)
		return 0;
	int code = err.code == ERR_CONFLICT ? 1 : 7;
	if (code == 7)
		(void)fprintf(stderr, "%s\n", err.message);
	error_clear(&err);
	return code;
}

static void test_journal__one_of_two_creators_wins(void **state)
{
	enum {
		CREATORS = 4
	};

	UNUSED_STATE(state);
	for (int round = 0; round < 5; round++) {
		auto_books struct books books;
		pid_t pids[CREATORS];
		int won = 0;
		int gate[2];

		books_prepare(&books);
		assert_int_equal(pipe(gate), 0);
		for (size_t i = 0; i < CREATORS; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				(void)close(gate[1]);
				_exit(begin(&books, gate[0]));
			}
		}
		(void)close(gate[0]);
		(void)close(gate[1]);
		for (size_t i = 0; i < CREATORS; i++) {
			int status;
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFEXITED(status));
			assert_in_range(WEXITSTATUS(status), 0, 1);
			won += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(won, 1);
		assert_string_equal(
		        git(&books, "git rev-list --count reeve/journal"), "1");
	}
}

static void test_journal__without_one_says_what_to_do(void **state)
{
	auto_books struct books books;
	const struct journal_root *root;

	UNUSED_STATE(state);
	books_prepare(&books);
	assert_int_equal(journal_root(books.journal, &root, &books.git.err),
	                 -1);
	assert_int_equal(books.git.err.code, ERR_STATE);
	assert_non_null(strstr(books.git.err.hint, "reeve init"));
}

/* ---- Appending ---- */

static void test_journal__what_is_acknowledged_is_there(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;
	auto_reader struct reader late;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	mark(&books, "one");
	mark(&books, "two");
	assert_int_equal(journal_pending(books.journal), 2);
	assert_string_equal(reader.seen.at, "");
	books_flush(&books);
	assert_int_equal(journal_pending(books.journal), 0);
	assert_string_equal(reader.seen.at, "journal.started -\n"
	                                    "step.finished one\n"
	                                    "step.finished two\n");
	struct oid tip = books_tip(&books);
	assert_true(oid_equal(&reader.tip, &tip));
	assert_true(oid_equal(journal_cursor(books.journal), &tip));

	/* Nothing added, nothing new: nothing happens. */
	int ends = reader.ends;
	books_flush(&books);
	assert_int_equal(reader.ends, ends);
	assert_string_equal(git(&books, "git rev-list --count reeve/journal"),
	                    "2");

	auto_journal struct journal *other = books_journal(&books);
	reader_follow(&late, other);
	fixture_ok(&books.git, journal_catch_up(other, &books.git.err));
	assert_string_equal(late.seen.at, reader.seen.at);
	fixture_fsck(&books.git);
}

static void test_journal__is_a_straight_line(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	for (int i = 0; i < 5; i++) {
		mark(&books, "x");
		books_flush(&books);
	}
	assert_string_equal(git(&books, "git rev-list --parents reeve/journal "
	                                "| awk '{ print NF }' | sort | uniq -c "
	                                "| awk '{ print $1 \":\" $2 }'"),
	                    "1:1\n5:2");
	/* Only that reference was made, and nothing else was touched. */
	assert_string_equal(
	        git(&books, "git for-each-ref --format='%(refname)'"),
	        "refs/heads/reeve/journal");
	assert_string_equal(git(&books, "git symbolic-ref HEAD; "
	                                "git status --porcelain -uno"),
	                    "refs/heads/main");
}

static void test_journal__a_message_is_a_subject_and_lines(void **state)
{
	auto_books struct books books;
	const char *subject =
	        "proposal 7k2fq0ab: a subject that is a good deal "
	        "longer than one line of a log may be";

	UNUSED_STATE(state);
	books_open(&books);
	mark(&books, "one\\ntwo");
	mark(&books, "three");
	fixture_ok(&books.git,
	           journal_flush(books.journal, subject, &books.git.err));
	const char *message = git(&books, "git cat-file commit reeve/journal | "
	                                  "sed '1,/^$/d'");
	assert_int_equal(strcspn(message, "\n"), LIMIT_SUBJECT);
	assert_int_equal(strncmp(message, subject, LIMIT_SUBJECT), 0);
	assert_int_equal(strncmp(message + LIMIT_SUBJECT, "\n\n{", 3), 0);
	const char *line = message + LIMIT_SUBJECT + 2;
	int lines = 0;
	for (; line && *line; lines++) {
		auto_arena struct arena arena = { 0 };
		size_t len = strcspn(line, "\n");
		if (!event_parse(&arena, line, len, &books.git.err))
			fail_msg("%s", books.git.err.message);
		line = line[len] ? line + len + 1 : NULL;
	}
	assert_int_equal(lines, 2);
	assert_string_equal(git(&books, "git log -1 --format='%an <%ae> %cn "
	                                "<%ce>' reeve/journal"),
	                    "reeve <reeve@localhost> reeve <reeve@localhost>");
}

/* Three members of `count` bytes: the line is longer than three times that. */
static void add_wide(struct books *books, const char *text, size_t count)
{
	struct value *data = value_map(&books->git.arena);

	value_map_text(&books->git.arena, data, "mark", text);
	set_long(books, data, "a", count);
	set_long(books, data, "b", count);
	set_long(books, data, "c", count);
	(void)journal_add(books->journal, EVENT_STEP_FINISHED, "r/s", data);
}

static void test_journal__a_long_batch_is_more_commits(void **state)
{
	enum {
		EVENTS = 200
	};
	auto_books struct books books;
	auto_reader struct reader reader;
	auto_buf struct buf wanted = buf_make(1 << 16);

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	buf_add_text(&wanted, "journal.started -\n");
	for (int i = 0; i < EVENTS; i++) {
		auto_free char *text = mem_printf("%03d", i);

		add_wide(&books, text, 900);
		buf_printf(&wanted, "step.finished %s\n", text);
	}
	books_flush(&books);
	assert_string_equal(reader.seen.at, wanted.at);
	/* 200 lines of 2.9 KiB into messages of 256 KiB. */
	assert_string_equal(git(&books, "git rev-list --count reeve/journal"),
	                    "4");
	const char *longest =
	        git(&books, "git rev-list reeve/journal | "
	                    "while read -r c; do git cat-file commit $c | "
	                    "sed '1,/^$/d' | wc -c; done | sort -n | tail -1");
	assert_in_range(atoi(longest), LIMIT_MESSAGE / 2, LIMIT_MESSAGE);
	fixture_fsck(&books.git);
}

/* ---- Long members ---- */

static const struct event *last_event(struct books *books,
                                      const struct reader *reader)
{
	const struct event *event =
	        journal_event_at(books->journal, &books->git.arena,
	                         &reader->last, &books->git.err);

	if (!event)
		fail_msg("%s", books->git.err.message);
	return event;
}

static const struct value *member(struct books *books,
                                  const struct event *event, const char *name)
{
	struct value *value = NULL;

	fixture_ok(&books->git,
	           journal_member(books->git.repo, &books->git.arena,
	                          event->data, name, &value, &books->git.err));
	return value;
}

static void test_journal__long_members_are_blobs(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	struct arena *arena = &books.git.arena;
	struct value *data = books_data(&books, "{\"short\":[1,2]}");
	struct value *list = value_list(arena);
	for (int i = 0; i < 500; i++)
		value_list_add(arena, list, value_number(arena, "1.50"));
	value_map_set(arena, data, "list", list);
	set_long(&books, data, "text", 5000);
	set_long(&books, data, "limit", LIMIT_EVENT_FIELD - 2);
	set_long(&books, data, "over", LIMIT_EVENT_FIELD - 1);
	(void)journal_add(books.journal, EVENT_STEP_FINISHED, "r/s", data);
	books_flush(&books);

	const struct event *event = last_event(&books, &reader);
	assert_non_null(value_path(event->data, "list.$blob"));
	assert_non_null(value_path(event->data, "text.$blob"));
	assert_non_null(value_path(event->data, "over.$blob"));
	assert_int_equal(value_get(event->data, "limit")->kind, VALUE_STRING);
	for (size_t i = 0; i < data->length; i++)
		assert_row(i, value_equal(member(&books, event,
		                                 data->members[i].name),
		                          data->members[i].value));
	assert_null(member(&books, event, "nothing"));

	/* The commit's tree holds them under their names. */
	assert_string_equal(
	        git(&books, "git ls-tree -r --format='%(path)' reeve/journal | "
	                    "sort"),
	        git(&books, "git log -1 --format=%B reeve/journal | "
	                    "grep -o 'blob\":\"[0-9a-f]*' | "
	                    "sed 's,blob\":\",blobs/,' | sort"));
	assert_string_equal(git(&books, "git ls-tree -r reeve/journal | wc -l"),
	                    "3");
}

/* Many members that are long together go into blobs until the line fits. */
static void test_journal__a_line_has_a_limit(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	struct arena *arena = &books.git.arena;
	struct value *data = value_map(arena);
	for (int i = 0; i < 30; i++)
		set_long(&books, data, arena_printf(arena, "m%d", i),
		         200 + (size_t)i);
	(void)journal_add(books.journal, EVENT_STEP_FINISHED, "r/s", data);
	books_flush(&books);
	assert_in_range(strlen(git(&books, "git log -1 --format=%b "
	                                   "reeve/journal")),
	                1000, LIMIT_EVENT_LINE);
	const struct event *event = last_event(&books, &reader);
	for (size_t i = 0; i < data->length; i++)
		assert_row(i, value_equal(member(&books, event,
		                                 data->members[i].name),
		                          data->members[i].value));
}

/* What cannot be written at all stays an error: the rest of the batch may
 * rest on it. */
static void test_journal__an_event_over_the_limit_stops_it(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	struct oid tip = books_tip(&books);
	struct arena *arena = &books.git.arena;
	struct value *data = value_map(arena);
	for (int i = 0; i < 100; i++)
		set_long(&books, data, arena_printf(arena, "m%d", i), 200);
	(void)journal_add(books.journal, EVENT_STEP_FINISHED, "r/s", data);
	mark(&books, "after it");
	for (int i = 0; i < 2; i++) {
		fixture_failed(&books.git,
		               journal_flush(books.journal, "too long",
		                             &books.git.err),
		               ERR_LIMIT);
		struct oid now = books_tip(&books);
		assert_true(oid_equal(&now, &tip));
	}
}

/* A value that looks like a stand-in is not taken for one. */
static void test_journal__a_stand_in_cannot_be_forged(void **state)
{
	static const char *const cases[] = {
		"{\"output\":{\"$blob\":\"nonsense\"}}",
		"{\"output\":{\"$blob\":"
		"\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"}}",
		"{\"output\":{\"$blob\":"
		"\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\",\"json\":true}}",
		"{\"output\":{\"$blob\":7,\"more\":[]}}",
	};
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		books_add(&books, EVENT_STEP_FINISHED, cases[i]);
		books_flush(&books);
		const struct value *wanted =
		        value_get(books_data(&books, cases[i]), "output");
		const struct event *event = last_event(&books, &reader);
		assert_row(i, value_equal(member(&books, event, "output"),
		                          wanted));
	}
}

static void test_journal__a_lost_blob_is_named(void **state)
{
	auto_books struct books books;
	struct value *value;

	UNUSED_STATE(state);
	books_open(&books);
	const struct value *data = books_data(
	        &books, "{\"output\":{\"$blob\":"
	                "\"1111111111111111111111111111111111111111\"}}");
	assert_int_equal(journal_member(books.git.repo, &books.git.arena, data,
	                                "output", &value, &books.git.err),
	                 -1);
	assert_non_null(strstr(books.git.err.message, "11111111"));
	error_clear(&books.git.err);
	data = books_data(&books, "{\"output\":{\"$blob\":\"nonsense\"}}");
	fixture_failed(&books.git,
	               journal_member(books.git.repo, &books.git.arena, data,
	                              "output", &value, &books.git.err),
	               ERR_CORRUPT);
}

/* What is kept is reachable from the branch, so that gc leaves it. */
static void test_journal__pins_outlive_gc(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	struct oid tree =
	        fixture_tree(&books.git, NULL, "jobs/a.yaml", "steps: []\n");
	journal_keep(books.journal, "pins/run1", &tree, 040000);
	journal_keep(books.journal, "library/x", &tree, 040000);
	add_wide(&books, "one", 2000);
	books_flush(&books);
	mark(&books, "two");
	books_flush(&books);
	(void)git(&books, "git -c gc.reflogExpire=now "
	                  "-c gc.pruneExpire=now gc -q --prune=now");
	assert_string_equal(git(&books, "git show reeve/journal^:"
	                                "pins/run1/jobs/a.yaml; git show "
	                                "reeve/journal^:library/x/jobs/a.yaml"),
	                    "steps: []\nsteps: []");
	assert_string_equal(git(&books, "git show reeve/journal^:"
	                                "$(git ls-tree -r --name-only "
	                                "reeve/journal^ | grep blobs/) | "
	                                "wc -c"),
	                    "2000");
	/* The next commit keeps nothing of its own. */
	assert_string_equal(git(&books, "git ls-tree reeve/journal"), "");
	fixture_fsck(&books.git);
}

/* ---- Others ---- */

static void test_journal__others_come_first_and_in_order(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;
	auto_reader struct reader other_reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	auto_journal struct journal *other = books_journal(&books);
	reader_follow(&other_reader, other);
	for (int i = 0; i < 3; i++) {
		struct value *data = value_map(&books.git.arena);
		value_map_text(&books.git.arena, data, "mark", "theirs");
		(void)journal_add(other, EVENT_STEP_FINISHED, NULL, data);
		fixture_ok(&books.git,
		           journal_flush(other, "theirs", &books.git.err));
	}
	mark(&books, "mine");
	books_flush(&books);
	assert_string_equal(reader.seen.at, "journal.started -\n"
	                                    "step.finished theirs\n"
	                                    "step.finished theirs\n"
	                                    "step.finished theirs\n"
	                                    "step.finished mine\n");
	fixture_ok(&books.git, journal_catch_up(other, &books.git.err));
	assert_string_equal(other_reader.seen.at, reader.seen.at);
}

enum {
	WRITERS = 4,
	TURNS = 25
};

/* One writer: TURNS flushes, and what it saw into the file seen-N. */
static int write_turns(struct books *books, int n, int start)
{
	struct error err = { 0 };
	auto_reader struct reader reader;
	auto_arena struct arena arena = { 0 };
	char byte;
	auto_repo struct repo *repo = repo_open(books->git.dir, &err);
	auto_journal struct journal *journal =
	        journal_open(repo, &books->clock, "reeve/test", &err);

	reader_follow(&reader, journal);
	if (read(start, &byte, 1) != 0)
		return 2;
	for (int i = 0; i < TURNS; i++) {
		struct value *data = value_map(&arena);
		value_map_text(&arena, data, "mark",
		               arena_printf(&arena, "%d-%02d", n, i));
		(void)journal_add(journal, EVENT_STEP_FINISHED, NULL, data);
		if (journal_flush(journal, "turn", &err) < 0) {
			(void)fprintf(stderr, "%s\n", err.message);
			return 1;
		}
	}
	const char *path =
	        arena_printf(&arena, "%s/seen-%d", books->git.dir, n);
	return file_replace(path, reader.seen.at, reader.seen.len, 0600, &err) <
	       0;
}

static void start_writers(struct books *books, pid_t pids[WRITERS])
{
	int gate[2];

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			(void)close(gate[1]);
			_exit(write_turns(books, i, gate[0]));
		}
	}
	(void)close(gate[0]);
	(void)close(gate[1]);
}

/* All events of all writers, each writer's in its order; and every writer saw
 * the beginning of the very same line. */
static void test_journal__writers_do_not_lose_events(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;
	pid_t pids[WRITERS];
	int next[WRITERS] = { 0 };

	UNUSED_STATE(state);
	books_open(&books);
	start_writers(&books, pids);
	for (size_t i = 0; i < WRITERS; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	reader_follow(&reader, books.journal);
	fixture_ok(&books.git, journal_catch_up(books.journal, &books.git.err));
	const char *at = reader.seen.at + strcspn(reader.seen.at, "\n") + 1;
	for (int i = 0; i < WRITERS * TURNS; i++) {
		int n;
		int turn;
		assert_int_equal(
		        sscanf(at, "step.finished %1d-%2d\n", &n, &turn), 2);
		assert_int_equal(turn, next[n]++);
		at += strlen("step.finished 0-00\n");
	}
	assert_string_equal(at, "");
	for (int i = 0; i < WRITERS; i++) {
		auto_buf struct buf seen = buf_make(1 << 20);
		const char *path = arena_printf(&books.git.arena, "%s/seen-%d",
		                                books.git.dir, i);
		fixture_ok(&books.git, file_read(path, &seen, &books.git.err));
		assert_row(i, text_starts(reader.seen.at, seen.at));
	}
	assert_string_equal(git(&books, "git rev-list --count --max-parents=1 "
	                                "reeve/journal"),
	                    "101");
	fixture_fsck(&books.git);
}

/* ---- What goes wrong ---- */

static int count_of(const char *text, const char *word)
{
	int count = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		count++;
	return count;
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full at ever later points of an append: nothing is acknowledged
 * that is not there, and nothing that was added is lost. */
static void test_journal__a_full_disk_loses_nothing(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;
	int failures = 0;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	(void)signal(SIGXFSZ, SIG_IGN);
	for (rlim_t bytes = 0; bytes < 2000; bytes += 50) {
		const char *text = arena_printf(&books.git.arena, "at-%lu;",
		                                (unsigned long)bytes);
		struct oid before = books_tip(&books);

		/* The one file that only grows. */
		(void)git(&books, "rm -rf .git/logs");
		limit_files(bytes);
		add_wide(&books, text, 1500 + bytes);
		int rc = journal_flush(books.journal, text, &books.git.err);
		limit_files(RLIM_INFINITY);
		struct oid after = books_tip(&books);
		if (rc < 0) {
			failures++;
			assert_row(bytes, books.git.err.code == ERR_SYSTEM);
			error_clear(&books.git.err);
			/* Either it waits, or it is there. */
			assert_row(
			        bytes,
			        journal_pending(books.journal) ==
			                (oid_equal(&before, &after) ? 1 : 0));
			assert_row(bytes, !count_of(reader.seen.at, text));
			books_flush(&books);
		}
		assert_row(bytes, journal_pending(books.journal) == 0);
		assert_row(bytes, count_of(reader.seen.at, text) == 1);
		const struct value *a =
		        member(&books, last_event(&books, &reader), "a");
		assert_row(bytes, a && a->length == 1500 + bytes);
	}
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_in_range(failures, 10, 30);
	fixture_fsck(&books.git);
}

/* The sink's failure is no failure of the append. */
static void test_journal__a_sink_that_failed_is_given_the_rest(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	fixture_ok(&books.git, journal_catch_up(books.journal, &books.git.err));
	struct oid stood = *journal_cursor(books.journal);
	mark(&books, "one");
	reader.refuses = true;
	fixture_failed(&books.git,
	               journal_flush(books.journal, "one", &books.git.err),
	               ERR_SYSTEM);
	assert_int_equal(journal_pending(books.journal), 0);
	assert_true(oid_equal(journal_cursor(books.journal), &stood));
	reader.refuses = false;
	books_flush(&books);
	assert_string_equal(reader.seen.at,
	                    "journal.started -\nstep.finished one\n");
}

static void test_journal__a_rewritten_one_is_refused(void **state)
{
	static const char *const rewrites[] = {
		/* An older tip, as from a backup. */
		"git update-ref refs/heads/reeve/journal reeve/journal~1",
		"git update-ref refs/heads/reeve/journal reeve/journal~3",
		/* The last commit amended, and one that others built on. */
		"git update-ref refs/heads/reeve/journal $(git commit-tree -p "
		"reeve/journal~1 -m 'a' reeve/journal^{tree})",
		"x=$(git commit-tree -p reeve/journal~2 -m a "
		"reeve/journal^{tree}) && git update-ref "
		"refs/heads/reeve/journal $(git commit-tree -p $x -m b "
		"reeve/journal^{tree})",
		/* Another history. */
		"git update-ref refs/heads/reeve/journal $(git commit-tree "
		"-m a reeve/journal^{tree})",
		/* Ours is only a second parent. */
		"git update-ref refs/heads/reeve/journal $(git commit-tree "
		"-p reeve/journal~1 -p reeve/journal -m a "
		"reeve/journal^{tree})",
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(rewrites); i++) {
		auto_books struct books books;
		const struct journal_root *root;

		books_open(&books);
		for (int n = 0; n < 3; n++) {
			mark(&books, "x");
			books_flush(&books);
		}
		struct oid had = books_tip(&books);
		(void)git(&books, rewrites[i]);
		struct oid now = books_tip(&books);
		mark(&books, "more");
		assert_row(i, journal_flush(books.journal, "more",
		                            &books.git.err) == -1);
		assert_row(i, books.git.err.code == ERR_STATE);
		assert_row(i, strstr(books.git.err.message,
		                     fixture_text(&books.git, had)));
		assert_row(i, strstr(books.git.err.message,
		                     fixture_text(&books.git, now)));
		error_clear(&books.git.err);
		assert_row(i, journal_pending(books.journal) == 1);

		/* A process that begins now sees it too. */
		auto_journal struct journal *other = books_journal(&books);
		fixture_failed(&books.git,
		               journal_root(other, &root, &books.git.err),
		               ERR_STATE);
		struct oid after = books_tip(&books);
		assert_row(i, oid_equal(&after, &now));

		/* The hint's command puts it right. */
		(void)git(&books,
		          arena_printf(&books.git.arena,
		                       "git update-ref " JOURNAL_REF " %s",
		                       fixture_text(&books.git, had)));
		books_flush(&books);
		assert_row(i, journal_pending(books.journal) == 0);
	}
}

/* A view that has seen what the journal no longer has, on a machine that has
 * witnessed nothing. */
static void test_journal__a_cursor_from_elsewhere_is_refused(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	mark(&books, "x");
	books_flush(&books);
	(void)git(&books, "rm .git/reeve/witness && git update-ref "
	                  "refs/heads/reeve/journal reeve/journal~1");
	fixture_failed(&books.git,
	               journal_catch_up(books.journal, &books.git.err),
	               ERR_STATE);
	assert_int_equal(count_of(reader.seen.at, "journal.started"), 1);
}

static void test_journal__a_missing_branch_is_refused(void **state)
{
	auto_books struct books books;

	UNUSED_STATE(state);
	books_open(&books);
	mark(&books, "x");
	books_flush(&books);
	struct oid had = books_tip(&books);
	(void)git(&books, "git update-ref -d refs/heads/reeve/journal");
	mark(&books, "y");
	const char *command = arena_printf(&books.git.arena,
	                                   "git update-ref " JOURNAL_REF " %s",
	                                   fixture_text(&books.git, had));
	for (int i = 0; i < 2; i++) {
		int rc = i ? journal_create(books.journal, "main", NULL,
		                            &books.git.err)
		           : journal_flush(books.journal, "y", &books.git.err);
		assert_row(i, rc == -1);
		assert_row(i, books.git.err.code == ERR_STATE);
		assert_row(i, strstr(books.git.err.message, "is gone"));
		assert_row(i, strstr(books.git.err.hint, command));
		error_clear(&books.git.err);
	}
	assert_string_equal(git(&books, "git for-each-ref"), "");
	(void)git(&books, command);
	books_flush(&books);
	assert_string_equal(git(&books, "git rev-list --count reeve/journal"),
	                    "3");
}

static void test_journal__packed_references_are_fine(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	for (int i = 0; i < 4; i++) {
		mark(&books, "x");
		books_flush(&books);
		(void)git(&books, i % 2 ? "git pack-refs --all"
		                        : "git gc -q --prune=now");
	}
	assert_int_equal(count_of(reader.seen.at, "step.finished x"), 4);
	assert_string_equal(git(&books, "git rev-list --count reeve/journal"),
	                    "5");
	fixture_fsck(&books.git);
}

/* Somebody removed, emptied or damaged the tip's object, and there is no spare:
 * nothing is built on it, by whoever has it in mind already or opens it now. */
static void test_journal__a_lost_tip_is_refused(void **state)
{
	static const char *const losses[] = {
		"rm -f \"$f\"",
		"chmod u+w \"$f\"; : >\"$f\"",
		("chmod u+w \"$f\"; printf x | dd of=\"$f\" bs=1 seek=9 "
		 "conv=notrunc 2>/dev/null"),
	};

	UNUSED_STATE(state);
	for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
		auto_books struct books books;

		books_open(&books);
		mark(&books, "x");
		books_flush(&books);
		struct oid tip = books_tip(&books);
		const char *id = fixture_text(&books.git, tip);
		(void)git(&books, arena_printf(&books.git.arena,
		                               "rm .git/reeve/tail; "
		                               "f=.git/objects/%.2s/%s; %s",
		                               id, id + 2, losses[i]));
		mark(&books, "y");
		assert_row(i, journal_flush(books.journal, "y",
		                            &books.git.err) == -1);
		error_clear(&books.git.err);
		assert_row(i, journal_pending(books.journal) == 1);

		auto_repo struct repo *repo =
		        repo_open(books.git.dir, &books.git.err);
		auto_journal struct journal *other = journal_open(
		        repo, &books.clock, "reeve/test", &books.git.err);
		(void)journal_add(other, EVENT_STEP_FINISHED, NULL,
		                  value_map(&books.git.arena));
		assert_row(i, journal_flush(other, "z", &books.git.err) == -1);
		error_clear(&books.git.err);
		struct oid now = books_tip(&books);
		assert_row(i, oid_equal(&now, &tip));
	}
}

static void test_journal__newer_events_stop_it(void **state)
{
	auto_books struct books books;
	auto_reader struct reader reader;

	UNUSED_STATE(state);
	books_open(&books);
	reader_follow(&reader, books.journal);
	(void)git(&books,
	          "printf 'new\n\n{\"specversion\":\"1.0\",\"id\":\"e\","
	          "\"source\":\"s\",\"type\":\"dev.reeve.budget.spent\","
	          "\"time\":\"2026-11-22T09:00:00Z\",\"data\":{\"v\":1}}\n' | "
	          "git commit-tree -p reeve/journal reeve/journal^{tree} | "
	          "xargs git update-ref refs/heads/reeve/journal");
	struct oid tip = books_tip(&books);
	mark(&books, "y");
	assert_int_equal(journal_flush(books.journal, "y", &books.git.err), -1);
	assert_int_equal(books.git.err.code, ERR_STATE);
	assert_non_null(strstr(books.git.err.message, "budget.spent"));
	assert_non_null(strstr(books.git.err.message, "event 1"));
	struct oid now = books_tip(&books);
	assert_true(oid_equal(&now, &tip));
}

/* ---- The noted root ------------------------------------------------------ */

static void root_is(struct books *books, const char *branch)
{
	struct journal *journal = books_journal(books);
	const struct journal_root *root = NULL;

	fixture_ok(&books->git, journal_root(journal, &root, &books->git.err));
	assert_string_equal(root->branch, branch);
	journal_close(journal);
}

static void test_journal__finds_its_root_whatever_is_noted(void **state)
{
	static const char *const notes[] = {
		"true",
		"rm -f .git/reeve/root",
		": >.git/reeve/root",
		"echo nonsense >.git/reeve/root",
		"git rev-parse reeve/journal >.git/reeve/root",
		"git rev-parse HEAD >.git/reeve/root",
		"git rev-parse HEAD^{tree} >.git/reeve/root",
		("echo 1111111111111111111111111111111111111111 "
		 ">.git/reeve/root"),
		"rm .git/reeve/root; mkdir .git/reeve/root",
		"rm .git/reeve/witness",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		auto_books struct books books;

		books_open(&books);
		(void)fixture_run(&books.git,
		                  "git -c user.name=n -c user.email=e@x "
		                  "commit -q --allow-empty -m 1");
		books_add(&books, EVENT_EVENT_EMITTED, "{}");
		books_flush(&books);
		root_is(&books, "main");
		(void)fixture_run(&books.git, "test -s .git/reeve/root");
		(void)fixture_run(&books.git, notes[i]);
		root_is(&books, "main");
	}
}

static void test_journal__forgets_the_root_of_another(void **state)
{
	auto_books struct books books;

	(void)state;
	books_open(&books);
	root_is(&books, "main");
	(void)fixture_run(&books.git,
	                  "git update-ref -d refs/heads/reeve/journal; "
	                  "rm .git/reeve/witness");
	struct journal *other = books_journal(&books);
	fixture_ok(&books.git,
	           journal_create(other, "trunk", NULL, &books.git.err));
	journal_close(other);
	root_is(&books, "trunk");
}

static void test_journal__gives_events_in_any_order(void **state)
{
	static const unsigned order[] = { 2, 0, 1, 1, 2, 0 };
	auto_books struct books books;

	(void)state;
	books_open(&books);
	for (int i = 0; i < 3; i++)
		books_add(&books, EVENT_EVENT_EMITTED,
		          arena_printf(&books.git.arena, "{\"i\":%d}", i));
	books_flush(&books);
	struct journal_place place = { .commit = books_tip(&books) };
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		place.line = order[i];
		const struct event *event =
		        journal_event_at(books.journal, &books.git.arena,
		                         &place, &books.git.err);
		assert_row(i, event != NULL);
		assert_row(i, value_get_int(event->data, "i", -1) == order[i]);
	}
	place.line = 3;
	assert_null(journal_event_at(books.journal, &books.git.arena, &place,
	                             &books.git.err));
	assert_int_equal(books.git.err.code, ERR_CORRUPT);
}

static void test_journal__rehearses_without_a_trace(void **state)
{
	auto_books struct books books;
	struct reader reader CLEANUP(reader_close);

	(void)state;
	books_open(&books);
	const char *before = git(&books, "git for-each-ref; "
	                                 "find .git/objects -type f | sort");
	journal_close(books.journal);
	books.journal = books_journal(&books);
	reader_follow(&reader, books.journal);
	journal_rehearse(books.journal);
	for (int i = 0; i < 2; i++) {
		mark(&books, i ? "second" : "first");
		books_flush(&books);
	}
	/* It is there for who rehearses, in its order. */
	assert_non_null(strstr(reader.seen.at, "first"));
	assert_non_null(strstr(strstr(reader.seen.at, "first"), "second"));
	assert_non_null(journal_event_at(books.journal, &books.git.arena,
	                                 &reader.last, &books.git.err));
	journal_close(books.journal);
	books.journal = books_journal(&books);
	assert_string_equal(before,
	                    git(&books, "git for-each-ref; "
	                                "find .git/objects -type f | sort"));
}
