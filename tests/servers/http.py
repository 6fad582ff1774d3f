#!/usr/bin/env python3
"""A small world that answers HTTP, and misbehaves as it is told.

	http.py DIR [CERTIFICATE KEY]

The port goes to DIR/port. The first segment of a path names a script,
DIR/NAME: each request takes its first line, and the last line stays. Without a
script a request is accepted.

DIR/log has a line for each request that was read in full,

	METHOD PATH KEY WHAT

where KEY is its Idempotency-Key or "-", and WHAT is "accepted" when the world
has changed by it, "again" when it knew the key already, "asked" for a GET, and
"refused" otherwise. DIR/seen has all headers and bodies.

A line of a script:

	ok [STATUS]          accept it
	status N [HEADER...] refuse it with that status, "Name:value" each
	failed N             accept it, and answer N all the same
	meet N               accept it, and answer when N are here at a time
	unread               hang up before the request
	torn                 reset the connection within the request
	lost                 read it, hang up, nothing has changed
	cut                  accept it, hang up
	half                 accept it, hang up within the answer
	never                accept it, do not answer
	drip                 accept it, a byte of the answer now and then
	endless              accept it, an answer without an end
	long                 accept it, say that the answer has 10 GB, and send
	bomb                 accept it, a small answer that inflates to 200 MB
	headers              accept it, a megabyte of headers
	noise                accept it, answer what is no HTTP
	echo                 accept it, answer its headers in several spellings
	to URL [STATUS]      refuse it, point elsewhere
"""
import base64
import gzip
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

folder = sys.argv[1]
lock = threading.Condition()
made = {}
here = {}


def take_line(name):
    path = os.path.join(folder, name)
    try:
        with open(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return ["ok"]
    if len(lines) > 1:
        with open(path, "w") as file:
            file.write("\n".join(lines[1:]) + "\n")
    return lines[0].split() if lines else ["ok"]


def note(file, text):
    with open(os.path.join(folder, file), "a") as log:
        log.write(text + "\n")


def accept(request, name):
    """The id of what it has made, now or before."""
    method, path, headers, _ = request
    key = headers.get("idempotency-key", "-")
    if method == "GET":
        note("log", f"{method} {path} {key} asked")
        return None
    known = made.setdefault(name, [])
    for number, other in known:
        if key != "-" and other == key:
            note("log", f"{method} {path} {key} again")
            return number
    known.append((len(known) + 1, key))
    note("log", f"{method} {path} {key} accepted")
    return len(known)


def refuse(request):
    method, path, headers, _ = request
    key = headers.get("idempotency-key", "-")
    note("log", f"{method} {path} {key} refused")


def read_request(stream):
    line = stream.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split()
    headers = {}
    while True:
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            break
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    note("seen", f"{method} {path} {json.dumps(headers)} {body!r}")
    return method, path, headers, body


def answer(link, status, body=b"", headers=()):
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
        headers = [*headers, "Content-Type: application/json"]
    head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    link.sendall("\r\n".join([*head, "", ""]).encode() + body)


def find(link, name, path):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    keys = query.get("key", [])
    total = sum(key in keys for _, key in made.get(name, []))
    answer(link, 200, {"total": total})


def meet(link, name, count, number):
    with lock:
        here[name] = here.get(name, 0) + 1
        lock.notify_all()
        if not lock.wait_for(lambda: here[name] >= count, 20):
            answer(link, 500, b"nobody came")
            return
    answer(link, 201, {"id": number})


def pour(link, head, piece):
    link.sendall(head)
    while True:
        link.sendall(piece)


def drip(link):
    for byte in b"HTTP/1.1 200 Slow\r\n" + b"X-Slow: yes\r\n" * 10000:
        link.sendall(bytes([byte]))
        time.sleep(0.1)


def echo(link, headers):
    said = {}
    for name, value in headers.items():
        plain = value.split(" ")[-1]
        said[name] = [
            value,
            base64.b64encode(value.encode()).decode(),
            base64.urlsafe_b64encode(b"x" + plain.encode()).decode(),
            plain.encode().hex(),
            urllib.parse.quote(plain, safe=""),
        ]
    said["id"] = headers.get("authorization", "none")
    answer(link, 200, said, [f"X-Said: {headers.get('authorization')}"])


CHUNKED = b"HTTP/1.1 200 On\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


def misbehave(link, request, what, number):
    """What has been accepted, and is answered badly or not at all."""
    if what == "half":
        link.sendall(b"HTTP/1.1 201 Made\r\nContent-Length: 100\r\n\r\n{")
    elif what == "never":
        link.settimeout(20)
        link.recv(1)
    elif what == "drip":
        drip(link)
    elif what == "endless":
        pour(link, CHUNKED, CHUNK)
    elif what == "long":
        pour(link, b"HTTP/1.1 200 On\r\nContent-Length: 10000000000\r\n\r\n",
             b"x" * 65536)
    elif what == "bomb":
        answer(link, 200, gzip.compress(b"0" * 200000000, 1),
               ["Content-Encoding: gzip"])
    elif what == "headers":
        answer(link, 200, b"", ["X-Long: " + "y" * 1000] * 1000)
    elif what == "noise":
        link.sendall(b"\x00\x01\x02 this is no HTTP \xff\xfe\r\n\r\n")
    elif what == "echo":
        echo(link, request[2])


def serve(link, stream, request, name, words):
    what, rest = words[0], words[1:]
    method, path, headers, _ = request
    if method == "GET" and what in ("ok", "cut") and "find" in path:
        note("log", f"GET {path} - asked")
        find(link, name, path)
    elif what == "status":
        refuse(request)
        lines = [word.replace(":", ": ", 1).replace("_", " ")
                 for word in rest[1:]]
        answer(link, int(rest[0]), b'{"error":"no"}', lines)
    elif what == "to":
        refuse(request)
        answer(link, int((rest + ["302"])[1]), b"", [f"Location: {rest[0]}"])
    elif what == "lost":
        refuse(request)
    else:
        number = accept(request, name)
        if what == "ok":
            answer(link, int((rest + ["201"])[0]), {"id": number})
        elif what == "failed":
            answer(link, int(rest[0]), b"it failed")
        elif what == "meet":
            meet(link, name, int(rest[0]), number)
        else:
            misbehave(link, request, what, number)


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


def attend(link, context):
    """One connection, and all requests on it."""
    try:
        if context:
            link = context.wrap_socket(link, server_side=True)
        stream = link.makefile("rb")
        first = link.recv(1, 0 if context else socket.MSG_PEEK)
        if not first:
            return
        if context:
            stream = Ahead(first, stream)
        while peek_and_serve(link, stream):
            pass
    except (OSError, ValueError):
        pass
    finally:
        link.close()


class Ahead:
    """A stream of which one byte was read already."""

    def __init__(self, first, stream):
        self.first = first
        self.stream = stream

    def readline(self):
        first, self.first = self.first, b""
        return first + self.stream.readline()

    def read(self, size):
        return self.stream.read(size)


def peek_and_serve(link, stream):
    if not isinstance(link, ssl.SSLSocket):
        start = link.recv(4096, socket.MSG_PEEK)
        if not start:
            return False
        words = start.split(b" ")
        name = words[1].decode().split("/")[1] if len(words) > 1 else ""
        path = os.path.join(folder, name)
        early = open(path).readline().strip() if os.path.exists(path) else ""
        if early in ("unread", "torn"):
            take_line(name)
            if early == "torn":
                reset(link)
            return False
    request = read_request(stream)
    if not request:
        return False
    name = request[1].split("/")[1].split("?")[0]
    with lock:
        words = take_line(name)
    serve(link, stream, request, name, words)
    return words[0] in ("ok", "status", "to", "echo", "failed")


def main():
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    server = socket.create_server(("127.0.0.1", 0), backlog=200)
    with open(os.path.join(folder, "port.new"), "w") as file:
        file.write(str(server.getsockname()[1]))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    while True:
        link, _ = server.accept()
        threading.Thread(target=attend, args=(link, context),
                         daemon=True).start()


main()
