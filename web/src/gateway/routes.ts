/** What the agents' door answers, a row a path. Tests walk this table, so that a new row is covered by itself. */
import * as wire from "tidegate/protocol/wire.ts";
import type { z } from "zod";
import { assertAgent } from "../features/runs/lifecycle/reporter.ts";
import { tenant } from "../server/db.ts";
import type { Who } from "./access.ts";
import { chunks, lock, version } from "./bundles.ts";
import { answers, child, target } from "./children.ts";
import { enrol } from "./enrol.ts";
import { poll } from "./poll.ts";
import { report } from "./report.ts";
import { result } from "./results.ts";
import { settingsOf } from "./settings.ts";
import { token } from "./token.ts";

export interface Answer {
	header: unknown;
	parts?: Uint8Array[];
}

interface Open {
	open: true;
	answer(body: unknown): Promise<Answer>;
}
interface Known {
	open: false;
	/** undefined when nobody is there any more to be answered. */
	answer(who: Who, body: unknown, parts: Uint8Array[], gone: AbortSignal): Promise<Answer | undefined>;
}
export type Route = Open | Known;

function open<S extends z.ZodType>(schema: S, answer: (asked: z.infer<S>) => Promise<unknown>): Open {
	return { open: true, answer: async (body) => ({ header: await answer(schema.parse(body)) }) };
}

type Answering<S extends z.ZodType> = (who: Who, asked: z.infer<S>, parts: Uint8Array[], gone: AbortSignal) => Promise<Answer | undefined>;
function known<S extends z.ZodType>(schema: S, answer: Answering<S>): Known {
	return { open: false, answer: (who, body, parts, gone) => answer(who, schema.parse(body), parts, gone) };
}

/** Poll and report ask in their own statements whether the agent still stands; what is asked for seldom asks for itself. */
function standing<S extends z.ZodType>(schema: S, answer: Answering<S>): Known {
	return known(schema, async (who, asked, parts, gone) => {
		await assertAgent(tenant(who), who);
		return answer(who, asked, parts, gone);
	});
}

export const routes: Readonly<Record<string, Route>> = {
	enrol: open(wire.EnrolRequest, enrol),
	token: open(wire.TokenRequest, token),
	poll: known(wire.PollRequest, (who, asked, _, gone) => poll(who, asked, gone)),
	report: known(wire.ReportRequest, async (who, asked, parts) => ({ header: await report(who, asked, parts) })),
	version: standing(wire.VersionRequest, version),
	lock: standing(wire.LockRequest, lock),
	chunks: standing(wire.ChunksRequest, chunks),
	child: standing(wire.ChildRequest, async (who, asked, parts) => ({ header: await child(who, asked, parts) })),
	target: standing(wire.TargetRequest, target),
	answers: standing(wire.AnswersRequest, answers),
	result: standing(wire.ResultRequest, result),
	settings: standing(wire.SettingsRequest, settingsOf),
};
