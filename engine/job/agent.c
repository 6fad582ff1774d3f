/*
 * Declarations are checked by rows; the output's schema by schema.c.
 */
#include "engine/job/agent.h"

#include <string.h>

#include "store/base/text.h"
#include "store/base/yaml.h"

static const char *const tier_words[] = { "draft", "judge", NULL };

const struct field agent_fields[] = {
	{
	        .name = "version",
	        .type = FIELD_INT,
	        .min = 1,
	        .max = 1,
	        .otherwise = "1",
	        .help = "of this format",
	        .example = "1",
	},
	{
	        .name = "description",
	        .type = FIELD_TEXT,
	        .help = "what it is for, in one sentence",
	        .example = "Drafts a proposal from a brief.",
	},
	{
	        .name = "prompt",
	        .type = FIELD_PATH,
	        .required = true,
	        .help = "the template of what it is asked",
	        .example = "templates/prompts/proposal-writer.md",
	},
	{
	        .name = "system",
	        .type = FIELD_PATH,
	        .help = "the template of what it is told to be",
	        .example = "templates/prompts/voice.md",
	},
	{
	        .name = "offline",
	        .type = FIELD_PATH,
	        .required = true,
	        .help = "the template that answers when no model is configured",
	        .example = "templates/offline/proposal-writer.md",
	},
	{
	        .name = "output",
	        .type = FIELD_ANY,
	        .otherwise = "text",
	        .help = "text, or a JSON Schema of the fields of its answer",
	        .example = "{ type: object, properties: "
	                   "{ title: { type: string } } }",
	},
	{
	        .name = "tier",
	        .type = FIELD_WORD,
	        .words = tier_words,
	        .help = "which models it takes",
	        .example = "draft",
	},
	{ .name = "reads", .later = true, .help = "what memory it may read" },
	{ .name = "may", .later = true, .help = "effects it may propose" },
	{ .name = "max_cost", .later = true, .help = "of one answer" },
	{ .name = "tools", .later = true, .help = "what it may look up" },
	{ 0 },
};

/* `output`: the word "text", or a schema. */
static void read_output(struct agent *agent, const struct value *output,
                        struct errors *errors)
{
	if (output == NULL)
		return;
	if (output->kind == VALUE_STRING && strcmp(output->text, "text") == 0)
		return;
	if (output->kind == VALUE_MAP) {
		agent->structured = true;
		agent->schema = output;
		(void)schema_accept(output, agent->path, errors);
		return;
	}
	errors_add(errors, ERR_CONFIG, agent->path, output->pos,
	           "\"output\" must be the word text or a JSON Schema");
}

/* The path of a template file, or NULL. */
static const char *read_path(const struct value *root, const char *key,
                             const char *file, struct pos *ret_pos,
                             struct errors *errors)
{
	const struct value *path = value_get(root, key);

	if (path == NULL)
		return NULL;
	*ret_pos = path->pos;
	if (!text_starts(path->text, "templates/"))
		error_hint(errors_add(errors, ERR_CONFIG, file, path->pos,
		                      "\"%s\" must be a file below templates/",
		                      key),
		           "Write it as templates/%s.", path->text);
	return path->text;
}

static struct agent *read_agent(struct arena *arena, const char *name,
                                const char *path, const struct value *root,
                                struct errors *errors)
{
	struct agent *agent = arena_new(arena, struct agent);

	agent->name = arena_strdup(arena, name);
	agent->path = arena_strdup(arena, path);
	agent->description = value_get_text(root, "description", NULL);
	agent->prompt =
	        read_path(root, "prompt", path, &agent->prompt_pos, errors);
	agent->system =
	        read_path(root, "system", path, &agent->system_pos, errors);
	agent->offline =
	        read_path(root, "offline", path, &agent->offline_pos, errors);
	agent->tier = value_get_text(root, "tier", NULL);
	read_output(agent, value_get(root, "output"), errors);
	return agent;
}

struct agent *agent_parse(struct arena *arena, const char *name,
                          const char *path, const char *bytes, size_t len,
                          struct errors *errors)
{
	auto_error struct error err = { 0 };
	size_t before = errors->count;
	struct value *root;
	struct agent *agent;

	if (errors_full(errors))
		return NULL;
	root = yaml_parse(arena, path, bytes, len, 1, &err);
	if (root == NULL) {
		errors_take(errors, &err);
		return NULL;
	}
	if (root->kind != VALUE_MAP) {
		errors_add(errors, ERR_CONFIG, path, root->pos,
		           "an agent must be a map, not %s",
		           root->kind == VALUE_NULL ? "an empty file"
		                                    : "a single value or list");
		return NULL;
	}
	if (!fields_check(root, agent_fields, "the agent", path, errors))
		return NULL;
	agent = read_agent(arena, name, path, root, errors);
	return errors->count == before ? agent : NULL;
}

/* ---- shapes */

static const struct shape shape_any = { .kind = SHAPE_ANY };
static const struct shape shape_text = { .kind = SHAPE_TEXT };

static const struct shape *schema_shape(const struct value *schema,
                                        struct arena *arena);

static const struct shape *list_shape(const struct value *schema,
                                      struct arena *arena)
{
	struct shape *shape = arena_new(arena, struct shape);
	const struct value *items = value_get(schema, "items");

	shape->kind = SHAPE_LIST;
	shape->item = items != NULL ? schema_shape(items, arena) : &shape_any;
	return shape;
}

static const struct shape *map_shape(const struct value *schema,
                                     struct arena *arena)
{
	const struct value *properties = value_get(schema, "properties");
	struct shape *shape = arena_new(arena, struct shape);
	struct shape_field *fields;

	if (properties == NULL ||
	    value_get_bool(schema, "additionalProperties", false))
		return &shape_any;
	fields = arena_array(arena, properties->length, sizeof(*fields));
	for (size_t i = 0; i < properties->length; i++) {
		const struct member *member = &properties->members[i];

		fields[i].name = member->name;
		fields[i].shape = schema_shape(member->value, arena);
		fields[i].help =
		        value_get_text(member->value, "description", NULL);
	}
	shape->kind = SHAPE_MAP;
	shape->fields = fields;
	shape->count = properties->length;
	return shape;
}

static const struct shape *schema_shape(const struct value *schema,
                                        struct arena *arena)
{
	const char *type = value_get_text(schema, "type", "");

	if (strcmp(type, "object") == 0)
		return map_shape(schema, arena);
	if (strcmp(type, "array") == 0)
		return list_shape(schema, arena);
	return &shape_text;
}

const struct shape *agent_shape(const struct agent *agent, struct arena *arena)
{
	if (!agent->structured)
		return &shape_text;
	return schema_shape(agent->schema, arena);
}
