/*
 * Which program is running: for what is kept from one run of it to the next
 * and would be read otherwise by another build.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stdbool.h>

#include "store/base/compiler.h"
#include "store/base/hash.h"

/* The same for the same file as long as nobody has touched it. False: it
 * cannot be told. */
bool program_hash(struct hash *ret) MUST_CHECK;

#endif
