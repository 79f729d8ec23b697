"use client";
/** A run, live: asked for once, then moved on by what the server sends, at most once a frame. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api, errorCode } from "../../../browser/api.ts";
import { onRenewed } from "../../../browser/expiry.ts";
import type { Segment } from "./log/messages.ts";
import { ENDS, fromSnapshot, type RunView, TURNS, type WatchedEvent } from "./view.ts";

/** How long to wait before asking again where no answer came, in milliseconds. */
const AGAIN = 2_000;
/** A silent agent is noticed by the server, but is no event of the run: asked for as often as this. Milliseconds. */
const LOOK = 10_000;

/** How often a view is moved on, in milliseconds: each frame, or a few times a second where each step looks at many tasks. */
const STEP = 16;
const STEP_OF_MANY = 200;
/** A thousand waits that are told at once are asked for once. Milliseconds. */
const GATHER = 250;
const MANY = 500;

/** Fetched while the server is asked for the run. */
const advancing = () => import("./advance.ts");

type Told = { seq: number; event?: Omit<WatchedEvent, "seq">; segment?: Segment };

export class LiveRun {
	readonly id: string;
	view: RunView | undefined;
	error: Error | undefined;
	#listeners = new Set<() => void>();
	#segments = new Set<(segment: Segment) => void>();
	#events: WatchedEvent[] = [];
	#frame: ReturnType<typeof setTimeout> | undefined;
	#gathered: ReturnType<typeof setTimeout> | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#watch: { unsubscribe(): void } | undefined;
	#running = false;
	/** Position of what was heard last. A new watch goes on from there: a snapshot holds no log. */
	#heard: number | undefined;

	constructor(id: string) {
		this.id = id;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	/** Whether all that the view shows was heard: one that was asked for may be ahead of what is followed, the log among it. */
	readonly isHeard = (): boolean => this.view !== undefined && (this.#heard ?? 0) >= this.view.seq;

	/** Hears each log segment that is reported from now on. */
	onSegment(listener: (segment: Segment) => void): () => void {
		this.#segments.add(listener);
		return () => this.#segments.delete(listener);
	}

	start(): () => void {
		this.#running = true;
		void advancing();
		void this.#begin();
		const off = onRenewed(() => void this.#begin());
		return () => {
			off();
			this.#running = false;
			clearTimeout(this.#frame);
			clearTimeout(this.#timer);
			clearTimeout(this.#gathered);
			this.#gathered = undefined;
			this.#frame = undefined;
			this.#watch?.unsubscribe();
		};
	}

	async #begin(): Promise<void> {
		try {
			const told = await api.runs.get.query({ id: this.id });
			if (!this.#running) return;
			this.error = undefined;
			this.view = fromSnapshot(told);
			this.#tell();
			this.#heard ??= told.seq;
			this.#follow(this.#heard);
			this.#lookAgain();
		} catch (cause) {
			if (!this.#running) return;
			this.error = cause as Error;
			this.#tell();
			if (errorCode(cause) === undefined) this.#timer = setTimeout(() => void this.#begin(), AGAIN);
		}
	}

	#follow(after: number): void {
		this.#watch?.unsubscribe();
		this.#watch = api.runs.watch.subscribe(
			{ id: this.id, lastEventId: String(after) },
			{
				onData: ({ data }) => this.#take(data),
				onError: () => {
					this.#timer = setTimeout(() => void this.#begin(), AGAIN);
				},
			},
		);
	}

	#take({ seq, event, segment }: Told): void {
		const behind = !this.isHeard();
		this.#heard = seq;
		if (segment) for (const listener of this.#segments) listener(segment);
		if (behind && this.isHeard()) this.#tell();
		if (!event) return;
		this.#events.push({ ...event, seq });
		// Not by animation frame: those stop in a tab that is not seen, whose title and icon should still tell.
		this.#frame ??= setTimeout(() => void this.#apply(), (this.view?.tasks.size ?? 0) < MANY ? STEP : STEP_OF_MANY);
	}

	async #apply(): Promise<void> {
		const { advance } = await advancing();
		this.#frame = undefined;
		const events = this.#events;
		this.#events = [];
		if (!this.view || !this.#running) return;
		this.view = advance(this.view, events);
		this.#tell();
		if (!events.some((event) => ENDS.includes(event.type) || TURNS.includes(event.type))) return;
		this.#gathered ??= setTimeout(() => {
			this.#gathered = undefined;
			void this.#refresh();
		}, GATHER);
	}

	/** What no event carries: the figures of an execution that ended, what is waited for, an agent that went silent. */
	async #refresh(): Promise<void> {
		const told = await api.runs.get.query({ id: this.id }).catch(() => undefined);
		// Older than what the events said by now: the next one will do.
		if (!told || !this.#running || !this.view || told.seq < this.view.seq) return;
		this.view = fromSnapshot(told);
		this.#tell();
	}

	#lookAgain(): void {
		clearTimeout(this.#timer);
		if (this.view?.run.finishedAt) return;
		this.#timer = setTimeout(() => void this.#refresh().then(() => this.#running && this.#lookAgain()), LOOK);
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}

export function useLiveRun(id: string): { live: LiveRun; view: RunView | undefined; error: Error | undefined } {
	const live = useMemo(() => new LiveRun(id), [id]);
	useEffect(() => live.start(), [live]);
	const view = useSyncExternalStore(
		live.subscribe,
		() => live.view,
		() => undefined,
	);
	const error = useSyncExternalStore(
		live.subscribe,
		() => live.error,
		() => undefined,
	);
	return { live, view, error };
}
