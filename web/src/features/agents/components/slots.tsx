import { count } from "../../../ui/format.ts";

/** More are a bar and a number: nobody counts squares. */
const MAX_SQUARES = 20;

/** Slots as squares, filled where a run is in them. */
export function Slots({ slots, running }: { slots: number | null; running: number }) {
	if (slots === null)
		return (
			<span className="text-quiet" title="It has not asked for work yet: then its slots are known">
				—
			</span>
		);
	const label = `${count(running)} of ${count(slots)} ${slots === 1 ? "slot" : "slots"} in use`;
	return (
		<span role="img" aria-label={label} title={label} className="flex flex-wrap items-center gap-0.5">
			{Math.max(slots, running) > MAX_SQUARES ? <Bar slots={slots} running={running} /> : <Squares slots={slots} running={running} />}
		</span>
	);
}

function Squares({ slots, running }: { slots: number; running: number }) {
	// There may be more runs than slots for a while: the agent was started anew with fewer.
	return Array.from({ length: Math.max(slots, running) }, (_, at) => (
		// biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place.
		<span key={at} data-slot={at < running ? "filled" : "empty"} className={square(at < running, at < slots)} />
	));
}

function Bar({ slots, running }: { slots: number; running: number }) {
	return (
		<>
			<span className="h-3 w-20 overflow-hidden rounded-[2px] border border-line-strong">
				<span className="block h-full bg-running" style={{ width: `${Math.min(100, (100 * running) / slots)}%` }} />
			</span>
			<span className="ml-1 text-quiet text-small tabular-nums">
				{count(running)} / {count(slots)}
			</span>
		</>
	);
}

function square(filled: boolean, own: boolean): string {
	if (filled) return `size-3 rounded-[2px] border ${own ? "border-running bg-running" : "border-waiting bg-waiting"}`;
	return "size-3 rounded-[2px] border border-line-strong";
}
