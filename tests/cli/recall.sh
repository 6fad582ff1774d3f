# recall asks memory as a step would.

company
ask recall price of a day
ask recall "price of a day" --project acme
ask recall calendar -p acme -q
ask recall calendar -p acme --json
ask recall xylophone
ask recall "spreadsheet AND (nothing"
ask recall ""
ask recall calendar -p nobody
ask recall calendar -p ../org
ask recall calendar --at nowhere
git tag before
git rm -q -r memory
commit "Forget"
ask recall calendar
ask recall calendar -p acme --at before
