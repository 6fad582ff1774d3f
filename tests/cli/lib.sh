# Words for the CLI tests; tests/run.sh reads this before each of them.

# repository: an empty one here, with its branch main.
repository() {
	git init -q .
}

# put FILE: standard input becomes the file, with the folders it needs.
put() {
	mkdir -p "$(dirname "$1")" && cat >"$1"
}

# commit SUBJECT: everything in the working tree.
commit() {
	git add -A && git commit -q -m "$1"
}
