# init makes what is missing, writes over nothing, and refuses what it cannot
# make a workspace of.

ask init one
ask init one
ask check
cd one
git log --oneline --all --format='%D: %s'
git status --short
ask check
ask init
cat .gitignore reeve.yaml
cd ..

# A folder with files of the owner's.
mkdir two
echo "mine" >two/README
echo "*.tmp" >two/.gitignore
mkdir two/jobs
echo "mine" >two/jobs/billing.yaml
ask init --template consultant two
ask init -t consultant two
cat two/.gitignore two/jobs/billing.yaml
rm two/jobs/billing.yaml
ask init two
find two -type f -not -path '*/.git/*' | sort
ask init two --json

# A template on top of a workspace brings what it lacks.
ask init --template=consultant one -q
ask init one --template=consultant

# What is refused changes nothing.
ask init --template shop three
ask init one two
ls
echo "mine" >file
ask init file
git init -q --bare bare.git
ask init bare.git
cd one
git add -A
git commit -q -m "Begin"
git switch -q --detach
ask init
git switch -q main
git update-ref -d refs/heads/reeve/journal
git branch reeve
ask init
git branch

# A clone takes the journal that its remote has.
cd ..
git -C two add -A
git -C two commit -q -m "Begin"
git clone -q two clone 2>/dev/null
ask init clone
git -C clone rev-parse reeve/journal origin/reeve/journal | uniq | wc -l
