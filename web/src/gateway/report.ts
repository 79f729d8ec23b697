/** An agent tells what its run directories hold. */
import type { ReportAnswer, ReportRequest } from "tidegate/protocol/wire.ts";
import { presence } from "../features/agents/presence.ts";
import { takeReport } from "../features/runs/lifecycle/report.ts";
import { tenant } from "../server/db.ts";
import type { Who } from "./access.ts";

/** Postgres gave way in a deadlock or a conflict of snapshots: nothing was kept, and the next try finds the way free. */
const GAVE_WAY = new Set(["40P01", "40001"]);
const TRIES = 3;

export async function report(who: Who, asked: ReportRequest, parts: Uint8Array[]): Promise<ReportAnswer> {
	for (let tried = 1; ; tried++) {
		try {
			const answer = await takeReport(tenant(who), who, asked, parts);
			presence.word(
				who.agent,
				answer.executions.some((one) => one.state === "live"),
			);
			return answer;
		} catch (error) {
			if (tried >= TRIES || !GAVE_WAY.has(String((error as { code?: unknown }).code))) throw error;
		}
	}
}
