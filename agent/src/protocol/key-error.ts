/** Why there is no workspace key to work with, or why one was not taken, in words for people. */
export class KeyError extends Error {
	override readonly name = "KeyError";
	readonly reason: "missing" | "wrong" | "file";
	constructor(reason: "missing" | "wrong" | "file", message: string) {
		super(message);
		this.reason = reason;
	}
}
