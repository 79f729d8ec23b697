/** An agent tells what its run directories hold. */
import type { ReportAnswer, ReportRequest } from "tidegate/protocol/wire.ts";
import { presence } from "../features/agents/presence.ts";
import { takeReport } from "../features/runs/lifecycle/report.ts";
import { tenant } from "../server/db.ts";
import { again } from "../server/ways.ts";
import type { Who } from "./access.ts";

export async function report(who: Who, asked: ReportRequest, parts: Uint8Array[]): Promise<ReportAnswer> {
	const answer = await again(() => takeReport(tenant(who), who, asked, parts));
	presence.word(
		who.agent,
		answer.executions.some((one) => one.state === "live"),
	);
	return answer;
}
