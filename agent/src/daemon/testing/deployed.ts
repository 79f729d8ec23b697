/** What the control plane of the agent's tests keeps in memory. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { RunPlace } from "../../protocol/places.ts";
import type { AgentEvent, Answer, Assignment, Finish } from "../../protocol/wire.ts";

export interface Deployed {
	id: string;
	flow: string;
	number: number;
	address: string;
	manifest: Uint8Array;
	clear: Manifest;
	lock: Uint8Array | null;
}

export interface RunRecord {
	assignment: Assignment;
	parameters: Uint8Array | null;
	place: RunPlace;
	/** Poll that was answered with it. */
	poll: string | null;
	started: string | null;
	taken: boolean;
	cancelling: boolean;
	paused: boolean;
	fenced: boolean;
	finish: Finish | null;
	finishSealed: Uint8Array | null;
	events: { event: AgentEvent; sealed: Uint8Array | null }[];
	waits: { task: string; kind: Answer["kind"]; due: string | null; event: string | null; child: string | null; sealed: Uint8Array }[];
	answers: (Omit<Answer, "wait" | "part" | "kind"> & { part: Uint8Array | null })[];
	marks: Map<string, number>;
	pieces: { stream: string; start: number; end: number; sealed: Uint8Array; at: number }[];
}
