# Completion of reeve for bash.

# The words that complete a command's arguments, by what they name.
_reeve_words() {
	case $1 in
	runs)
		git for-each-ref --format='%(refname:lstrip=4)' \
			refs/heads/reeve/draft 2>/dev/null | sed 's/\.[0-9]*$//'
		;;
	all-runs)
		reeve status 2>/dev/null | awk '{ print $2 "-" $1 }'
		;;
	jobs)
		(cd "$(git rev-parse --show-toplevel)/jobs" &&
			ls -- *.yaml) 2>/dev/null | sed 's/\.yaml$//'
		;;
	job-steps)
		sed -n 's/^ *- *{* *id: *\([a-z0-9_]*\).*/\1/p' \
			"$(git rev-parse --show-toplevel)/jobs/$2.yaml" 2>/dev/null
		;;
	words)
		reeve show 2>/dev/null | awk '{ print $1 }' | sort -u
		;;
	steps)
		reeve status "$2" 2>/dev/null | awk '/^  [a-z]/ { print $1 }'
		;;
	esac
}

_reeve() {
	local word=${COMP_WORDS[COMP_CWORD]}
	local command=${COMP_WORDS[1]} words=
	local commands="adopt approve cancel check doctor emit explain help hooks init log names
		rebuild recall reject release replay resolve retry review rewind run schema show status test tick try
		undo why"

	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$commands --help --json --quiet --version"
	elif [[ $word == -* ]]; then
		words="--help --json --quiet"
		case $command in
		approve) words+=" --no-tick" ;;
		init) words+=" --template --offline" ;;
		recall) words+=" --at --project" ;;
		cancel) words+=" --message --undo" ;;
		reject) words+=" --message" ;;
		resolve) words+=" --all --done --failed --message --result --retry" ;;
		run) words+=" --all --plan" ;;
		tick) words+=" --all --offline --plan" ;;
		retry) words+=" --with" ;;
		rewind) words+=" --to --again --with" ;;
		test) words+=" --from-run" ;;
		try) words+=" --answer --at" ;;
		esac
	else
		case $command:$COMP_CWORD in
		approve:2 | reject:2 | review:2) words=$(_reeve_words runs) ;;
		status:2 | log:2 | cancel:2 | replay:2 | resolve:2 | retry:2 | rewind:2 | undo:2 | explain:2) words=$(_reeve_words all-runs) ;;
		explain:3 | resolve:3) words=$(_reeve_words steps "${COMP_WORDS[2]}") ;;
		names:3) words=$(_reeve_words job-steps "${COMP_WORDS[2]}") ;;
		run:2 | try:2 | names:2) words=$(_reeve_words jobs) ;;
		hooks:2) words="install status uninstall" ;;
		show:2) words=$(_reeve_words words) ;;
		schema:2) words="agent job workspace" ;;
		help:2) words=$commands ;;
		why:* | init:* | run:* | test:* | try:*) compopt -o default ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _reeve reeve
