# rewind goes back to a step of a run, and says what stays done.

company
brief acme
tick
run=$(run_of proposal)
reeve approve -q "$run" >/dev/null
ask rewind "$run" --to review
ask rewind "$run" --to send --again send
ask log "$run"
ask rewind "$run" --to nothing
ask rewind "$run"
ask rewind nothing --to send
ask rewind
