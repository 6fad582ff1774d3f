/*
 * The words of a JSON text, before its sentences are read.
 *
 * Private to the JSON reader.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>

#include "store/base/compiler.h"
#include "store/base/error.h"

/* 0 when `bytes` is made of JSON's words: strings without control characters,
 * lone surrogates or invalid UTF-8, names without U+0000, numbers in JSON's
 * spelling that fit (number.h), true, false, null, punctuation, and at most
 * LIMIT_JSON_DEPTH levels. `*ret_names` is how many names it has. Whether the
 * words are in order is not looked at. */
int json_scan(const char *name, const char *bytes, size_t len,
              size_t *ret_names, struct error *err) MUST_CHECK;

/* The position of a byte. */
struct pos json_pos(const char *bytes, size_t len, size_t offset);

#endif
