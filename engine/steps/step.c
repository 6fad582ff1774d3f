#include "engine/steps/step.h"

#include <stdarg.h>
#include <string.h>

#include "store/base/buf.h"
#include "store/base/limits.h"

int step_error(const struct step_run *run, struct error *err,
               const char *format, ...)
{
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);
	va_list values;

	va_start(values, format);
	buf_vprintf(&text, format, values);
	va_end(values);
	return error_at(err, ERR_FAILED, run->job->path, run->step->pos, "%s",
	                text.at);
}

struct render step_customs(const struct step_run *run)
{
	return (struct render){
		.frame = run->frame,
		.strict = run->step->strict,
		.locale = run->locale,
		.holidays = run->holidays,
		.engine = run->env ? run->env->engine : NULL,
	};
}

void step_ingredient_file(struct step_run *run, const char *group,
                          const char *path, const struct oid *oid)
{
	struct value *files = value_get(run->ingredients, group);

	if (!files) {
		files = value_map(run->arena);
		value_map_set(run->arena, run->ingredients, group, files);
	}
	value_map_text(run->arena, files, path, oid_text(run->arena, oid));
}

void step_ingredient_names(struct step_run *run, const char *key,
                           const struct expr *expr)
{
	const struct step_kind *kind = run->step->kind;
	struct value *names = value_get(run->ingredients, "names");
	const struct name_use *uses;
	size_t count;

	if (!names) {
		names = value_map(run->arena);
		value_map_set(run->arena, run->ingredients, "names", names);
	}
	expr_names(expr, &uses, &count);
	for (size_t i = 0; i < count; i++) {
		struct name name = name_split(run->arena, uses[i].name);
		const struct value *value = scope_find(run->frame, &name);

		if (!value ||
		    (kind->owner && kind->owner(run->step->config, key,
		                                name.first) == NAME_OWN))
			continue;
		value_map_set(run->arena, names, name.dotted,
		              value_copy(run->arena, value));
	}
}

void step_ingredient_customs(struct step_run *run, const struct value *sql)
{
	const char *text = sql && sql->kind == VALUE_STRING ? sql->text : "";

	if (strcasestr(text, "money"))
		value_map_text(run->arena, run->ingredients, "locale",
		               run->locale);
	if (strcasestr(text, "add_workdays") && run->holidays)
		value_map_set(run->arena, run->ingredients, "holidays",
		              value_copy(run->arena, run->holidays));
}
