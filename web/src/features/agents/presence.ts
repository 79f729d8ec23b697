/**
 * Which agents are there. A word from an agent is noted in memory and written in batches (leases.ts); away is derived, never stored: a poll whose
 * connection broke shows within two seconds, silence after three beats. Away is not lost: nothing is taken from an agent for it.
 */
import { BEAT, POLL_HOLD } from "tidegate/protocol/limits.ts";
import { shared } from "../../server/shared.ts";

const MISSED_BEATS = 3;
/** An idle agent says nothing while its poll is held; then it polls again. */
const IDLE_SILENCE = POLL_HOLD + 5_000;
/** An agent that ends a poll by itself, to ask anew, is back sooner. */
const BROKEN_FOR = 700;
/** How often other servers are told that a held poll is still connected. Within MISSED_BEATS. */
const TOUCH = BEAT;
/** After this an agent is forgotten here: the database knows. */
const FORGET = 300_000;

interface Seen {
	/** Of performance.now(), like all instants here. */
	at: number;
	polls: number;
	brokenAt: number | null;
	holds: boolean;
	touchedAt: number;
	shownAway: boolean;
	/** That it told with its last poll here; undefined before it polled. */
	stores: readonly string[] | undefined;
}

export interface Word {
	agent: string;
	/** Seconds ago. */
	age: number;
	/** A word renews the lease; a connection that is merely open does not. */
	word: boolean;
}

class Presence {
	readonly #seen = new Map<string, Seen>();
	#words = new Set<string>();

	#entry(agent: string): Seen {
		const before = this.#seen.get(agent);
		if (before) return before;
		const made: Seen = { at: performance.now(), polls: 0, brokenAt: null, holds: false, touchedAt: 0, shownAway: false, stores: undefined };
		this.#seen.set(agent, made);
		return made;
	}

	/** The agent said something, and was believed. @param holds whether it has executions, and so owes a beat */
	word(agent: string, holds: boolean): void {
		const seen = this.#entry(agent);
		seen.at = performance.now();
		seen.brokenAt = null;
		seen.holds = holds;
		this.#words.add(agent);
	}

	/** The agent told which stores it reaches. */
	reaches(agent: string, stores: readonly string[]): void {
		this.#entry(agent).stores = stores;
	}

	/** @returns undefined where it told no store to this server */
	storesOf(agent: string): readonly string[] | undefined {
		return this.#seen.get(agent)?.stores;
	}

	pollOpened(agent: string): void {
		this.#entry(agent).polls += 1;
	}

	/** @param broken the connection went away before the answer */
	pollClosed(agent: string, broken: boolean): void {
		const seen = this.#entry(agent);
		seen.polls -= 1;
		if (broken && seen.polls === 0) seen.brokenAt = performance.now();
	}

	#isAway(seen: Seen, now = performance.now()): boolean {
		if (seen.brokenAt !== null && seen.polls === 0 && now - seen.brokenAt > BROKEN_FOR) return true;
		return now - seen.at > (seen.holds ? MISSED_BEATS * BEAT : IDLE_SILENCE);
	}

	/**
	 * @param stored last_seen_at of the database, where other servers write what they hear
	 * @returns whether the agent is away, and when it was last heard
	 */
	of(agent: string, stored: Date | null): { lastSeenAt: Date | null; away: boolean } {
		const seen = this.#seen.get(agent);
		const now = Date.now();
		const heard = seen ? now - (performance.now() - seen.at) : Number.NEGATIVE_INFINITY;
		const elsewhere = stored?.getTime() ?? Number.NEGATIVE_INFINITY;
		// What this server wrote itself is no news from elsewhere.
		const broken = seen?.brokenAt != null ? now - (performance.now() - seen.brokenAt) : heard;
		const newer = elsewhere > Math.max(heard, broken) + BEAT;
		const away = seen && !newer ? this.#isAway(seen) : now - elsewhere > MISSED_BEATS * BEAT;
		const last = Math.max(heard, elsewhere);
		return { lastSeenAt: Number.isFinite(last) ? new Date(last) : null, away };
	}

	/** What is to be written now. What could not be written is given back by `keep`. */
	takeWords(): Word[] {
		const now = performance.now();
		const words: Word[] = [];
		for (const [agent, seen] of this.#seen) {
			const word = this.#words.has(agent);
			const touch = seen.polls > 0 && now - seen.touchedAt > TOUCH;
			if (word || touch) {
				seen.touchedAt = now;
				words.push({ agent, word, age: word ? (now - seen.at) / 1000 : 0 });
			} else if (seen.polls === 0 && now - seen.at > FORGET) this.#seen.delete(agent);
		}
		this.#words = new Set();
		return words;
	}

	keep(words: Word[]): void {
		for (const { agent, word } of words) if (word) this.#words.add(agent);
	}

	/** Agents that went away or came back since this was last asked. */
	takeChanges(): string[] {
		const changed: string[] = [];
		for (const [agent, seen] of this.#seen) {
			const away = this.#isAway(seen);
			if (away !== seen.shownAway) changed.push(agent);
			seen.shownAway = away;
		}
		return changed;
	}
}

export const presence = shared("presence", () => new Presence());
