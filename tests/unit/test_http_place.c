#include "tests/unit/unit.h"

#include "engine/io/http.h"

static void test_http_place__urls_have_one_meaning(void **state)
{
	static const struct {
		const char *url;
		const char *scheme; /* NULL: refused */
		const char *host;
		int port;
		const char *path;
	} cases[] = {
		{ "http://a.example", "http", "a.example", 80, "" },
		{ "HTTPS://A.Example/x?y", "https", "a.example", 443, "/x?y" },
		{ "https://a:8443/", "https", "a", 8443, "/" },
		{ "http://[::1]:80/x", "http", "[::1]", 80, "/x" },
		{ "http://a:0/", NULL, NULL, 0, NULL },
		{ "http://a:99999/", NULL, NULL, 0, NULL },
		{ "http://a:/", NULL, NULL, 0, NULL },
		{ "http://", NULL, NULL, 0, NULL },
		{ "http://[::1", NULL, NULL, 0, NULL },
		{ "http://user@a/", NULL, NULL, 0, NULL },
		{ "http://a:80@b/", NULL, NULL, 0, NULL },
		{ "http://a\\@b/", NULL, NULL, 0, NULL },
		{ "http://a /", NULL, NULL, 0, NULL },
		{ "http://a/\r\nx", NULL, NULL, 0, NULL },
		{ "ftp://a/", NULL, NULL, 0, NULL },
		{ "file:///etc/passwd", NULL, NULL, 0, NULL },
		{ "//a/", NULL, NULL, 0, NULL },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
		struct http_place place = { 0 };
		bool found = http_place(&arena, cases[row].url, &place);
		assert_row(row, found == (cases[row].scheme != NULL));
		if (!found)
			continue;
		assert_row_text(row, place.scheme, cases[row].scheme);
		assert_row_text(row, place.host, cases[row].host);
		assert_row_text(row, place.path, cases[row].path);
		assert_row(row, place.port == cases[row].port);
	}
}

static void test_http_place__scheme_host_and_port_make_it(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool same;
	} cases[] = {
		{ "http://a/x", "http://A:80/y", true },
		{ "http://a/", "https://a/", false },
		{ "http://a/", "http://a:81/", false },
		{ "http://a/", "http://a.b/", false },
	};
	auto_arena struct arena arena = { 0 };

	UNUSED_STATE(state);
	for (size_t row = 0; row < ARRAY_LEN(cases); row++) {
		struct http_place a;
		struct http_place b;
		assert_row(row, http_place(&arena, cases[row].a, &a));
		assert_row(row, http_place(&arena, cases[row].b, &b));
		assert_row(row, http_same_place(&a, &b) == cases[row].same);
	}
}

static void test_http_place__patience_is_asked_for_in_two_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t pause_ms;
	} cases[] = {
		{ "0", 0 },
		{ "120", 120000 },
		{ "-1", 0 },
		{ "1.5", 0 },
		{ "99999999999", 0 },
		{ "soon", 0 },
		{ "", 0 },
		{ "Thu, 01 Jan 1970 00:01:00 GMT", 50000 },
		{ "Thu, 01 Jan 1970 00:00:05 GMT", 0 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 366LL * 24 * 3600 * 1000 },
		{ "Thu, 31 Feb 1970 00:01:00 GMT", 0 },
		{ "Thu, 01 anF 1970 00:01:00 GMT", 0 },
		{ "Thu, 01 Jan 1970 00:01:00 UTC", 0 },
	};

	UNUSED_STATE(state);
	assert_true(http_retry_after_ms(NULL, 0) == 0);
	for (size_t row = 0; row < ARRAY_LEN(cases); row++)
		assert_row(row, http_retry_after_ms(cases[row].text, 10000) ==
		                        cases[row].pause_ms);
}

static void test_http_place__the_first_header_of_a_name_counts(void **state)
{
	auto_arena struct arena arena = { 0 };
	struct http_answer answer = { .headers = buf_make(1000) };

	UNUSED_STATE(state);
	buf_add_text(&answer.headers, "HTTP/1.1 200 OK\r\nETag:  \"a b\" \t\r\n"
	                              "etag: second\r\nEmpty:\r\n\r\n");
	assert_string_equal(http_header(&answer, &arena, "etag"), "\"a b\"");
	assert_string_equal(http_header(&answer, &arena, "empty"), "");
	assert_null(http_header(&answer, &arena, "tag"));
	buf_clear(&answer.headers);
}
