/** What is wrong with a project: said to the person who deploys it, before anything is sent. */
export class ProjectProblem extends Error {
	override readonly name = "ProjectProblem";
}

/** The upload door said no. `status` is HTTP's. */
export class UploadRefused extends Error {
	override readonly name = "UploadRefused";
	readonly status: number;
	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

/** `1.2 MiB`: the one way in which sizes are written for people. */
export function size(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < UNITS.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
