/*
 * libcurl's multi interface, driven by its socket actions: it says which
 * descriptors it waits for and until when, the loop waits (or we do, for one
 * that is performed by itself), and it is told what came of it. Names are
 * looked up in a thread of libcurl's own.
 *
 * `sent` is set in the last moment before the request goes out, by a callback
 * between the connection (with its TLS) and the first byte. libcurl would send
 * a request again by itself on a connection that it had kept and that turns out
 * to be dead; so what is no GET has a fresh one.
 */
#include "engine/io/http.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engine/io/http_private.h"
#include "store/base/alloc.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define TIMEOUT_MS 30000
#define CONNECT_MS 10000

struct http {
	struct loop *loop;
	struct loop_guest guest;
	struct curl curl; /* once `multi` is there */
	CURLM *multi;
	struct pollfd *sockets; /* that it waits for */
	size_t socket_count;
	int64_t due_at; /* 0: never */
	struct transfer *running;
	struct transfer *ended;
	size_t count; /* of those that run */
};

struct transfer {
	struct transfer *next; /* of the list that it is in */
	struct http *http;
	void *user;
	CURL *easy;
	struct curl_slist *headers;
	struct arena arena;
	struct http_place place;
	struct http_answer answer;
	char error[CURL_ERROR_SIZE];
	size_t header_bytes;
	int64_t due_at;
	unsigned redirects; /* that it may still follow */
	bool sent;
	int (*piece)(void *state, const char *bytes, size_t len);
	void *state;
};

/* ---- What comes ---------------------------------------------------------- */

static int note_sent(void *state, char *to, char *from, int to_port,
                     int from_port)
{
	struct transfer *transfer = state;

	(void)to, (void)from, (void)to_port, (void)from_port;
	transfer->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* Each answer begins with its status line, and the last one counts. */
static size_t take_header(char *bytes, size_t one, size_t len, void *state)
{
	struct transfer *transfer = state;
	struct buf *headers = &transfer->answer.headers;

	(void)one; /* is 1 */
	transfer->header_bytes += len;
	if (transfer->header_bytes > LIMIT_HEADERS) {
		transfer->answer.reason = "its headers are too long";
		return 0;
	}
	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		buf_cut(headers, 0);
	buf_add(headers, bytes, len);
	return len;
}

static int status_of(const struct transfer *transfer)
{
	long status = 0;

	(void)transfer->http->curl.easy_getinfo(
	        transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static size_t take_body(char *bytes, size_t one, size_t len, void *state)
{
	struct transfer *transfer = state;
	struct buf *body = &transfer->answer.body;
	int status = status_of(transfer);

	(void)one; /* is 1 */
	if (transfer->piece && status >= 200 && status <= 299) {
		if (transfer->piece(transfer->state, bytes, len) == 0)
			return len;
		transfer->answer.reason = "no more of its answer was wanted";
		return 0;
	}
	buf_add(body, bytes, len);
	if (!body->over)
		return len;
	transfer->answer.reason = "its answer is too long";
	return 0;
}

/* ---- What libcurl waits for ---------------------------------------------- */

static short events_of(int what)
{
	return (short)((what & CURL_POLL_IN ? POLLIN : 0) |
	               (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *state,
                 void *ignored)
{
	struct http *http = state;
	size_t at = 0;

	(void)easy, (void)ignored;
	while (at < http->socket_count && http->sockets[at].fd != fd)
		at++;
	if (what == CURL_POLL_REMOVE) {
		if (at < http->socket_count)
			http->sockets[at] = http->sockets[--http->socket_count];
		return 0;
	}
	/* It may shrink: mem_grow() is for what only grows. */
	if (at == http->socket_count) {
		http->socket_count++;
		http->sockets = mem_realloc(
		        http->sockets,
		        size_mul(http->socket_count, sizeof(*http->sockets)));
	}
	http->sockets[at] =
	        (struct pollfd){ .fd = fd, .events = events_of(what) };
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *state)
{
	struct http *http = state;

	(void)multi;
	http->due_at = timeout_ms < 0 ? 0 : loop_now() + timeout_ms;
	return 0;
}

/* ---- Its end ------------------------------------------------------------- */

static const struct {
	CURLcode code;
	const char *reason;
} reasons[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "its name is not known" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name is not known" },
	{ CURLE_COULDNT_CONNECT, "it cannot be connected to" },
	{ CURLE_OPERATION_TIMEDOUT, "it took too long" },
	{ CURLE_PEER_FAILED_VERIFICATION, "its certificate is not trusted" },
	{ CURLE_SSL_CONNECT_ERROR, "there is no TLS with it" },
	{ CURLE_GOT_NOTHING, "it hung up without an answer" },
	{ CURLE_RECV_ERROR, "the connection broke" },
	{ CURLE_SEND_ERROR, "the connection broke" },
	{ CURLE_PARTIAL_FILE, "it hung up within its answer" },
	{ CURLE_WEIRD_SERVER_REPLY, "its answer is no HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "its answer is no HTTP" },
	{ CURLE_BAD_CONTENT_ENCODING, "its answer cannot be decoded" },
};

static const char *reason_of(const struct transfer *transfer, CURLcode code)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].reason;
	return *transfer->error ? transfer->error
	                        : transfer->http->curl.easy_strerror(code);
}

/* A redirect to where the request went already, which is asked again. */
static bool follows(struct transfer *transfer)
{
	const struct curl *curl = &transfer->http->curl;
	struct http_place place;
	char *url = NULL;
	int64_t left = transfer->due_at - loop_now();

	if (transfer->redirects == 0 || left <= 0 ||
	    curl->easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &url) !=
	            CURLE_OK ||
	    !url || !http_place(&transfer->arena, url, &place) ||
	    !http_same_place(&place, &transfer->place))
		return false;
	transfer->redirects--;
	buf_cut(&transfer->answer.body, 0);
	(void)curl->easy_setopt(transfer->easy, CURLOPT_URL,
	                        arena_strdup(&transfer->arena, url));
	(void)curl->easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)left);
	return curl->multi_add_handle(transfer->http->multi, transfer->easy) ==
	       CURLM_OK;
}

static void leave(struct transfer **list, const struct transfer *transfer)
{
	while (*list != transfer)
		list = &(*list)->next;
	*list = transfer->next;
}

static void end(struct transfer *transfer, CURLcode code)
{
	struct http *http = transfer->http;
	struct http_answer *answer = &transfer->answer;
	struct transfer **last = &http->ended;

	(void)http->curl.multi_remove_handle(http->multi, transfer->easy);
	if (code == CURLE_OK && follows(transfer))
		return;
	answer->status = status_of(transfer);
	answer->end = code == CURLE_OK ? HTTP_ANSWERED
	              : transfer->sent ? HTTP_UNANSWERED
	                               : HTTP_UNSENT;
	if (code != CURLE_OK && !answer->reason)
		answer->reason = reason_of(transfer, code);
	leave(&http->running, transfer);
	http->count--;
	transfer->next = NULL;
	while (*last)
		last = &(*last)->next;
	*last = transfer;
}

static struct transfer *running_as(const struct http *http, const CURL *easy)
{
	struct transfer *transfer = http->running;

	while (transfer && transfer->easy != easy)
		transfer = transfer->next;
	return transfer;
}

static void reap(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = http->curl.multi_info_read(http->multi, &left))) {
		struct transfer *transfer =
		        running_as(http, message->easy_handle);
		if (message->msg == CURLMSG_DONE && transfer)
			end(transfer, message->data.result);
	}
}

/* ---- The loop's guest ---------------------------------------------------- */

static size_t guest_count(void *state)
{
	const struct http *http = state;

	return http->socket_count;
}

static void guest_fill(void *state, struct pollfd *rows)
{
	const struct http *http = state;

	if (http->socket_count)
		memcpy(rows, http->sockets, http->socket_count * sizeof(*rows));
}

static int64_t guest_due_at(void *state)
{
	const struct http *http = state;

	return http->due_at;
}

/* The rows are of before: what is served may change the sockets. */
static void serve(struct http *http, const struct pollfd *rows, size_t count)
{
	const struct curl *curl = &http->curl;
	int ignored;

	if (!http->multi)
		return;
	for (size_t i = 0; i < count; i++) {
		short got = rows[i].revents;
		int what = (got & POLLIN ? CURL_CSELECT_IN : 0) |
		           (got & POLLOUT ? CURL_CSELECT_OUT : 0) |
		           (got & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
		if (what)
			(void)curl->multi_socket_action(http->multi, rows[i].fd,
			                                what, &ignored);
	}
	if (http->due_at && http->due_at <= loop_now()) {
		http->due_at = 0;
		(void)curl->multi_socket_action(
		        http->multi, CURL_SOCKET_TIMEOUT, 0, &ignored);
	}
	reap(http);
}

static void guest_serve(void *state, const struct pollfd *rows, size_t count)
{
	serve(state, rows, count);
}

static bool guest_is_at_work(void *state)
{
	const struct http *http = state;

	return http->running != NULL;
}

static bool guest_has_ended(void *state)
{
	const struct http *http = state;

	return http->ended != NULL;
}

/* What was sent stays without an answer. */
static void guest_stop(void *state)
{
	struct http *http = state;

	while (http->running)
		end(http->running, CURLE_ABORTED_BY_CALLBACK);
}

/* ---- Its life ------------------------------------------------------------ */

struct http *http_open(struct loop *loop)
{
	struct http *http = mem_zalloc(1, sizeof(*http));

	http->loop = loop;
	http->guest = (struct loop_guest){
		.count = guest_count,
		.fill = guest_fill,
		.due_at = guest_due_at,
		.serve = guest_serve,
		.is_at_work = guest_is_at_work,
		.has_ended = guest_has_ended,
		.stop = guest_stop,
		.state = http,
	};
	if (loop)
		loop_invite(loop, &http->guest);
	return http;
}

void http_stop(struct http *http)
{
	guest_stop(http);
	while (http->ended)
		transfer_free(http_ended(http));
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->loop)
		loop_invite(http->loop, NULL);
	http_stop(http);
	if (http->multi)
		(void)http->curl.multi_cleanup(http->multi);
	free(http->sockets);
	free(http);
}

static int start_library(struct http *http, struct error *err)
{
	const struct curl *curl = &http->curl;

	if (http->multi)
		return 0;
	if (curl_load(&http->curl, err) < 0)
		return -1;
	http->multi = mem_check(curl->multi_init());
	(void)curl->multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch);
	(void)curl->multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	(void)curl->multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION,
	                         set_timer);
	(void)curl->multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return 0;
}

/* ---- A request ----------------------------------------------------------- */

static void add_header(struct transfer *transfer, const char *line)
{
	transfer->headers = mem_check(
	        transfer->http->curl.slist_append(transfer->headers, line));
}

static int add_headers(struct transfer *transfer,
                       const struct http_request *request, struct error *err)
{
	bool typed = false;

	for (size_t i = 0; request->headers && request->headers[i]; i++) {
		const char *line = request->headers[i];
		if (strpbrk(line, "\r\n") || !strchr(line, ':'))
			return error_set(err, ERR_FAILED,
			                 "a header must be one line");
		typed |= strncasecmp(line, "content-type:", 13) == 0;
		add_header(transfer, line);
	}
	/* What libcurl would add by itself. */
	add_header(transfer, "Expect:");
	if (!typed)
		add_header(transfer, "Content-Type:");
	return 0;
}

struct option {
	CURLoption name;
	long number;
	const void *pointer; /* counts when it is not NULL */
};

static int set_options(struct transfer *transfer, const struct option *options,
                       size_t count, struct error *err)
{
	const struct curl *curl = &transfer->http->curl;

	for (size_t i = 0; i < count; i++) {
		const struct option *option = &options[i];
		CURLcode code = option->pointer
		                        ? curl->easy_setopt(transfer->easy,
		                                            option->name,
		                                            option->pointer)
		                        : curl->easy_setopt(transfer->easy,
		                                            option->name,
		                                            option->number);
		if (code != CURLE_OK)
			return error_set(err, ERR_SYSTEM,
			                 "could not set up a request: %s",
			                 curl->easy_strerror(code));
	}
	return 0;
}

/* Functions are no `const void *`. */
static void set_callbacks(struct transfer *transfer)
{
	const struct curl *curl = &transfer->http->curl;
	CURL *easy = transfer->easy;

	(void)curl->easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_sent);
	(void)curl->easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	(void)curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl->easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	(void)curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static int set_body(struct transfer *transfer,
                    const struct http_request *request, struct error *err)
{
	bool is_get = strcmp(request->method, "GET") == 0;
	const struct option body[] = {
		{ CURLOPT_POSTFIELDSIZE, (long)request->body_len, NULL },
		{ CURLOPT_COPYPOSTFIELDS, 0,
		  request->body ? request->body : "" },
		{ CURLOPT_FRESH_CONNECT, 1, NULL },
		{ CURLOPT_FORBID_REUSE, 1, NULL },
		{ CURLOPT_CUSTOMREQUEST, 0, request->method },
	};
	/* A DELETE needs no body, and says so by none of its length. */
	size_t from = strcmp(request->method, "DELETE") == 0 && !request->body
	                      ? 2
	                      : 0;

	return is_get ? 0
	              : set_options(transfer, body + from,
	                            ARRAY_LEN(body) - from, err);
}

static int set_up(struct transfer *transfer, const struct http_request *request,
                  struct error *err)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *authorities = getenv("SSL_CERT_FILE");
	int64_t timeout_ms =
	        request->timeout_ms ? request->timeout_ms : TIMEOUT_MS;
	int64_t connect_ms =
	        request->connect_ms ? request->connect_ms : CONNECT_MS;
	const struct option options[] = {
		{ CURLOPT_URL, 0, request->url },
		{ CURLOPT_PROTOCOLS_STR, 0, "http,https" },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1, NULL },
		{ CURLOPT_NOSIGNAL, 1, NULL },
		{ CURLOPT_QUICK_EXIT, 1, NULL },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1, NULL },
		{ CURLOPT_FOLLOWLOCATION, 0, NULL },
		{ CURLOPT_PATH_AS_IS, 1, NULL },
		{ CURLOPT_TIMEOUT_MS, (long)timeout_ms, NULL },
		{ CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms, NULL },
		{ CURLOPT_ACCEPT_ENCODING, 0, "gzip, deflate" },
		{ CURLOPT_USERAGENT, 0, "reeve" },
		{ CURLOPT_ERRORBUFFER, 0, transfer->error },
		{ CURLOPT_HTTPHEADER, 0, transfer->headers },
		{ CURLOPT_CAINFO, 0, authorities },
	};
	size_t count = ARRAY_LEN(options) - !authorities;

	set_callbacks(transfer);
	transfer->due_at = loop_now() + timeout_ms;
	transfer->redirects = request->redirects;
	transfer->piece = request->piece;
	transfer->state = request->state;
	transfer->answer.body =
	        buf_make(request->max_body ? request->max_body : LIMIT_ANSWER);
	transfer->answer.headers = buf_make(LIMIT_HEADERS);
	if (set_options(transfer, options, count, err) < 0)
		return -1;
	return set_body(transfer, request, err);
}

static struct transfer *begin(struct http *http,
                              const struct http_request *request, void *user,
                              struct error *err)
{
	auto_transfer struct transfer *transfer =
	        mem_zalloc(1, sizeof(*transfer));

	if (start_library(http, err) < 0)
		return NULL;
	transfer->http = http;
	transfer->user = user;
	if (!http_place(&transfer->arena, request->url, &transfer->place)) {
		error_set(err, ERR_FAILED, "\"%s\" is no URL", request->url);
		return NULL;
	}
	transfer->easy = mem_check(http->curl.easy_init());
	if (add_headers(transfer, request, err) < 0 ||
	    set_up(transfer, request, err) < 0)
		return NULL;
	if (http->curl.multi_add_handle(http->multi, transfer->easy) !=
	    CURLM_OK) {
		error_set(err, ERR_SYSTEM, "could not begin a request");
		return NULL;
	}
	transfer->next = http->running;
	http->running = transfer;
	http->count++;
	return steal(&transfer);
}

struct transfer *http_start(struct http *http,
                            const struct http_request *request, void *user,
                            struct error *err)
{
	if (loop_ready_guest(http->loop, err) < 0)
		return NULL;
	return begin(http, request, user, err);
}

size_t http_running(const struct http *http)
{
	return http->count;
}

struct transfer *http_ended(struct http *http)
{
	struct transfer *transfer = http->ended;

	if (transfer)
		leave(&http->ended, transfer);
	return transfer;
}

/* Until something happens to one of them. */
static int wait(struct http *http, struct error *err)
{
	size_t count = http->socket_count;
	auto_free struct pollfd *rows = mem_zalloc(count + 1, sizeof(*rows));
	int64_t pause = http->due_at ? http->due_at - loop_now() : 1000;

	guest_fill(http, rows);
	pause = pause < 0 ? 0 : pause > 1000 ? 1000 : pause;
	if (poll(rows, count, (int)pause) < 0 && errno != EINTR)
		return error_errno(err, errno, "could not wait");
	serve(http, rows, count);
	return 0;
}

static bool has_ended(const struct http *http, const struct transfer *transfer)
{
	const struct transfer *at = http->ended;

	while (at && at != transfer)
		at = at->next;
	return at != NULL;
}

int http_perform(struct http *http, const struct http_request *request,
                 struct transfer **ret, struct error *err)
{
	struct transfer *transfer = begin(http, request, NULL, err);

	if (!transfer)
		return -1;
	while (!has_ended(http, transfer))
		if (wait(http, err) < 0)
			return -1;
	leave(&http->ended, transfer);
	*ret = transfer;
	return 0;
}

/* ---- A transfer ---------------------------------------------------------- */

void *transfer_user(const struct transfer *transfer)
{
	return transfer->user;
}

const struct http_answer *transfer_answer(const struct transfer *transfer)
{
	return &transfer->answer;
}

struct http_answer *transfer_edit(struct transfer *transfer)
{
	return &transfer->answer;
}

void transfer_free(struct transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->http) {
		const struct curl *curl = &transfer->http->curl;
		curl->easy_cleanup(transfer->easy);
		curl->slist_free_all(transfer->headers);
	}
	buf_clear(&transfer->answer.body);
	buf_clear(&transfer->answer.headers);
	arena_clear(&transfer->arena);
	free(transfer);
}

void transfer_free_auto(struct transfer **transfer)
{
	transfer_free(*transfer);
}
