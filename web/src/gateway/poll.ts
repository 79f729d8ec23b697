/** An agent asks for work and for what it should end. Held until there is something to say. */
import { POLL_HOLD } from "tidegate/protocol/limits.ts";
import type { Assignment, ExecutionRef, PollAnswer, PollRequest } from "tidegate/protocol/wire.ts";
import { presence } from "../features/agents/presence.ts";
import { type Claimed, claimedBy, endOfParent } from "../features/runs/lifecycle/claim.ts";
import { compareHolding, type Hint, hearingOf, keyOf } from "../features/runs/lifecycle/holding.ts";
import { MAX_CLAIM } from "../features/runs/tunables.ts";
import { server } from "../server/process.ts";
import { shared } from "../server/shared.ts";
import type { Who } from "./access.ts";
import { waiters } from "./waiters.ts";

/**
 * Which poll of an agent was told to end which execution. Ending takes a grace of seconds, in which the agent polls on: an answer at once, for what it
 * knows already, would make it go round. Answers carry every cancel again; only an untold one, or a repeated poll, is a reason to answer.
 */
const told = shared("told cancels", () => new Map<string, Map<string, string>>());

function untold(agent: string, poll: PollRequest): (keys: string[]) => boolean {
	const held = new Set(poll.holding.map(keyOf));
	const before = new Map([...(told.get(agent) ?? [])].filter(([key]) => held.has(key)));
	if (before.size) told.set(agent, before);
	else told.delete(agent);
	return (keys) => keys.some((key) => held.has(key) && (before.get(key) ?? poll.poll) === poll.poll);
}

function tell(agent: string, poll: string, cancels: ExecutionRef[]): void {
	if (cancels.length === 0) return;
	const map = told.get(agent) ?? new Map<string, string>();
	for (const ref of cancels) map.set(keyOf(ref), poll);
	told.set(agent, map);
}

async function hookOf(one: Claimed, parts: Uint8Array[]): Promise<Assignment["hook"]> {
	if (one.hook === null || one.parent === null) return null;
	const { state, execution, error } = await endOfParent(one.parent);
	return { on: one.hook, state, execution, error: error === null ? null : parts.push(error) - 1 };
}

async function assign(claimed: Claimed[]): Promise<{ assignments: Assignment[]; parts: Uint8Array[] }> {
	const parts: Uint8Array[] = [];
	const assign = async (one: Claimed): Promise<Assignment> => ({
		run: one.run,
		execution: one.execution,
		attempt: one.attempt,
		token: one.token,
		flow: one.flow,
		version: one.version,
		number: one.number,
		address: one.address.toString("hex"),
		parameters: one.parameters === null ? null : parts.push(one.parameters) - 1,
		logicalDate: one.logicalDate.toISOString(),
		url: `${server().publicUrl}/runs/${one.run}`,
		...{ answered: one.answered, refresh: one.refresh, parent: one.parent, step: one.step, store: one.store, settings: one.settings },
		resumes:
			one.resumes === null
				? null
				: {
						run: one.resumes,
						from: one.resumesFrom === null ? null : parts.push(one.resumesFrom) - 1,
						changed: one.resumesChanged ?? "rerun",
						// Marks may be anywhere along the line: only asking tells.
						marked: true,
					},
		hook: await hookOf(one, parts),
	});
	return { assignments: await Promise.all(claimed.map(assign)), parts };
}

/** Waits for work, a cancel, the end of the hold or of the server. Rejects where the agent is refused meanwhile; undefined once nobody listens. */
async function hold(
	who: Who,
	poll: PollRequest,
	draining: boolean,
	hears: (hint: Pick<Hint, "cancelling" | "news">) => boolean,
	gone: AbortSignal,
): Promise<Claimed[] | undefined> {
	if (gone.aborted) return undefined;
	const { stopping } = server();
	const { promise, resolve, reject } = Promise.withResolvers<Claimed[] | undefined>();
	const free = draining ? 0 : Math.min(poll.free, MAX_CLAIM);
	const waiting = waiters.wait({ ...who, poll: poll.poll, free, stores: poll.stores ?? [], draining, hears, answer: resolve, refuse: reject });
	const timer = setTimeout(waiting.end, POLL_HOLD);
	const leave = (): void => {
		waiting.drop();
		resolve(undefined);
	};
	gone.addEventListener("abort", leave);
	stopping.addEventListener("abort", waiting.end);
	if (stopping.aborted) waiting.end();
	try {
		return await promise;
	} finally {
		clearTimeout(timer);
		gone.removeEventListener("abort", leave);
		stopping.removeEventListener("abort", waiting.end);
	}
}

/** @param gone aborts when the agent's connection does. @returns undefined when it did: a claim is never made for it then. */
export async function poll(who: Who, asked: PollRequest, gone: AbortSignal): Promise<{ header: PollAnswer; parts: Uint8Array[] } | undefined> {
	const compared = await compareHolding(who, asked);
	let { cancels, news } = compared;
	presence.word(who.agent, asked.holding.length > 0);
	if (asked.stores) presence.reaches(who.agent, asked.stores);
	const isUntold = untold(who.agent, asked);
	let claimed: Claimed[] = [];
	if (compared.isRepeated) {
		const held = new Set(asked.holding.map(keyOf));
		claimed = (await claimedBy(who.agent, asked.poll)).filter((one) => !held.has(keyOf(one)));
	}
	const known = new Map(asked.holding.map((ref) => [keyOf(ref), `${ref.answered ?? 0} ${ref.paused ?? false}`]));
	const isNews = (told: string): boolean => {
		const [, key = "", what = ""] = /^(\S+ \S+) (\S+ \S+)$/.exec(told) ?? [];
		const before = known.get(key);
		return before !== undefined && before !== what.replace(/ t$/, " true").replace(/ f$/, " false");
	};
	const hears = (hint: Pick<Hint, "cancelling" | "news">): boolean => isUntold(hint.cancelling) || hint.news.some(isNews);
	if (claimed.length === 0 && news.length === 0 && !isUntold(cancels.map(keyOf))) {
		presence.pollOpened(who.agent);
		const waited = await hold(who, asked, compared.draining, hears, gone).finally(() => presence.pollClosed(who.agent, gone.aborted));
		if (!waited) return undefined;
		claimed = waited;
		// It may have been a cancel, or news, that ended the wait.
		if (claimed.length === 0 && asked.holding.length > 0) ({ cancels, news } = await hearingOf(who, asked.holding));
	}
	tell(who.agent, asked.poll, cancels);
	const { assignments, parts } = await assign(claimed);
	return { header: { assignments, cancels, leaseSeconds: compared.leaseSeconds, news }, parts };
}
