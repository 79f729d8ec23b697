/** JSON as people type it. What one of our own parts wrote is read by JSON.parse alone. */

/** A number that would be another one once it is read. */
export class InexactNumber extends Error {
	override readonly name = "InexactNumber";
}

/** JSON.parse, which would change a number that is too large without a word. Throws SyntaxError, InexactNumber. */
export function readJson(text: string): unknown {
	const value: unknown = JSON.parse(text);
	// It is JSON, so that outside of texts all that begins like a number is one.
	for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g)) {
		const problem = token.startsWith('"') ? undefined : numberProblem(token);
		if (problem) throw new InexactNumber(problem);
	}
	return value;
}

/** @param token a number as JSON writes it. @returns what is wrong, where what is read is not what was written. */
export function numberProblem(token: string): string | undefined {
	const value = Number(token);
	// Fractions are rounded in every language. A large whole number that JSON writes just so again is not changed.
	const holds = /^-?\d+$/.test(token) ? Number.isSafeInteger(value) || String(value) === token : Number.isFinite(value);
	if (holds) return undefined;
	const shown = token.length <= 60 ? token : `${token.slice(0, 59)}…`;
	return `${shown} is larger than JSON numbers here hold: give it as text in quotes`;
}
