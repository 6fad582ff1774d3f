// restate.mjs FOLDER: a service for Restate whose handler `mails` sends so many
// mails, one after the other: each is a step that Restate keeps the result of,
// and a file in FOLDER, flushed as reeve flushes those of its outbox.
import * as restate from "@restatedev/restate-sdk";
import { open, rename } from "node:fs/promises";
import { randomUUID } from "node:crypto";

// Of Node 22; the SDK needs it, and Debian's npm comes with less.
Promise.withResolvers ??= () => {
	const all = {};
	all.promise = new Promise((resolve, reject) =>
		Object.assign(all, { resolve, reject }));
	return all;
};

const folder = process.argv[2];

async function flushed(path, work) {
	const file = await open(path, work ? "w" : "r");
	if (work)
		await file.writeFile(work);
	await file.sync();
	await file.close();
}

async function send(name) {
	const path = `${folder}/${name}.eml`;
	await flushed(`${path}.tmp`, `To: a@example.com\nSubject: ${name}\n\nHello\n`);
	await rename(`${path}.tmp`, path);
	await flushed(folder);
	return { path };
}

const bench = restate.service({
	name: "bench",
	handlers: {
		mails: async (ctx, count) => {
			const run = await ctx.run("id", () => randomUUID());
			for (let i = 0; i < count; i++)
				await ctx.run(`s${i}`, () => send(`${run}-${i}`));
			return count;
		},
	},
});

restate.endpoint().bind(bench).listen(Number(process.argv[3]));
