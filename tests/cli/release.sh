# release says what becomes of the many runs that one commit would start.

company
put jobs/filed.yaml <<'END'
version: 1
name: filed
on: { commit: { paths: ["inbox/*.txt"], with: { what: "{{trigger.path}}" } } }
inputs: { what: { type: path, required: true } }
steps:
  - id: name
    let: { text: inputs.what }
END
commit "A job for each file"
tick
for i in $(seq 11 32); do
	echo "$i" >"inbox/$i.txt"
done
commit "22 files"
held=$(git rev-parse --short=12 HEAD)
ask tick
ask release filed 1234
ask release filled "$held"
ask release filed "$(git rev-parse --short=12 HEAD~1)"
ask release --drop filed "$held"
ask release filed "$held"
ask tick
for i in $(seq 41 62); do
	echo "$i" >"inbox/$i.txt"
done
commit "22 more"
ask release -q filed "$(git rev-parse --short=12 HEAD)"
ask release filed
