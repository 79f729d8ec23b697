/** Which Pythons this host has. Each is asked once for its own path: a shim of pyenv or asdf costs 150 ms at every start, the interpreter behind it 15. */
import { runTool } from "./tools.ts";

export interface Interpreter {
	/** The program itself, behind any shim. */
	path: string;
	/** `3.11` */
	minor: string;
	/** `3.11.7` */
	version: string;
}

/** There is no Python that fits: nothing was started. */
export class NoPython extends Error {
	override readonly name = "NoPython";
}

/** How long a Python that was not there is not asked for again. Milliseconds. */
const MISSING_MS = 60_000;
const OLDEST = 9;
const NEWEST = 14;
const ASK = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";

export class Interpreters {
	readonly #environment: NodeJS.ProcessEnv;
	readonly #asked = new Map<string, Promise<Interpreter | null>>();

	constructor(environment: NodeJS.ProcessEnv) {
		this.#environment = environment;
	}

	/**
	 * The deployer's own minor version where it is here, else python3, else any that fits.
	 * @param preferred `3.11` @param requires a PEP 440 range such as `>=3.10,<3.13`, null where any will do. Throws NoPython.
	 */
	async choose(preferred: string, requires: string | null): Promise<Interpreter> {
		const others = Array.from({ length: NEWEST - OLDEST + 1 }, (_, i) => `python3.${NEWEST - i}`);
		const seen: string[] = [];
		for (const name of new Set([`python${preferred}`, "python3", ...others])) {
			const found = await this.#ask(name);
			if (!found || seen.includes(found.version)) continue;
			seen.push(found.version);
			if (Number(found.minor.split(".")[1]) >= OLDEST && (requires === null || satisfies(found.version, requires))) return found;
		}
		const wanted = requires === null ? `Python 3.${OLDEST} or newer` : `Python ${requires}`;
		throw new NoPython(
			seen.length > 0
				? `the flow needs ${wanted}; this host has ${seen.join(", ")}`
				: `the flow needs ${wanted}; this host has no python3 on its PATH: install it, then run the flow again`,
		);
	}

	#ask(name: string): Promise<Interpreter | null> {
		let asked = this.#asked.get(name);
		if (!asked) {
			asked = runTool({ command: [name, "-I", "-S", "-c", ASK], environment: this.#environment, collect: true }).then(
				(out) => {
					const [path = "", version = ""] = out.trim().split(/\r?\n/);
					return path && /^3\.\d+\.\d+$/.test(version) ? { path, version, minor: version.split(".").slice(0, 2).join(".") } : null;
				},
				// Not there, or a shim for a version that is not installed. It may be, later.
				() => {
					setTimeout(() => this.#asked.delete(name), MISSING_MS).unref();
					return null;
				},
			);
			this.#asked.set(name, asked);
		}
		return asked;
	}
}

/** Whether a final release fits into a PEP 440 range of the operators that `requires-python` uses. A clause that is not understood does not hold anything up. */
export function satisfies(version: string, range: string): boolean {
	return range.split(",").every((clause) => {
		const match = /^\s*(~=|===?|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?\s*$/.exec(clause);
		if (!match) return true;
		const [, operator, text = "", star] = match;
		const wanted = text.split(".").map(Number);
		const compared = compare(version.split(".").map(Number), wanted, star ? wanted.length : 3);
		const prefix = (length: number): boolean => compare(version.split(".").map(Number), wanted, length) === 0;
		switch (operator) {
			case "~=":
				return compared >= 0 && prefix(wanted.length - 1);
			case "==":
			case "===":
				return compared === 0;
			case "!=":
				return compared !== 0;
			case "<=":
				return compared <= 0;
			case ">=":
				return compared >= 0;
			case "<":
				return compared < 0;
			default:
				return compared > 0;
		}
	});
}

function compare(a: number[], b: number[], length: number): number {
	for (let i = 0; i < length; i++) {
		const difference = (a[i] ?? 0) - (b[i] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}
