/** What was raised, as its box shows it. */

export interface Frame {
	file: string;
	line: number;
	function: string;
	/** Lines of source, without their common indent and without Python's markers. */
	code: string[];
	/** In the project, not in a library. */
	own: boolean;
	/** How often it follows itself, as Python says of a recursion. */
	repeated: number;
}

export interface Raised {
	type: string;
	message: string;
	frames: Frame[];
	/** What it was raised from, or while handling what. */
	from: { how: "cause" | "context"; raised: Raised } | null;
	/** Of an exception group. */
	parts: Raised[];
}
