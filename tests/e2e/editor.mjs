// What yaml-language-server says about files, as an editor would show it.
//
//	node editor.mjs SERVER FILE...
//
// Prints "FILE:LINE: MESSAGE" for each mistake, lines counted from 1, and ends
// when the server has spoken about every file.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";

const [path, ...files] = process.argv.slice(2);
const server = spawn(process.execPath, [path, "--stdio"], {
	stdio: ["pipe", "pipe", "inherit"],
});
const waiting = new Map(
	files.map((file) => [pathToFileURL(file).href, file]),
);

function send(message) {
	const body = JSON.stringify({ jsonrpc: "2.0", ...message });
	const length = Buffer.byteLength(body);
	server.stdin.write(`Content-Length: ${length}\r\n\r\n${body}`);
}

function open(file) {
	const textDocument = {
		uri: pathToFileURL(file).href,
		languageId: "yaml",
		version: 1,
		text: readFileSync(file, "utf8"),
	};
	send({ method: "textDocument/didOpen", params: { textDocument } });
}

function told({ uri, diagnostics }) {
	for (const { range, message } of diagnostics) {
		const line = range.start.line + 1;
		console.log(`${relative("", waiting.get(uri))}:${line}: ${message}`);
	}
	waiting.delete(uri);
	if (waiting.size === 0)
		server.kill();
}

function heard(message) {
	if (message.id === 1 && message.result) {
		send({ method: "initialized", params: {} });
		files.forEach(open);
	} else if (message.method === "textDocument/publishDiagnostics") {
		told(message.params);
	} else if (message.id !== undefined && message.method) {
		// It asks for settings; there are none but what it may not do.
		const none = { schemaStore: { enable: false }, validate: true };
		const items = message.params?.items ?? [];
		const result = items.map(({ section }) =>
			section === "yaml" ? none : {});
		send({ id: message.id, result });
	}
}

let bytes = Buffer.alloc(0);
server.stdout.on("data", (more) => {
	bytes = Buffer.concat([bytes, more]);
	for (;;) {
		const head = bytes.indexOf("\r\n\r\n");
		if (head < 0)
			return;
		const length = Number(/Content-Length: (\d+)/i.exec(bytes)[1]);
		const end = head + 4 + length;
		if (bytes.length < end)
			return;
		heard(JSON.parse(bytes.subarray(head + 4, end)));
		bytes = bytes.subarray(end);
	}
});

send({
	id: 1,
	method: "initialize",
	params: {
		processId: process.pid,
		rootUri: pathToFileURL(".").href,
		capabilities: { workspace: { configuration: true } },
	},
});
