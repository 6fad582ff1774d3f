/* YAML, and Markdown with YAML in front: what was read can be written, and is
 * read as the same again. */
#include "store/base/json.h"
#include "store/base/yaml.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error err = { 0 };
	auto_error struct error other = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_YAML_FILE);
	struct value *value =
	        yaml_parse(&arena, "f", (const char *)bytes, len, 1, &err);

	(void)!markdown_parse(&arena, "f", (const char *)bytes, len, &other);
	if (!value) {
		must(err.code && err.message);
		return 0;
	}
	error_clear(&err);
	if (yaml_write(&text, value, &err) < 0)
		return 0;
	struct value *again =
	        yaml_parse(&arena, "f", text.at, text.len, 1, &err);
	must(again != NULL);
	must(strcmp(json_canonical(&arena, value),
	            json_canonical(&arena, again)) == 0);
	return 0;
}
