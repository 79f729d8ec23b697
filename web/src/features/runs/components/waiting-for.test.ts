import { expect, test } from "vitest";
import type { RunView } from "./view.ts";
import { waitingFor } from "./waiting-for.ts";

const now = new Date(2026, 10, 26, 9, 0).getTime();
const iso = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
const plain = (text: string) => text.replaceAll("\u202f", " ");

function view(run: Partial<RunView["run"]>, kin: Partial<RunView["kin"]> = {}): RunView {
	return {
		run: { state: "waiting", attempt: 1, until: null, queuedAt: iso(-60), ...run },
		kin: { needs: 1, childCount: 0, childStates: {}, waits: [], ...kin },
	} as unknown as RunView;
}
const open = (kind: string) => ({ task: kind, kind, state: "open" });
const event = { key: "event#0", prompt: null, event: { name: "paid", key: "7" } };

test("a waiting run says what for, and until when", () => {
	const said = (...given: Parameters<typeof waitingFor>) => plain(waitingFor(...given));
	expect(said(view({ waitingFor: "approval" }, { waits: [open("approval")] as never }), now)).toBe("for an answer");
	expect(said(view({ waitingFor: "approval", until: iso(3_840) }, { waits: [open("approval"), open("approval")] as never }), now)).toBe(
		"for 2 answers, until 10:04",
	);
	expect(said(view({ waitingFor: "time", until: iso(4 * 86_400) }), now)).toBe("until Monday 09:00");
	expect(said(view({ waitingFor: "event" }), now)).toBe("for an event");
	expect(said(view({ waitingFor: "event" }), now, { wait: event })).toBe("for event paid with key 7");
	expect(said(view({ waitingFor: "child" }, { childCount: 1, childStates: { running: 1 } }), now)).toBe("for its child run");
	expect(said(view({ waitingFor: "child" }, { needs: 3, childCount: 10, childStates: { succeeded: 6, failed: 1, running: 3 } }), now)).toBe(
		"for 3 of 10 child runs, 7 ended",
	);
	expect(said(view({ waitingFor: "retry", attempt: 3, until: iso(3_840) }), now, { retries: 3 })).toBe("for retry 2 of 3 at 10:04");
	expect(said(view({ waitingFor: "retry", attempt: 2, until: iso(9) }), now)).toBe("for retry 1 in 9 s");
});
