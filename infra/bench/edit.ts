// One line changed in a project of 1,000 files: deploy, trigger, and the changed line runs. The deploy runs in this process, so that Node's own
// start, which a person pays once per command, is left out; it is timed beside it.
import fs from "node:fs";
import path from "node:path";
import { deploy as deployProject } from "../../agent/src/bundle/deploy.ts";
import { parseKey, WorkspaceKey } from "../../agent/src/protocol/seal.ts";
import { deploy, project, withStack } from "./flows.ts";
import { machine, median, row, sample } from "./measure.ts";

const FILES = 1000;

export async function bench(): Promise<void> {
	machine();
	await withStack(2, async (stack) => {
		const note = path.join(stack.dir, "edited");
		const flow = (i: number) =>
			`from tidegate import flow\nfrom package.m7 import value\n\n@flow\ndef edited():\n    import time\n    open(${JSON.stringify(note)}, "w").write(f"${i} {time.time()}")\n`;
		const files: Record<string, string> = { "flow.py": flow(-100), "package/__init__.py": "" };
		for (let n = 0; n < FILES - 2; n++) files[`package/m${n}.py`] = `"""Module ${n}."""\n\nvalue = ${n}\n${`# ${"·".repeat(40)}\n`.repeat(20)}`;
		const folder = project(stack, "edited", files);
		await deploy(stack, folder);
		await (await stack.client.trigger("edited")).result();
		const { url, client, cliHome: home } = stack;
		const { apiKey, workspaceKey } = stack.workspace;
		const key = WorkspaceKey.open(parseKey(workspaceKey), (await client.api.whoami.query()).workspace.id);
		const deploys: number[] = [];
		const taken = await sample(20, async (i) => {
			fs.writeFileSync(path.join(folder, "flow.py"), flow(i));
			const began = Date.now();
			await deployProject({ path: folder, home, connection: { url, apiKey }, api: client.api, key });
			deploys.push(Date.now() - began);
			await (await stack.client.trigger("edited")).result();
			const [which, at] = fs.readFileSync(note, "utf8").split(" ");
			if (Number(which) !== i) throw new Error(`version ${which} ran, not ${i}`);
			return Number(at) * 1000 - began;
		});
		row("of which deploy", deploys.slice(2));
		row("edit → changed line runs", taken);
		const command = await sample(5, async () => {
			await stack.cli(["--version"]);
			return undefined;
		});
		row("beside it: the command's own start", command);
		console.log(`\nmedian ${median(taken).toFixed(0)} ms without the command's start (the aim: ≤ 500 ms)`);
	});
}
