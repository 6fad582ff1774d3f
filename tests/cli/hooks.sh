# Hooks keep what was there, run it first, and leave no trace.

repository
printf '#!/bin/sh\necho mine "$@" >>ran\n' | put .git/hooks/post-commit
chmod +x .git/hooks/post-commit

reeve hooks status
reeve hooks install
reeve hooks install -q
# Without a journal the tick that it starts has nothing to do; here it is not
# started at all, and the owner's own hook runs.
put note <<<"one"
REEVE_HOOK=1 commit "One"
cat ran
reeve hooks uninstall
cat .git/hooks/post-commit
ls .git/hooks | grep -v sample

git config core.hooksPath ../elsewhere
reeve hooks install
echo "-> $?"
git config core.hooksPath own
reeve hooks install --json | grep -c '"state": "installed"'
ls own
