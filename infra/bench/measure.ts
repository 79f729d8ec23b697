// What benchmarks share: time something often, and print medians before means.
import os from "node:os";

/** Calls `work` `warmup` times unmeasured, then `times` times. @returns milliseconds of each measured call, in order */
export async function sample(times: number, work: (i: number) => Promise<number | undefined>, warmup = 2): Promise<number[]> {
	const taken: number[] = [];
	for (let i = -warmup; i < times; i++) {
		const began = performance.now();
		// A work that knows better when it began and ended answers its own milliseconds.
		const own = await work(i);
		if (i >= 0) taken.push(own ?? performance.now() - began);
	}
	return taken;
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (samples: number[]): number => percentile(samples, 0.5);

/** Prints one row: name, p50, p95, p99 in milliseconds and how many samples. */
export function row(name: string, samples: number[]): void {
	const figures = [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(samples, share).toFixed(1).padStart(8)}`);
	console.log(`${name.padEnd(34)} ${figures.join("  ")} ms  (${samples.length})`);
}

export function machine(): void {
	console.log(
		`${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}; shared machines are noisy: compare, don't quote\n`,
	);
}

/** How busy the machine was: without it no figure means much. */
export function load(): void {
	console.log(
		`load average ${os
			.loadavg()
			.map((each) => each.toFixed(1))
			.join(" ")}`,
	);
}
