/*
 * libcurl is found by the name that it has kept since 2006, and stays loaded
 * until the process ends: the libraries below it do not like to be unloaded.
 *
 * It allocates through us, so that what it frees is overwritten before: headers
 * with secrets pass through many hands in it.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "engine/io/http_private.h"
#include "store/base/alloc.h"

#define LIBRARY "libcurl.so.4"

/* ---- Memory -------------------------------------------------------------- */

static void *allocate(size_t size)
{
	return mem_alloc(size);
}

static void *allocate_zeroed(size_t count, size_t size)
{
	return mem_zalloc(count, size);
}

static void wipe_and_free(void *pointer)
{
	if (pointer)
		explicit_bzero(pointer, malloc_usable_size(pointer));
	free(pointer);
}

static void *reallocate(void *pointer, size_t size)
{
	size_t had = pointer ? malloc_usable_size(pointer) : 0;
	void *moved = mem_alloc(size);

	if (had)
		memcpy(moved, pointer, had < size ? had : size);
	wipe_and_free(pointer);
	return moved;
}

static char *duplicate(const char *text)
{
	return mem_strdup(text);
}

/* ---- Loading ------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t offset;
} functions[] = {

#define CURL_ROW(name) { "curl_" #name, offsetof(struct curl, name) },
	CURL_FUNCTIONS(CURL_ROW)
#undef CURL_ROW
};

static int fail(struct error *err)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *why = dlerror();

	error_set(err, ERR_SYSTEM, "could not load libcurl: %s",
	          why ? why : "it is too old");
	return error_hint(err, "Install it; on Debian it is libcurl4.");
}

int curl_load(struct curl *ret, struct error *err)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return fail(err);
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);
		if (!function)
			return fail(err);
		memcpy((char *)ret + functions[i].offset, &function,
		       sizeof(function));
	}
	if (ret->global_init_mem(CURL_GLOBAL_DEFAULT, allocate, wipe_and_free,
	                         reallocate, duplicate,
	                         allocate_zeroed) != CURLE_OK)
		return error_set(err, ERR_SYSTEM, "could not start libcurl");
	return 0;
}
