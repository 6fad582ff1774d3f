# run starts one run by hand, with inputs that are checked first.

company
ask run proposal brief=inbox/intake/acme.yaml
brief acme
ask run proposal
ask run proposal brief
ask run proposal =inbox/intake/acme.yaml
ask run proposal breif=inbox/intake/acme.yaml
ask run proposal brief=inbox/intake/amce.yaml
ask run proposal brief=../acme.yaml
ask run propsal brief=inbox/intake/acme.yaml
ask run
ask status
ask run proposal brief=inbox/intake/acme.yaml
ask run proposal brief=inbox/intake/acme.yaml --json
