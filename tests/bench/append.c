/*
 * append EVENTS EACH FOLDER: the bare program that nothing which keeps its
 * journal in git through libgit2 can be faster than. EVENTS events of 200 bytes,
 * EACH of them as the message of one commit with an empty tree on
 * refs/heads/bare, all flushed (libgit2's fsync of the repository) before the
 * next one is begun. For every second event a mail is put into FOLDER.
 */
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	EVENT = 200
};

static int failed(const char *what)
{
	const git_error *error = git_error_last();

	fprintf(stderr, "append: %s: %s\n", what, error ? error->message : "?");
	git_libgit2_shutdown();
	return 1;
}

static char *message(long first, long count)
{
	char *text = malloc((size_t)count * EVENT + 1);

	if (!text)
		exit(1);
	memset(text, 'e', (size_t)count * EVENT);
	for (long i = 0; i < count; i++) {
		char *event = text + i * EVENT;
		int len = snprintf(event, EVENT, "{\"event\":%ld,", first + i);
		event[len] = '"';
		event[EVENT - 1] = '\n';
	}
	text[count * EVENT] = '\0';
	return text;
}

static int flush(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int error = file < 0 || fsync(file) < 0;

	if (file >= 0)
		close(file);
	return error;
}

static int mail(const char *folder, long number)
{
	char temporary[4096];
	char path[4096];

	snprintf(temporary, sizeof(temporary), "%s/%ld.tmp", folder, number);
	snprintf(path, sizeof(path), "%s/%ld.eml", folder, number);
	FILE *file = fopen(temporary, "we");
	if (!file)
		return -1;
	fprintf(file, "To: a@example.com\nSubject: %ld\n\nHello\n", number);
	int error = fflush(file) || fsync(fileno(file));
	error |= fclose(file);
	return error || rename(temporary, path) || flush(folder);
}

/* One commit behind `tip`, which it becomes. */
static int append(git_repository *repo, git_odb *odb, git_tree *tree,
                  git_signature *who, git_oid *tip, char *text)
{
	git_commit *parent = NULL;
	git_reference *ref = NULL;
	git_buf bytes = { 0 };
	git_oid id;
	int count = !git_oid_is_zero(tip);

	int error = count ? git_commit_lookup(&parent, repo, tip) : 0;
	const git_commit *parents[] = { parent };
	if (!error)
		error = git_commit_create_buffer(&bytes, repo, who, who, NULL,
		                                 text, tree, (size_t)count,
		                                 parents);
	if (!error)
		error = git_odb_write(&id, odb, bytes.ptr, bytes.size,
		                      GIT_OBJECT_COMMIT);
	if (!error)
		error = git_reference_create_matching(&ref, repo,
		                                      "refs/heads/bare", &id, 1,
		                                      tip, "append");
	*tip = id;
	git_reference_free(ref);
	git_commit_free(parent);
	git_buf_dispose(&bytes);
	return error;
}

int main(int argc, char **argv)
{
	long events = argc > 1 ? atol(argv[1]) : 0;
	long each = argc > 2 ? atol(argv[2]) : 1;
	const char *folder = argc > 3 ? argv[3] : NULL;
	git_repository *repo;
	git_odb *odb;
	git_tree *tree;
	git_treebuilder *builder;
	git_signature *who;
	git_oid id;
	git_oid tip = { 0 };

	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	if (git_repository_open(&repo, ".") || git_repository_odb(&odb, repo) ||
	    git_treebuilder_new(&builder, repo, NULL) ||
	    git_treebuilder_write(&id, builder) ||
	    git_tree_lookup(&tree, repo, &id) ||
	    git_signature_now(&who, "bench", "bench@example.com"))
		return failed("open");
	for (long i = 0; i < events; i += each) {
		char *text = message(i, each < events - i ? each : events - i);
		if (append(repo, odb, tree, who, &tip, text))
			return failed("append");
		free(text);
		for (long k = i; folder && k < i + each && k < events; k++)
			if (k % 2 == 0 && mail(folder, k))
				return failed("mail");
	}
	git_signature_free(who);
	git_treebuilder_free(builder);
	git_tree_free(tree);
	git_odb_free(odb);
	git_repository_free(repo);
	git_libgit2_shutdown();
	return 0;
}
