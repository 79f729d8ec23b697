import { Option } from "commander";
import { hasEnded, RUN_STATES, type RunState } from "../../protocol/states.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT, Failure } from "../exit.ts";
import { findRun } from "../find-run.ts";
import { print, printJson } from "../output.ts";
import type { Session } from "../session.ts";

interface Options {
	flow?: string;
	state?: RunState[];
	label?: string;
	yes?: boolean;
	json?: boolean;
}

const define: Define = (command, session) => {
	command
		.argument("[run]", "id of the run, or at least 6 characters of its end")
		.option("--flow <name>", "in place of one run: all that go on of this flow")
		.addOption(new Option("--state <state...>", "all that are in one of these states").choices(RUN_STATES.filter((state) => !hasEnded(state))))
		.option("--label <key=value>", "all with this label")
		.option("--yes", "do not ask, whatever their number")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate cancel 3f9a1c", "tidegate cancel --flow train --state queued"))
		.action(async (given: string | undefined, options: Options) => {
			const filtered = [options.flow, options.state, options.label].some((each) => each !== undefined);
			if ((given !== undefined) === filtered) throw new Failure("name one run, or say which by --flow, --state or --label.", EXIT.badInput);
			if (given === undefined) return cancelMany(session, options);
			const id = await findRun(session.api, given);
			const run = await session.api.runs.cancel.mutate({ id });
			if (options.json) return printJson(run);
			print(hasEnded(run.state) ? `${run.id} has ended: ${run.state}` : `${run.id} is being cancelled; it ends when its process did`);
		});
};
export default define;

async function cancelMany(session: Session, { flow, state, label, yes, json }: Options): Promise<void> {
	const states = state ?? RUN_STATES.filter((each) => !hasEnded(each) && each !== "cancelling");
	const filter = { flow, states, label };
	let { count: left } = await session.api.runs.count.query(filter);
	const runs = `${left} ${left === 1 ? "run" : "runs"}`;
	if (left > 0 && !yes) await confirm(`Cancel ${runs}?`, `this would cancel ${runs}: say --yes to do it.`);
	let cancelled = 0;
	// A call takes so many at once.
	while (left > 0) {
		const done = await session.api.runs.cancelMany.mutate({ ...filter, expected: left });
		cancelled += done.cancelled;
		if (done.cancelled === 0) break;
		left = done.left;
	}
	if (json) return printJson({ cancelled });
	print(cancelled === 0 ? "no run fits: nothing was cancelled" : `${cancelled} ${cancelled === 1 ? "run is" : "runs are"} being cancelled`);
}
