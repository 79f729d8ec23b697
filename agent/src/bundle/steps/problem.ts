/** What is wrong with a step: where in the YAML, and at which character of the text there. */
export class StepProblem extends Error {
	override readonly name = "StepProblem";
	readonly path: PropertyKey[];
	readonly at: number;
	/** Whether the key itself is meant, not its value. */
	readonly key: boolean;
	/** What else is wrong. */
	others: StepProblem[] = [];
	constructor(path: PropertyKey[], message: string, at = 0, key = false) {
		super(message);
		this.path = path;
		this.at = at;
		this.key = key;
	}
}

/** Goes on after a problem, so that all of them are told at once. */
export class Problems {
	readonly #found: StepProblem[] = [];

	add(problem: StepProblem): void {
		this.#found.push(problem);
	}

	/** @returns undefined where there was one. */
	take<T>(what: () => T): T | undefined {
		try {
			return what();
		} catch (error) {
			if (!(error instanceof StepProblem)) throw error;
			this.add(error);
			return undefined;
		}
	}

	/** Throws the first, with the others, if there were any. */
	end(): void {
		const [first, ...others] = this.#found;
		if (!first) return;
		first.others = others;
		throw first;
	}
}
