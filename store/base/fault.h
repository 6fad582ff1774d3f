/*
 * Named places at which a test may end, stop or fail the program.
 *
 *	FAULT("append.ref");
 *	if (FAULT_FAILS("append.objects", err))
 *		return -1;
 *
 * A program that is built without FAULT_POINTS, as every release is, has
 * nothing of it. tests/fault/points lists all names with the command that gets
 * there; tests/fault/point.c is what happens at one.
 */
#ifndef STORE_BASE_FAULT_H
#define STORE_BASE_FAULT_H

#ifdef FAULT_POINTS

#include <stdbool.h>

#include "store/base/error.h"

/* Whether what goes on here is to fail; why is in `err`. */
bool fault_at(const char *name, struct error *err);
#define FAULT(name)            ((void)fault_at(name, NULL))
#define FAULT_FAILS(name, err) fault_at(name, err)

#else

#define FAULT(name)            ((void)0)
#define FAULT_FAILS(name, err) false

#endif
#endif
