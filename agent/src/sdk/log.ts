/** Lines of the run's log, with the task that says them. */
import { format } from "node:util";
import { type Level, scopes } from "./scope.ts";

function say(level: Level, parts: unknown[]): void {
	const text = format(...parts);
	const scope = scopes.getStore();
	if (scope === undefined) process.stderr.write(`${level}: ${text}\n`);
	else scope.run.recorder.log(level, text, scope);
}

/** The parts are joined as console.log joins them. Outside a flow the line goes to stderr. */
export const log = {
	debug: (...parts: unknown[]): void => say("debug", parts),
	info: (...parts: unknown[]): void => say("info", parts),
	warn: (...parts: unknown[]): void => say("warn", parts),
	error: (...parts: unknown[]): void => say("error", parts),
};
