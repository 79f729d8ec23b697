/**
 * A traceback as Python prints it, read back into what was raised: the last exception, what it came from, and the members of groups. Pure.
 * The text may be cut in its middle, quote another traceback or be no traceback at all: whatever is not understood stays part of a message.
 */
import type { ErrorContent } from "tidegate/protocol/content.ts";
import { projectOf } from "tidegate/protocol/traceback.ts";
import type { Frame, Raised } from "./raised.ts";
import { isStack, readStack } from "./stack.ts";

const CAUSE = "The above exception was the direct cause of the following exception:";
const CONTEXT = "During handling of the above exception, another exception occurred:";

/** A stretch of text at one margin; the members of a group stand where they were printed. */
interface Block {
	column: number;
	entries: (string | Block[])[];
}

const HEAD = /^(?:Exception Group )?Traceback \(most recent call last\):$/;
const OPENS = /^\+-\+-+ (?:\d+|\.\.\.) -+$/;
const NEXT = /^\+-+ (?:\d+|\.\.\.) -+$/;
const CLOSES = /^\+-+$/;

/** Takes the margins off (`  | `, `  +-+---- 1 ----`) that Python draws before the members of groups. */
function blocksOf(lines: string[]): Block {
	const root: Block = { column: -1, entries: [] };
	const stack: Block[] = [root];
	const at = () => stack.at(-1) as Block;
	for (const line of lines) {
		const column = line.search(/\S/);
		const text = line.slice(column);
		if (column >= 0 && text.startsWith("+ Exception Group Traceback")) {
			root.column = column;
			stack.length = 1;
			root.entries.push(text.slice(2));
			continue;
		}
		const depth = root.column < 0 ? -1 : stack.findLastIndex((block) => block.column === column);
		const inMargin = depth >= 0 && (text.startsWith("|") || text.startsWith("+-"));
		if (!inMargin) {
			stack.length = 1;
			root.entries.push(line);
			continue;
		}
		stack.length = depth + 1;
		if (OPENS.test(text)) {
			const first: Block = { column: column + 2, entries: [] };
			at().entries.push([first]);
			stack.push(first);
		} else if (NEXT.test(text) && depth > 0) {
			stack.pop();
			const sibling: Block = { column, entries: [] };
			const members = at().entries.at(-1);
			if (Array.isArray(members)) members.push(sibling);
			stack.push(sibling);
		} else if (CLOSES.test(text) && depth > 0) stack.pop();
		else at().entries.push(text.slice(2));
	}
	return root;
}

type Own = (file: string) => boolean;

/** What is read of one exception of a chain. */
class Section {
	readonly frames: Frame[] = [];
	readonly message: string[] = [];
	readonly parts: Raised[] = [];
	readonly #own: Own;

	constructor(own: Own) {
		this.#own = own;
	}

	take(line: string): void {
		if (this.message.length > 0) {
			this.message.push(line);
			return;
		}
		if (line === "" || HEAD.test(line)) return;
		const [, file, number, name] = /^ {2}File "(.*)", line (\d+)(?:, in (.*))?$/.exec(line) ?? [];
		const last = this.frames.at(-1);
		if (file !== undefined) {
			this.frames.push({ file, line: Number(number), function: name ?? "<module>", code: [], own: this.#own(file), repeated: 0 });
		} else if (last && line.startsWith("    ")) {
			// Markers under the code say which part of a line it was.
			if (!/^[\s~^]+$/.test(line)) last.code.push(line.slice(4));
		} else if (last && line.startsWith("  ")) last.repeated = Number(/repeated (\d+) more/.exec(line)?.[1] ?? last.repeated);
		else this.message.push(line);
	}

	raised(from: Raised["from"]): Raised {
		const [first = "", ...rest] = this.message;
		const [, type, message] = /^([\p{L}_][\p{L}\p{N}_.<>]*)(?:: (.*))?$/u.exec(first) ?? [];
		const text = [type === undefined ? first : (message ?? ""), ...rest].join("\n").trimEnd();
		return { type: type ?? "", message: text, frames: this.frames, from, parts: this.parts };
	}

	get empty(): boolean {
		return this.frames.length === 0 && this.message.length === 0;
	}
}

function raisedOf(block: Block, own: Own): Raised {
	let section = new Section(own);
	let from: Raised["from"] = null;
	for (const entry of block.entries) {
		if (Array.isArray(entry)) section.parts.push(...entry.map((member) => raisedOf(member, own)));
		else if (entry.trim() === CAUSE || entry.trim() === CONTEXT) {
			if (!section.empty) from = { how: entry.trim() === CAUSE ? "cause" : "context", raised: section.raised(from) };
			section = new Section(own);
		} else section.take(entry);
	}
	return section.raised(from);
}

const LIBRARY = /(?:^|[\\/])(?:site-packages|dist-packages|lib[\\/]python3?[\d.]*)[\\/]|^<frozen /;

/** @returns the last exception first, each with what it came from. Its type, message and frames are those that were recorded besides the text. */
export function readTraceback(error: ErrorContent): Raised {
	if (isStack(error.traceback)) {
		const read = readStack(error.traceback);
		const recorded = error.frames.map((frame) => ({ ...frame, code: frame.code ? [frame.code] : [], repeated: 0 }));
		return { ...read, type: error.type, message: error.message, frames: recorded.length === 0 ? read.frames : recorded };
	}
	const project = projectOf(error);
	const own: Own = (file) => !LIBRARY.test(file) && (project === undefined || file.startsWith(project));
	const read = raisedOf(blocksOf(error.traceback.split("\n")), own);
	const strip = (raised: Raised): void => {
		for (const frame of raised.frames) if (frame.own && project) frame.file = frame.file.slice(project.length);
	};
	eachRaised(read, strip);
	const recorded = error.frames.map((frame) => ({ ...frame, code: frame.code ? [frame.code] : [], repeated: 0 }));
	// A text without frames, or one that was cut: what was recorded is whole.
	const whole = read.frames.length > 0 && !error.traceback.includes(" bytes more)\n");
	// Notes follow the message, such as which item of a map it was: they are in the text alone.
	const message = error.message && read.message.startsWith(`${error.message}\n`) ? read.message : error.message;
	return { ...read, type: error.type, message, frames: whole || recorded.length === 0 ? read.frames : recorded };
}

function eachRaised(raised: Raised, visit: (one: Raised) => void): void {
	for (const one of chainOf(raised)) {
		visit(one);
		for (const part of one.parts) eachRaised(part, visit);
	}
}

/** An exception and all that it came from, the last first. */
export function chainOf(raised: Raised): Raised[] {
	const chain = [raised];
	for (let next = raised.from?.raised; next; next = next.from?.raised) chain.push(next);
	return chain;
}

/** Frames in the order of their calls; those of libraries together where they follow each other. */
export function groupsOf(frames: Frame[]): Frame[][] {
	const groups: Frame[][] = [];
	for (const frame of frames) {
		const last = groups.at(-1);
		if (last && !frame.own && last[0]?.own === false) last.push(frame);
		else groups.push([frame]);
	}
	return groups;
}
