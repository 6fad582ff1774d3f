/*
 * What the files of the HTTP wrapper share; nobody else includes this.
 *
 * The only header that includes libcurl's, for its types alone: what it does is
 * asked through this table, which http_curl.c fills when the first request is
 * made. Linked to the program, libcurl and the twenty libraries that it needs
 * would cost every command more than all else that it does.
 */
#ifndef IO_HTTP_PRIVATE_H
#define IO_HTTP_PRIVATE_H

/* Macros around three functions, which are in the way of a table. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#include "engine/io/http.h"

#define CURL_FUNCTIONS(use)                                                    \
	use(easy_cleanup) use(easy_getinfo) use(easy_init) use(easy_setopt)    \
	        use(easy_strerror) use(global_init_mem) use(multi_add_handle)  \
	                use(multi_cleanup) use(multi_info_read)                \
	                        use(multi_init) use(multi_remove_handle) use(  \
	                                multi_setopt) use(multi_socket_action) \
	                                use(slist_append) use(slist_free_all)

struct curl {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a member has none */
#define CURL_MEMBER(name) __typeof__(&curl_##name) name;
	CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};

/* ERR_SYSTEM when it is not on this machine. */
int curl_load(struct curl *ret, struct error *err) MUST_CHECK;

#endif
