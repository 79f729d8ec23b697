/** The GPUs of this host, each given to one execution at a time. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { gpusGiven } from "../config.ts";

/** The driver's own, where there is a driver. */
const TOOL = "nvidia-smi";
/** What the driver's tool may take to answer. Milliseconds. */
const ANSWER_MS = 10_000;

export class Gpus {
	#free: string[] | undefined;
	#all: string[] = [];
	/** Taken by executions that an earlier process of this agent began. */
	readonly #held: string[] = [];
	readonly #waiting: { count: number; give(ids: string[]): void }[] = [];

	/** For tests: what there is, in place of a look. */
	constructor(ids?: readonly string[]) {
		if (ids) this.#found([...ids]);
	}

	#found(ids: string[]): string[] {
		this.#all = ids;
		this.#free = ids.filter((id) => !this.#held.includes(id));
		return this.#free;
	}

	/** Looked for when they are first asked for: the driver's tool takes seconds on some hosts. */
	get #left(): string[] {
		return this.#free ?? this.#found(find());
	}

	get count(): number {
		return this.#left && this.#all.length;
	}

	/** Those that an execution has already. */
	hold(ids: readonly string[]): void {
		this.#held.push(...ids);
		if (this.#free) this.#found(this.#all);
	}

	/** As soon as so many are free, in the order of asking. Rejects with the reason of `signal`. @param onWait called where it has to wait */
	take(count: number, signal: AbortSignal, onWait: () => void): Promise<string[]> {
		if (this.#waiting.length === 0 && this.#left.length >= count) return Promise.resolve(this.#give(count));
		onWait();
		return new Promise((resolve, reject) => {
			const asked = {
				count,
				give: (ids: string[]): void => {
					signal.removeEventListener("abort", leave);
					resolve(ids);
				},
			};
			const leave = (): void => {
				this.#waiting.splice(this.#waiting.indexOf(asked), 1);
				this.#serve();
				reject(signal.reason);
			};
			this.#waiting.push(asked);
			signal.addEventListener("abort", leave, { once: true });
		});
	}

	release(ids: readonly string[]): void {
		for (const id of ids) {
			const at = this.#held.indexOf(id);
			if (at >= 0) this.#held.splice(at, 1);
		}
		if (this.#free) this.#found(this.#all);
		this.#serve();
	}

	#give(count: number): string[] {
		const ids = this.#left.slice(0, count);
		this.#held.push(...ids);
		this.#found(this.#all);
		return ids;
	}

	#serve(): void {
		for (let next = this.#waiting[0]; next && next.count <= this.#left.length; next = this.#waiting[0]) {
			this.#waiting.shift();
			next.give(this.#give(next.count));
		}
	}
}

/** Ids as CUDA_VISIBLE_DEVICES takes them. */
function find(): string[] {
	const given = gpusGiven();
	if (given !== undefined)
		return /^\d+$/.test(given)
			? numbers(Number(given))
			: given
					.split(",")
					.map((id) => id.trim())
					.filter(Boolean);
	try {
		const told = execFileSync(TOOL, ["-L"], { encoding: "utf8", timeout: ANSWER_MS, stdio: ["ignore", "pipe", "ignore"] });
		return numbers(told.split("\n").filter((line) => /^GPU \d+:/.test(line)).length);
	} catch {
		return numbers(deviceNodes());
	}
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

function deviceNodes(): number {
	try {
		return readdirSync("/dev").filter((name) => /^nvidia\d+$/.test(name)).length;
	} catch {
		return 0;
	}
}
