/** What is wrong with a step: where in the YAML, and at which character of the text there. */
export class StepProblem extends Error {
	override readonly name = "StepProblem";
	readonly path: PropertyKey[];
	readonly at: number;
	/** Whether the key itself is meant, not its value. */
	readonly key: boolean;
	constructor(path: PropertyKey[], message: string, at = 0, key = false) {
		super(message);
		this.path = path;
		this.at = at;
		this.key = key;
	}
}
