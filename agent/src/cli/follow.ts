/** Watching one run from the terminal, until it ends or Ctrl-C. */
import type { Happening } from "../client/happening.ts";
import { watchRun } from "../client/watch.ts";
import type { RunPlace } from "../protocol/places.ts";
import { EXIT } from "./exit.ts";
import { note } from "./output.ts";
import type { Session } from "./session.ts";

/** The events of a report follow its log within this; nobody sees it pass. Milliseconds. */
const SETTLE = 5;

/** @returns false where Ctrl-C ended the watching: the run goes on, and the exit code says so. */
export async function follow(session: Session, place: RunPlace, use: (happening: Happening) => Promise<void> | void): Promise<boolean> {
	const key = await session.key();
	const stop = new AbortController();
	const onInterrupt = (): void => stop.abort();
	process.once("SIGINT", onInterrupt);
	try {
		const onConnection = (state: "lost" | "back"): void =>
			note(state === "lost" ? `connection to ${session.url} lost: the run goes on, waiting for it to come back …` : "connection is back");
		for await (const happening of watchRun(session.api, key, place, { signal: stop.signal, onConnection, settle: SETTLE })) await use(happening);
	} finally {
		process.off("SIGINT", onInterrupt);
	}
	if (!stop.signal.aborted) return true;
	const short = place.run.slice(-8);
	note(`\nDetached: the run goes on. tidegate logs -f ${short} comes back to it, tidegate cancel ${short} ends it.`);
	process.exitCode = EXIT.interrupted;
	return false;
}

/** The place of a run that exists, for opening what is sealed there. */
export async function placeOf(session: Session, id: string): Promise<RunPlace> {
	const [{ run }, key] = await Promise.all([session.api.runs.get.query({ id }), session.key()]);
	return { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id };
}
