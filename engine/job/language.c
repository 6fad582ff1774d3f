/*
 * The tables are short; they are searched from the front.
 */
#include "engine/job/language.h"

#include <string.h>

const char *effect_class_name(enum effect_class class)
{
	switch (class) {
	case EFFECT_INTERNAL:
		return "internal";
	case EFFECT_CLIENT:
		return "client";
	case EFFECT_FINANCIAL:
		return "financial";
	}
	return "unknown";
}

const struct step_kind *language_kind(const struct language *language,
                                      const char *name)
{
	for (size_t i = 0; language->kinds[i] != NULL; i++)
		if (strcmp(language->kinds[i]->name, name) == 0)
			return language->kinds[i];
	return NULL;
}

const struct effect *language_effect(const struct language *language,
                                     const char *name)
{
	for (size_t i = 0; language->effects[i] != NULL; i++)
		if (strcmp(language->effects[i]->name, name) == 0)
			return language->effects[i];
	return NULL;
}
