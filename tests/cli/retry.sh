# retry goes on with a run that failed, and with no other.

company
put jobs/check.yaml <<'END'
version: 1
name: check
on: { manual: true }
steps:
  - id: fine
    let: { text: "'well'" }
  - id: broken
    run: { argv: [sh, -c, "echo not today >&2; exit 3"] }
  - id: after
    let: { text: broken }
END
commit "A job that fails"
ask run check
ask status "$(run_of check)"
ask retry "$(run_of check)"
ask log "$(run_of check)"
brief acme
tick
ask retry "$(run_of proposal)"
ask retry nothing
ask retry
