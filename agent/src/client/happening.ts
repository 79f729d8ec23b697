/** What happens in a run, opened: what `watch` gives out. */
import type { ArtifactContent, ErrorContent, ResultContent, TaskContent, WaitContent } from "../protocol/content.ts";
import type { Line } from "../protocol/lines.ts";
import type { RunState, TaskState, WaitKind } from "../protocol/states.ts";

/** `at`: ISO instant. `execution`: null for what concerns the run as a whole. */
interface Common {
	at: string;
	execution: number | null;
}

export type Happening =
	| (Common & { type: "queued" | "claimed" | "started" | "cancel_requested" | "lost" | "returned" | "late"; data: Record<string, unknown> })
	/** Of waits and what came of them, of pauses, children and marks by hand: the clear part alone. */
	| (Common & { type: "waiting" | "held" | "answered" | "pause_requested" | "resumed" | "child" | "marked"; data: Record<string, unknown> })
	| (Common & {
			type: "task";
			task: string;
			fn: string;
			index: number | null;
			state: TaskState;
			attempt: number;
			/** Of a waiting one: when its next attempt begins. */
			until?: string;
			/** Of a remembered one: the run that did it; `cached`: by its inputs. */
			from?: string;
			cached?: boolean;
			/** As the flow knows it, such as `train#0[3]`, where that was told by now. */
			key?: string;
			/** What pages call it, where the flow named it. */
			name?: string;
			content: TaskContent | null;
	  })
	/** The run waits for something outside; told again by each process that comes to it. `due`: when a time comes, else the deadline. */
	| (Common & { type: "wait"; task: string; kind: WaitKind; due: string | null; child: string | null; content: WaitContent })
	| (Common & { type: "artifact"; id: string; kind: string; size: number; content: ArtifactContent })
	| (Common & { type: "result"; content: ResultContent })
	| (Common & { type: "error"; content: ErrorContent })
	/** The process of one execution ended. `note`: why, where the end was not the flow's own. */
	| (Common & { type: "finished"; outcome: string; code: number | null; signal: string | null; note: string | null })
	/** The run ended: nothing follows but late log lines. */
	| (Common & { type: "ended"; state: RunState })
	| { type: "lines"; lines: Line[] };
