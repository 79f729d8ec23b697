/** Every state as shape, word and colour, so that it reads without colour too. */
import { Ban, Check, CircleDashed, CirclePause, CircleSlash, Clock3, Flag, Loader, type LucideIcon, OctagonPause, RotateCcw, X } from "lucide-react";
import type { AttemptOutcome, ExecutionOutcome, RunState, TaskState } from "tidegate/protocol/states.ts";

export type AnyState = RunState | TaskState | AttemptOutcome | ExecutionOutcome;
export type Tone = "queued" | "waiting" | "running" | "succeeded" | "failed" | "cancelled";

interface Face {
	icon: LucideIcon | null;
	word: string;
	tone: Tone;
}

const faces: Record<AnyState, Face> = {
	queued: { icon: CircleDashed, word: "queued", tone: "queued" },
	held: { icon: OctagonPause, word: "held", tone: "waiting" },
	waiting: { icon: CirclePause, word: "waiting", tone: "waiting" },
	starting: { icon: Loader, word: "starting", tone: "running" },
	// The disc is drawn, not an icon: only it may pulse.
	running: { icon: null, word: "running", tone: "running" },
	cancelling: { icon: Ban, word: "cancelling", tone: "waiting" },
	succeeded: { icon: Check, word: "succeeded", tone: "succeeded" },
	failed: { icon: X, word: "failed", tone: "failed" },
	cancelled: { icon: Ban, word: "cancelled", tone: "cancelled" },
	lost: { icon: Flag, word: "lost", tone: "failed" },
	timed_out: { icon: Clock3, word: "timed out", tone: "failed" },
	refused: { icon: CircleSlash, word: "refused", tone: "failed" },
	pending: { icon: CircleDashed, word: "pending", tone: "queued" },
	skipped: { icon: CircleSlash, word: "skipped", tone: "cancelled" },
	suspended: { icon: CirclePause, word: "suspended", tone: "waiting" },
	returned: { icon: RotateCcw, word: "given back", tone: "cancelled" },
};

export const faceOf = (state: AnyState): Face => faces[state];

/** Class names in full, since Tailwind reads them from the source. */
export const toneText: Record<Tone, string> = {
	queued: "text-queued",
	waiting: "text-waiting",
	running: "text-running",
	succeeded: "text-succeeded",
	failed: "text-failed",
	cancelled: "text-cancelled",
};
export const toneFill: Record<Tone, string> = {
	queued: "bg-queued",
	waiting: "bg-waiting",
	running: "bg-running",
	succeeded: "bg-succeeded",
	failed: "bg-failed",
	cancelled: "bg-cancelled",
};

export function StateGlyph({ state, size = 14 }: { state: AnyState; size?: number }) {
	const { icon: Icon, tone } = faces[state];
	return (
		<span aria-hidden className={`inline-flex shrink-0 items-center justify-center ${toneText[tone]}`} style={{ width: size, height: size }}>
			{Icon ? <Icon size={size} strokeWidth={2.5} /> : <span className="pulse size-[70%] rounded-full bg-current" />}
		</span>
	);
}

export function StateWord({ state }: { state: AnyState }) {
	const { word, tone } = faces[state];
	return (
		<span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${toneText[tone]}`}>
			<StateGlyph state={state} />
			{word}
		</span>
	);
}
