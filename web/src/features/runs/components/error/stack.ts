/** A stack of TypeScript or JavaScript as the SDK tells it, read back into what was thrown: with what it came from (`[cause]`), and the members of an AggregateError (`[error]`). Pure. */
import type { Frame, Raised } from "./raised.ts";

const FRAME = /^ {4}at (?:async )?(?:(.+) \()?(.+?):(\d+):\d+\)?$/;
const INNER = /^ {2}\[(cause|error)\]: (.*)$/;

export const isStack = (text: string): boolean => text.split("\n").some((line) => FRAME.test(line));

export function readStack(text: string): Raised {
	const frames: Frame[] = [];
	const said: string[] = [];
	const inner: { kind: string; lines: string[] }[] = [];
	for (const line of text.split("\n")) {
		const [, kind, first = ""] = INNER.exec(line) ?? [];
		const [, name, file = "", number] = FRAME.exec(line) ?? [];
		const last = inner.at(-1);
		if (kind !== undefined) inner.push({ kind, lines: [first] });
		else if (last && line.startsWith("  ")) last.lines.push(line.slice(2));
		else if (number !== undefined) frames.unshift(frameOf(name, file, Number(number)));
		else if (frames.length === 0) said.push(line);
	}
	const [, type = "", message = ""] = /^([\p{L}_$][\p{L}\p{N}_.$]*)(?:: (.*))?$/su.exec(said.join("\n")) ?? [];
	const read = ({ lines }: { lines: string[] }): Raised => readStack(lines.join("\n"));
	const cause = inner.find(({ kind }) => kind === "cause");
	const parts = inner.filter(({ kind }) => kind === "error").map(read);
	return { type, message: type === "" ? said.join("\n") : message, frames, from: cause ? { how: "cause", raised: read(cause) } : null, parts };
}

const frameOf = (name: string | undefined, file: string, line: number): Frame => ({
	file,
	line,
	function: name ?? "<module>",
	code: [],
	own: !/^(file:|\/|[A-Za-z]:\\|node:)|node_modules/.test(file),
	repeated: 0,
});
