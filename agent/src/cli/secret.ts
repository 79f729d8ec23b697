/** Asking for a secret: without showing it on a terminal, from a pipe as it comes. Never from the command line, which other users and the shell's history see. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Bytes } from "../protocol/bytes.ts";
import { parseKey, SealError } from "../protocol/seal.ts";
import { EXIT, Failure } from "./exit.ts";

/** The workspace key that people paste, or pipe as a line or a backup file. */
export const askKey = async (): Promise<Bytes> => readKey(await askSecret("Paste the workspace key (tgk_…), then Enter: ", "key"));

/** Takes a backup file as well as the bare key. */
export function readKey(given: string): Bytes {
	try {
		return parseKey(/tgk_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/.exec(given)?.[0] ?? given);
	} catch (error) {
		throw error instanceof SealError ? new Failure(`this is no workspace key: ${error.message}.`, EXIT.badInput) : error;
	}
}

/** @param what it is called where none is given. A pipe is read to its end. */
export async function askSecret(question: string, what: string): Promise<string> {
	const { stdin, stderr } = process;
	if (!stdin.isTTY) return text(stdin);
	// First the reader, which ends the terminal's echo, then the question: who pastes fast would see the key otherwise.
	const reader = createInterface({ input: stdin, output: new Writable({ write: (_chunk, _encoding, done) => done() }), terminal: true });
	stderr.write(question);
	try {
		return await new Promise<string>((resolve, reject) => {
			reader.once("line", resolve);
			reader.once("SIGINT", () => reject(new Failure("interrupted: nothing was done.", EXIT.interrupted)));
			reader.once("close", () => reject(new Failure(`no ${what} was given.`, EXIT.badInput)));
		});
	} finally {
		reader.close();
		stderr.write("\n");
	}
}
