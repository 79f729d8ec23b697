// How stages show themselves. Plain JavaScript, since bootstrap.mjs runs it on Node 20.
import { colour } from "./config.mjs";

/** @param {string} code @returns {(text: string) => string} */
const paint = (code) => (text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
export const dim = paint("2");
export const bold = paint("1");
export const red = paint("31");
export const green = paint("32");
export const yellow = paint("33");

/** An error that is told as it stands: what failed, and what to do. Its stack is nobody's business. */
export class Advice extends Error {}

/** @param {number} since performance.now() @returns {string} like "0.4 s" */
export function seconds(since) {
	return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** The lines of the stages that go on now: several may. @type {Set<() => string>} */
const going = new Set();

/**
 * Runs one stage, showing its name at once, its seconds as they pass, and how it ended.
 * @template T
 * @param {string} name
 * @param {(note: (text: string) => void) => Promise<T>} work `note` sets the words after the name
 * @returns {Promise<T>}
 */
export async function stage(name, work) {
	const began = performance.now();
	const label = name.padEnd(14);
	let words = "";
	const line = (/** @type {string} */ mark) => `${mark} ${label} ${dim(seconds(began).padStart(7))}${words ? `  ${words}` : ""}`;
	const live = colour && process.stdout.isTTY;
	const now = () => line(dim("·"));
	const show = () => {
		const width = (process.stdout.columns ?? 80) + (colour ? 8 * going.size : 0);
		process.stdout.write(
			`\r\x1b[K${[...going]
				.map((each) => each().trimEnd())
				.join("   ")
				.slice(0, width)}`,
		);
	};
	going.add(now);
	if (live) show();
	// Where nothing can be redrawn, say every ten seconds that it still goes on.
	const beat = setInterval(() => (live ? show() : console.log(line("·"))), live ? 200 : 10_000);
	const finish = (/** @type {string} */ mark) => {
		clearInterval(beat);
		going.delete(now);
		console.log(`${live ? "\r\x1b[K" : ""}${line(mark)}`);
	};
	try {
		const result = await work((text) => {
			words = text;
		});
		finish(green("✓"));
		return result;
	} catch (error) {
		finish(red("✗"));
		throw error;
	}
}
