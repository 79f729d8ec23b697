// Deploys the example as a user would, by the CLI, and runs it as a program would, by the typed client.
import path from "node:path";
import { createClient, type Happening } from "../../../agent/src/client/index.ts";
import { run } from "../../command.ts";
import { binDir, childEnv, root } from "../../config.mjs";
import { Advice, dim, green, red } from "../../progress.mjs";
import { CLI } from "./agent.ts";

const FLOW = "penguins";
type Access = { url: string; apiKey: string; workspaceKey: string };

/** Whether an earlier start brought it to an end: then it need not be shown again, and the start is quicker. */
export async function hasRun(access: Access): Promise<boolean> {
	const { api } = createClient(access);
	const { flows } = await api.flows.list.query({});
	return flows.some(({ name, recent }) => name === FLOW && recent.some(({ state }) => state === "succeeded"));
}

/** Resolves to what the CLI says of it. */
export async function deployExample(cliHome: string): Promise<string> {
	const args = [path.join(root, CLI), "deploy", path.join(root, "agent", "examples", FLOW)];
	const { code, output } = await run(path.join(binDir, "node"), args, childEnv({ TIDEGATE_HOME: cliHome, NO_COLOR: "1" }));
	if (code !== 0) throw new Advice(`The example could not be deployed:\n${output.trim()}`);
	return output.trim().split("\n").at(-1) ?? "";
}

function show(happening: Happening): void {
	if (happening.type === "lines") {
		for (const { l, m } of happening.lines) console.log(`  ${dim("│")} ${l === "error" ? red(m) : m}`);
	} else if (happening.type === "task" && (happening.state === "succeeded" || happening.state === "failed")) {
		const { fn, index, state } = happening;
		console.log(`  ${dim("│")} ${state === "failed" ? red("✗") : green("✓")} ${dim(`${fn}${index === null ? "" : `[${index}]`}`)}`);
	}
}

/** Runs the example and shows all that happens. A failed run is told, and is no failure of the start. */
export async function runExample(access: Access): Promise<void> {
	const client = createClient(access);
	const handle = await client.trigger(FLOW);
	console.log(`${dim("·")} run of ${FLOW}  ${dim(handle.url)}`);
	let state = "";
	for await (const happening of handle.watch()) {
		show(happening);
		if (happening.type === "result") {
			const { content } = happening;
			console.log(`  ${dim("│")} result: ${"json" in content ? JSON.stringify(content.json) : content.repr}`);
		} else if (happening.type === "error") console.log(red(happening.content.traceback));
		else if (happening.type === "ended") state = happening.state;
	}
	console.log(`${state === "succeeded" ? green("✓") : red("✗")} run ${state}`);
}
