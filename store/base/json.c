/*
 * json-c reads the grammar and builds its own tree, which is then turned into
 * values. json_scan() has been over the text before, because json-c, even when
 * strict, takes more than JSON: NaN, 01, control characters in strings, half
 * of a surrogate pair. It also limits whole numbers to their nearest 64 bits
 * and replaces the member of a duplicate name, both without a word. Duplicates
 * show by the count: the tree then has fewer members than the text has names.
 */
#include "store/base/json.h"

#include <json-c/json.h>
#include <string.h>

#include "store/base/json_scan.h"
#include "store/base/limits.h"

struct conversion {
	struct arena *arena;
	size_t names;
};

static void free_tokener(struct json_tokener **tokener)
{
	if (*tokener != NULL)
		json_tokener_free(*tokener);
}

static void free_object(struct json_object **object)
{
	json_object_put(*object);
}

#define auto_tokener CLEANUP(free_tokener)
#define auto_object  CLEANUP(free_object)

static struct value *convert(struct conversion *conversion,
                             struct json_object *object);

static struct value *convert_list(struct conversion *conversion,
                                  struct json_object *object)
{
	struct value *list = value_list(conversion->arena);
	size_t count = json_object_array_length(object);

	for (size_t i = 0; i < count; i++)
		value_list_add(conversion->arena, list,
		               convert(conversion,
		                       json_object_array_get_idx(object, i)));
	return list;
}

static struct value *convert_map(struct conversion *conversion,
                                 struct json_object *object)
{
	struct value *map = value_map(conversion->arena);
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);

	while (!json_object_iter_equal(&at, &end)) {
		struct value *value =
		        convert(conversion, json_object_iter_peek_value(&at));

		value_map_set(conversion->arena, map,
		              json_object_iter_peek_name(&at), value);
		conversion->names++;
		json_object_iter_next(&at);
	}
	return map;
}

/* No deeper than the text was: json_scan() has counted the levels. */
static struct value *convert(struct conversion *conversion,
                             struct json_object *object)
{
	struct arena *arena = conversion->arena;

	switch (json_object_get_type(object)) {
	case json_type_null:
		return value_null(arena);
	case json_type_boolean:
		return value_bool(arena, json_object_get_boolean(object));
	case json_type_int:
	case json_type_double:
		/* json-c keeps a double's source text; of a whole number,
		 * JSON has only one spelling. */
		return value_number(arena,
		                    json_object_to_json_string_ext(
		                            object, JSON_C_TO_STRING_PLAIN));
	case json_type_string:
		return value_bytes(arena, json_object_get_string(object),
		                   (size_t)json_object_get_string_len(object));
	case json_type_array:
		return convert_list(conversion, object);
	case json_type_object:
		return convert_map(conversion, object);
	}
	return value_null(arena);
}

static int syntax_error(struct json_tokener *tokener, const char *name,
                        const char *bytes, size_t len, struct error *err)
{
	enum json_tokener_error code = json_tokener_get_error(tokener);
	struct pos pos =
	        json_pos(bytes, len, json_tokener_get_parse_end(tokener));

	if (code == json_tokener_continue ||
	    code == json_tokener_error_parse_eof)
		return error_at(err, ERR_CONFIG, name,
		                json_pos(bytes, len, len),
		                "the JSON ends too early");
	return error_at(err, ERR_CONFIG, name, pos, "this is not JSON: %s",
	                json_tokener_error_desc(code));
}

/* json-c's tree of the whole text. */
static int parse(const char *name, const char *bytes, size_t len,
                 struct json_object **ret, struct error *err)
{
	auto_tokener struct json_tokener *tokener =
	        json_tokener_new_ex(LIMIT_JSON_DEPTH + 1);

	if (tokener == NULL)
		return error_set(err, ERR_SYSTEM,
		                 "could not read %s: out of memory", name);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
	                                        JSON_TOKENER_VALIDATE_UTF8);
	*ret = json_tokener_parse_ex(tokener, bytes, (int)len);
	/* A number ends only with the byte behind it. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		*ret = json_tokener_parse_ex(tokener, "\n", 1);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		return syntax_error(tokener, name, bytes, len, err);
	return 0;
}

struct value *json_parse(struct arena *arena, const char *name,
                         const char *bytes, size_t len, struct error *err)
{
	struct conversion conversion = { .arena = arena };
	auto_object struct json_object *tree = NULL;
	struct value *value;
	size_t names = 0;

	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3; /* a byte order mark, as RFC 8259 permits */
		len -= 3;
	}
	if (len > LIMIT_DATA_FILE) {
		(void)error_at(err, ERR_CONFIG, name, (struct pos){ 1, 1 },
		               "the JSON is longer than %u bytes",
		               LIMIT_DATA_FILE);
		return NULL;
	}
	if (json_scan(name, bytes, len, &names, err) < 0 ||
	    parse(name, bytes, len, &tree, err) < 0)
		return NULL;
	value = convert(&conversion, tree);
	if (conversion.names != names) {
		(void)error_at(err, ERR_CONFIG, name, (struct pos){ 1, 1 },
		               "an object has two members of the same name");
		return NULL;
	}
	return value;
}
