# A program that is an effect, and what it cannot be.

repository
reeve init -q
mkdir jobs
# act LINE...: the keys of the one step of a job, and what check says of it.
act() {
	cat >jobs/act.yaml <<-'END2'
		version: 1
		name: act
		on: { manual: true }
		may: [local.run, net.run]
		steps:
		  - id: review
		    gate: { title: "Do it?" }
		  - id: act
	END2
	printf '    %s\n' "$@" >>jobs/act.yaml
	ask check -q
}

act 'run: { argv: [notify, "{{run.date}}"], effect: true }' \
	'env: { A: b }' 'once: "{{run.date}}"' 'retry: 2' 'timeout: 1m' \
	'undo: { call: local.run, with: { script: "forget it" } }'
act 'run: { argv: [a], effect: true, pure: true }'
act 'run: { argv: [a], network: true, pure: true }'
act 'run: { argv: [a], effect: false, network: false, pure: true }'
act 'run: { argv: [a, "{{out}}"], effect: true }'
act 'run: { script: "a {{run.date}}", effect: true }'
act 'run: { argv: [a], script: a, network: true }'
act 'run: { argv: [a], effect: true, env: [a] }'
act 'run: { argv: [a], effect: true }' 'cache: 1h' 'artifact: a.md' \
	'with: { a: b }'
act 'run: { argv: [a] }' 'once: a' 'undo: { call: local.run }'
act 'call: local.run' 'with: { script: "a {{run.date}}", network: true }'
act 'run: { argv: [a], effect: true }' \
	'undo: { call: net.run, with: { script: "a {{act}}" } }'
act 'run: { argv: [a], effect: true }' '  '
sed -i '/gate/d; /review/d' jobs/act.yaml
ask check -q
sed -i 's/^may.*/may: { local.run: 1 }/; s/effect: true/network: true/' \
	jobs/act.yaml
ask check -q
echo 'policy: [{ effect: "*.run", then: auto }]' >>reeve.yaml
act 'run: { argv: [a], effect: true }' \
	'- { id: review2, gate: { title: More? } }' \
	'- { id: next, run: { argv: [b, "{{act}}"], effect: true } }'
sed -i 's/^    - /  - /' jobs/act.yaml
sed -i '/^policy/d' reeve.yaml
ask check -q
sed -i '/review2/d' jobs/act.yaml
ask check -q
ask show local.run
