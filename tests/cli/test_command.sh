# test tries the jobs as tests/*.yaml say, and makes such a file from a run.

company
brief acme
ask test
tick
ask approve "$(run_of proposal)" -q
ask test --from-run "proposal-$(run_of proposal)"
made=$(ls tests)
cat "tests/$made"
ask test --from-run "proposal-$(run_of proposal)"
ask test
git status --short

# The same, a slip in each line.
put tests/wrong.yaml <<'END'
job: proposal
inputs: { brief: inbox/intake/acme.yaml }
at: 2027-03-01
expect:
  state: failed
  effects:
    - { effect: email.send, to: tom@acme.example, subject: Proposal for Acme Instruments GmbH }
    - { effect: email.send }
  artifacts:
    projects/acme/proposal.md: This is not in there
    projects/acme/contract.md: Dear
    projects/acme/offer.md: null
END
put tests/short.yaml <<'END'
job: proposal
inputs: { brief: inbox/intake/acme.yaml }
at: 2027-03-01
expect:
  effects: []
  artifacts:
    projects/acme/proposal.md: null
END
put tests/broken.yaml <<'END'
job: proposal
inputs: { breif: inbox/intake/acme.yaml }
END
ask test
ask test tests/wrong.yaml --json
ask test "tests/$made" -q

# What is no test is said of all files, before any is tried.
put tests/short.yaml <<'END'
job: proposal
at: noon
expect:
  effects: email.send
  artifacts: { a.md: { has: text } }
END
put tests/broken.yaml <<'END'
jobs: proposal
expect: { state: over }
END
ask test
ask test tests/none.yaml
ask test --from-run nobody
ask test --from-run nobody tests/wrong.yaml
