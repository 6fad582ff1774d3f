/*
 * Attributes of the compiler, spelled once.
 *
 * Nothing but macros: every attribute that reeve uses appears in the code by
 * one of these names, so that a third compiler is one file of work.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* A printf-like function: the format is argument `f`, values begin at `a`. */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* The result is owned by the caller and released by `fn`; gcc then warns of
 * double and wrong releases. Declare `fn` above the prototype. Not said to gcc
 * 12's analyzer (`make lint` defines ANALYZED for it): where `fn` itself is
 * seen, it takes the call for the release, and all that `fn` does after for a
 * use after it. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(ANALYZED)
#define FREED_BY(fn) __attribute__((malloc(fn, 1)))
#else
#define FREED_BY(fn)
#endif

/* The variable is handed to `fn` (by address) when it leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define UNUSED      __attribute__((unused))
#define NORETURN    __attribute__((noreturn))
#define FALLTHROUGH __attribute__((fallthrough))

/* A function for processors that have these instructions; one that the loader
 * binds to what the function `by` gives; and that function, which runs before
 * any sanitizer does. */
#define FOR_CPU(features) __attribute__((target(features)))
#define CHOSEN_BY(by)     __attribute__((ifunc(by)))
#define BEFORE_MAIN       __attribute__((no_sanitize("address", "undefined")))

/* A function that a call of exec leaves, on a stack that is used again: nobody
 * takes back what a sanitizer marks there. */
#define LEFT_BY_EXEC __attribute__((no_sanitize("address")))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Hand out what an auto_ variable holds, leaving it empty. */
#define steal(pointer)                                                         \
	__extension__({                                                        \
		__typeof__(pointer) steal_from_ = (pointer);                   \
		__typeof__(*(pointer)) stolen_ = *steal_from_;                 \
		*steal_from_ = NULL;                                           \
		stolen_;                                                       \
	})

#endif
