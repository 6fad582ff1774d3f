/*
 * What is on a disk for sure, kept as it becomes so, for whoever wants to know
 * what a power cut would leave.
 *
 * When a process calls fsync(2), its folder gets one file more, FOLDER/NUMBER:
 * the bytes of the file, or, of a directory, a line "INODE TYPE NAME" for each
 * entry; and the file FOLDER/log a line "file|dir INODE NUMBER MODE".
 */
#ifndef FAULT_DURABLE_H
#define FAULT_DURABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Before the process `pid`, which stands still, syncs its descriptor `fd`: that
 * alone, or all that is below. */
bool durable_note(const char *folder, pid_t pid, uint64_t fd, bool below);

#endif
