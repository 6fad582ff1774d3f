/*
 * Gives a fuzzer the files that are named, and the beginnings of each: what is
 * cut short is the most common of all mistakes.
 */
#include <stdio.h>

#include "store/base/alloc.h"
#include "store/base/fd.h"
#include "tests/fuzz/fuzz.h"

/* Exactly so many bytes, with nothing behind them, so that a sanitizer sees
 * who reads on. */
static void give(const char *bytes, size_t len)
{
	auto_free char *copy = mem_zalloc(len ? len : 1, 1);

	memcpy(copy, bytes, len);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)copy, len);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		auto_buf struct buf file = buf_make(LIMIT_YAML_FILE);
		auto_error struct error err = { 0 };

		if (file_read(argv[i], &file, &err) < 0) {
			fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		size_t step = file.len / 16 + 1;
		for (size_t len = 0; len < file.len; len += step)
			give(file.at, len);
		give(file.at, file.len);
	}
	return argc < 2;
}
