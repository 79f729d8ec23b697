/** Asking before what cannot be taken back. */
import { createInterface } from "node:readline/promises";
import { EXIT, Failure } from "./exit.ts";

/** Throws Failure where the answer is not yes. @param otherwise what is said where nobody can be asked */
export async function confirm(question: string, otherwise: string): Promise<void> {
	if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Failure(otherwise, EXIT.badInput);
	const reader = createInterface({ input: process.stdin, output: process.stderr });
	try {
		const said = await reader.question(`${question} [y/N] `);
		if (!/^y(es)?$/i.test(said.trim())) throw new Failure("nothing was done.", EXIT.failed);
	} finally {
		reader.close();
	}
}
