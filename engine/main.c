/*
 * reeve: runs a one-person company from a Git repository.
 */
#include "engine/cmd/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
