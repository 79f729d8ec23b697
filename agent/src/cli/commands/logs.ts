import type { Happening } from "../../client/happening.ts";
import { inOrder } from "../../client/order.ts";
import { Opener } from "../../client/watch.ts";
import { fromBase64 } from "../../protocol/bytes.ts";
import type { Line } from "../../protocol/lines.ts";
import { openError, openFinish } from "../../protocol/open.ts";
import type { RunPlace } from "../../protocol/places.ts";
import { shortTraceback } from "../../protocol/traceback.ts";
import { type Define, example } from "../command.ts";
import { findRun } from "../find-run.ts";
import { follow, placeOf } from "../follow.ts";
import { formatLine, safe, write } from "../live.ts";
import { note, stateColour, stateText } from "../output.ts";
import type { Session } from "../session.ts";

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.option("-f, --follow", "go on until the run ends")
		.option("--json", "print one JSON object a line: time, level, text, task, stream")
		.addHelpText("after", example("tidegate logs 3f9a1c", "tidegate logs -f 3f9a1c"))
		.action(async (given: string, options: { follow?: boolean; json?: boolean }) => {
			const id = await findRun(session.api, given);
			const place = await placeOf(session, id);
			const show = (lines: Line[]): Promise<void> | void => write(lines.map(options.json ? asJson : formatLine).join(""));
			if (options.follow) {
				await follow(session, place, (happening) => (happening.type === "lines" ? show(happening.lines) : undefined));
				return;
			}
			const opener = new Opener(await session.key(), place);
			let after: number | null | undefined;
			do {
				const page = await session.api.runs.logs.query({ id, after: after ?? undefined });
				const opened: Happening[] = [];
				for (const segment of page.segments) opened.push(...(await opener.open({ segment })));
				for (const happening of inOrder(opened)) if (happening.type === "lines") await show(happening.lines);
				after = page.next;
			} while (after !== null && after !== undefined);
			await show(opener.rest());
			await tellEnd(session, place, id);
		});
};
export default define;

/** Why a run failed stands in no line of its log: its traceback, or what its agent says of its end, goes to stderr. */
async function tellEnd(session: Session, place: RunPlace, id: string): Promise<void> {
	const { run, executions } = await session.api.runs.get.query({ id });
	const last = executions.at(-1);
	if (run.state !== "failed" || !last) return;
	const key = await session.key();
	const error = last.error && (await openError(key, place, last.execution, fromBase64(last.error)));
	const told = error ? shortTraceback(error).trimEnd() : last.end && (await openFinish(key, place, last.execution, fromBase64(last.end))).note;
	note(`${told ? `${safe(told)}\n` : ""}${stateColour(stateText("failed"), "failed")}`);
}

/** `time`: ISO instant. `stream`: log, stdout, stderr or agent. */
function asJson({ t, l, m, k, s, execution }: Line): string {
	return `${JSON.stringify({ time: new Date(t * 1000).toISOString(), level: l, text: m, task: k ?? null, stream: s, execution })}\n`;
}
