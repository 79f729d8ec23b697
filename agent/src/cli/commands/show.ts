import { openRun, type TaskDetail } from "../../client/detail.ts";
import { shortTraceback } from "../../protocol/traceback.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { findRun } from "../find-run.ts";
import { resultText, safe, write } from "../live.ts";
import { ago, colours, lasted, print, printJson, stateColour, stateText, table } from "../output.ts";

/** Of a map, so many items are shown: those that did not end well first. */
const ITEMS = 20;

interface Row {
	key: string;
	state: string;
	attempt: number | null;
	took: string;
	what: string;
}

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
The keys of tasks are those that tidegate run --resume RUN --from KEY and tidegate mark RUN KEY take.
${example("tidegate show 3f9a1c", `tidegate show 3f9a1c --json | jq -r '.tasks[] | select(.state == "failed") | .key'`)}`,
		)
		.action(async (given: string, options: { json?: boolean }) => {
			const id = await findRun(session.api, given);
			const [read, key] = await Promise.all([session.api.runs.get.query({ id }), session.key()]);
			const detail = await openRun(key, read);
			if (options.json) {
				const { run, parameters, tasks, result, error, note, store } = detail;
				return printJson({ ...run, parameters, tasks, result, error, note, store });
			}
			const { run, parameters, error, store } = detail;
			const attempt = run.attempt > 1 ? `, attempt ${run.attempt}` : "";
			const took = run.startedAt ? `, took ${lasted(run.startedAt, run.finishedAt)}` : "";
			print(`${stateColour(stateText(run.state), run.state)}  ${run.flow} v${run.number}  ${run.id}`);
			print(`queued ${ago(run.queuedAt)} by ${safe(run.createdBy)}${run.agent ? `, agent ${safe(run.agent.name)}` : ""}${took}${attempt}`);
			if (run.waitingFor) print(`waits for ${run.waitingFor}${run.until ? ` until ${run.until}` : ""}`);
			if (run.state === "queued" && store && !store.reachable) {
				print(
					`waits for an agent that takes work and reaches what it did before, in store ${store.id.slice(0, 8)}${store.by ? ` of ${safe(store.by)}` : ""}`,
				);
				print(`  tidegate resume ${run.id} --scratch  does all of it again, on any agent of pool ${run.pool}`);
			}
			if (run.resumes) print(`resumes ${run.resumes}`);
			if (run.parent) print(`${run.hook ? `hook on ${run.hook} of` : "child of"} ${run.parent}`);
			if (Object.keys(parameters).length > 0) print(`parameters ${safe(JSON.stringify(parameters))}`);
			if (detail.tasks.length > 0) tasksTable(rowsOf(detail.tasks));
			if (error) await write(`${safe(shortTraceback(error).trim())}\n`);
			else if (run.state === "failed" && detail.note) print(safe(detail.note));
			if (run.state === "succeeded" && detail.result) await write(resultText(detail.result));
		});
};
export default define;

function tasksTable(rows: readonly Row[]): void {
	table(
		rows,
		[
			{ title: "TASK", value: ({ key }) => safe(key) },
			{ title: "STATE", value: ({ state }) => stateText(state), colour: (text, { state }) => stateColour(text, state) },
			{ title: "ATTEMPT", value: ({ attempt }) => attempt, right: true },
			{ title: "TOOK", value: ({ took }) => took, right: true },
			{ title: "WHAT", value: ({ what }) => safe(what), colour: (text, { state }) => (state === "failed" ? colours.red(text) : colours.dim(text)) },
		],
		"",
	);
}

function rowsOf(tasks: readonly TaskDetail[]): Row[] {
	const maps = new Map<string, TaskDetail[]>();
	for (const task of tasks) {
		if (!task.map) continue;
		const items = maps.get(task.map);
		if (items) items.push(task);
		else maps.set(task.map, [task]);
	}
	const rows: Row[] = [];
	for (const task of tasks) {
		const items = task.map ? maps.get(task.map) : undefined;
		if (!items || items.length <= ITEMS) rows.push(rowOf(task));
		else if (items[0] === task) rows.push(...itemsOf(items));
	}
	return rows;
}

/** Of many items those that did not end well, and the others by number. */
function itemsOf(items: readonly TaskDetail[]): Row[] {
	const shown = items.filter(({ state }) => state !== "succeeded").slice(0, ITEMS);
	const others = new Map<string, number>();
	for (const item of items) if (!shown.includes(item)) others.set(item.state, (others.get(item.state) ?? 0) + 1);
	const name = items[0]?.fn ?? "";
	return [
		...[...others].map(([state, number]) => ({ key: `${name}[…]`, state, attempt: null, took: "", what: `${number.toLocaleString("en")} items` })),
		...shown.map(rowOf),
	];
}

function rowOf(task: TaskDetail): Row {
	const { content, from, cached } = task;
	const before = from ? `${cached ? "cached: result of run" : "remembered from run"} ${from}` : "";
	const failure = content?.error ? (`${content.error.type}: ${content.error.message}`.split("\n")[0] ?? "") : "";
	return {
		key: task.key ?? (task.index === null ? task.fn : `${task.fn}[${task.index}]`),
		state: task.state,
		attempt: task.attempt,
		took: from ? "" : lasted(task.startedAt, task.finishedAt),
		what: failure || before || content?.note || (content?.preview ?? ""),
	};
}
