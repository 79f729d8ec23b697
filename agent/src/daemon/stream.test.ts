import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { MAX_SEGMENT } from "../protocol/limits.ts";
import { Stream, type StreamKind } from "./stream.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function stream(kind: StreamKind, content: string | Buffer): Stream {
	const path = join(folder, `${files++}`);
	writeFileSync(path, content);
	return new Stream("log.1", kind, path);
}
const read = (each: Stream, from = 0, ended = false): string | undefined => {
	const piece = each.next(from, ended);
	return piece ? Buffer.from(piece.content).toString() : undefined;
};

test("an unfinished record is not told before its end, and never once the process is gone", () => {
	const log = stream("log", '{"a":1}\n{"b":');
	expect(read(log)).toBe('{"a":1}\n');
	expect(read(log, 8)).toBeUndefined();
	expect(read(log, 8, true)).toBeUndefined();
	appendFileSync(log.path, "2}\n");
	expect(log.next(8, false)).toMatchObject({ start: 8, end: 16, lines: 1 });
});

test("an unfinished raw line is told after a while, or with the process's end", async () => {
	const raw = stream("raw", "done\npassword: ");
	expect(read(raw)).toBe("done\n");
	expect(read(raw, 5)).toBeUndefined();
	expect(read(raw, 5, true)).toBe("password: ");
	await sleep(1050);
	expect(read(raw, 5)).toBe("password: ");
});

test("a long backlog comes in pieces that end with a line, and together are the file", () => {
	const line = `${"é".repeat(500)}\n`;
	const log = stream("log", line.repeat(2000));
	let whole = Buffer.alloc(0);
	for (let from = 0; ; ) {
		const piece = log.next(from, false);
		if (!piece) break;
		expect(piece.content.length).toBeLessThanOrEqual(MAX_SEGMENT);
		expect(piece.content.at(-1)).toBe(10);
		whole = Buffer.concat([whole, piece.content]);
		from = piece.end;
	}
	expect(whole.toString()).toBe(line.repeat(2000));
});

test("a character of several bytes that is cut in two is whole again when its pieces are joined", () => {
	const raw = stream("raw", "🌊".repeat(MAX_SEGMENT / 4 + 10).slice(0, -1));
	const first = raw.next(0, true);
	const second = raw.next(first?.end ?? 0, true);
	const whole = Buffer.concat([first?.content ?? Buffer.alloc(0), second?.content ?? Buffer.alloc(0)]);
	expect(whole).toHaveLength(raw.size());
});

test("an event that is longer than a stretch is taken whole", () => {
	const events = stream("events", `{"type":"result","json":"${"x".repeat(MAX_SEGMENT)}"}\n`);
	expect(events.next(0, false)?.end).toBe(events.size());
	expect(events.lineBefore(MAX_SEGMENT)).toHaveLength(MAX_SEGMENT);
	expect(events.lineBefore(events.size())).toHaveLength(0);
});

test("a link that a flow puts in the place of its log is not followed", () => {
	const secret = join(folder, "secret");
	writeFileSync(secret, "outside\n");
	const path = join(folder, "link");
	symlinkSync(secret, path);
	expect(new Stream("out", "raw", path).next(0, true)).toBeNull();
});
