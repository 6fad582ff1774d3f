# The command line is read by its tables, and every mistake says what to do.

ask --version
ask --help
ask help review
ask recall --help
ask help reviw
ask stauts
ask status --jsn
ask status -x
ask --nonsense
ask status one two
ask review
ask log --json=3
ask recall --at
ask hooks instal
ask -- stauts
