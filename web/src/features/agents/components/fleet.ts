"use client";
/** Pools and agents as the server tells them, live. A connection that was away begins with everything anew. */
import { useEffect, useState } from "react";
import { api, type Outputs } from "../../../browser/api.ts";

export type Agent = Outputs["agents"]["list"]["agents"][number];
export type Pool = Outputs["pools"]["list"]["pools"][number];

export interface Fleet {
	/** By name. */
	pools: Pool[];
	/** By name, those that are revoked last. */
	agents: Agent[];
	/** Of the server. */
	release: string;
}

/** How long to wait before asking again where the server refused or broke off, in milliseconds. */
const AGAIN = 2_000;

interface Change {
	pools: Pool[];
	agents: Agent[];
	whole: boolean;
	release: string;
}

function changed<T extends { id: string; name: string }>(before: readonly T[], told: readonly T[]): T[] {
	if (told.length === 0) return before as T[];
	const all = new Map(before.map((one) => [one.id, one]));
	for (const one of told) all.set(one.id, one);
	return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What did not change stays the same object, so that its row is not drawn again. */
export function merge(before: Fleet | undefined, change: Change): Fleet {
	const from = change.whole || !before ? { pools: [], agents: [] } : before;
	return { pools: changed(from.pools, change.pools), agents: changed(from.agents, change.agents), release: change.release };
}

export function useFleet(): { fleet: Fleet | undefined; error: Error | undefined } {
	const [fleet, setFleet] = useState<Fleet>();
	const [error, setError] = useState<Error>();
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		let watch: { unsubscribe(): void } | undefined;
		const begin = () => {
			watch = api.agents.watch.subscribe(
				{},
				{
					onData(change) {
						setError(undefined);
						setFleet((before) => merge(before, change));
					},
					onError(cause) {
						setError(cause);
						timer = setTimeout(begin, AGAIN);
					},
				},
			);
		};
		begin();
		return () => {
			clearTimeout(timer);
			watch?.unsubscribe();
		};
	}, []);
	return { fleet, error };
}

/** Whether `version` comes before `release`: numbers compared as numbers, anything else as no answer. */
export function isOlder(version: string, release: string): boolean {
	const parts = (text: string): number[] | undefined => /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
	const [one, other] = [parts(version), parts(release)];
	if (!one || !other) return false;
	const at = one.findIndex((part, i) => part !== other[i]);
	return at >= 0 && (one[at] as number) < (other[at] as number);
}

/** What the agents of a pool can do together now. */
export function capacity(agents: readonly Agent[]): { online: number; there: number; slots: number; busy: number; draining: number } {
	const there = agents.filter((agent) => agent.state !== "revoked");
	const online = there.filter((agent) => agent.state === "online");
	const serving = online.filter((agent) => !agent.draining);
	return {
		online: online.length,
		there: there.length,
		slots: serving.reduce((sum, agent) => sum + (agent.slots ?? 0), 0),
		busy: serving.reduce((sum, agent) => sum + agent.running, 0),
		draining: online.length - serving.length,
	};
}
