// Two hundred runs that do nothing, queued before one agent of ten slots may take them: runs finished per second, fresh interpreters and all.
import { deploy, project, withStack } from "./flows.ts";
import { machine } from "./measure.ts";

const RUNS = 200;

export async function bench(): Promise<void> {
	machine();
	await withStack(10, async (stack) => {
		await deploy(stack, project(stack, "noop", { "flow.py": "from tidegate import flow\n\n@flow\ndef noop():\n    pass\n" }));
		const [agent] = stack.agents;
		if (!agent) throw new Error("the stack has no agent");
		await (await stack.client.trigger("noop")).result();
		await agent.stop();
		const triggering = performance.now();
		const runs = await Promise.all(Array.from({ length: RUNS }, () => stack.client.trigger("noop")));
		console.log(`${RUNS} triggers: ${(RUNS / ((performance.now() - triggering) / 1000)).toFixed(0)} a second, ten or more at a time`);
		const began = performance.now();
		await agent.start();
		const up = performance.now();
		await Promise.all(runs.map((run) => run.result()));
		const done = performance.now();
		console.log(
			`${RUNS} runs: ${(RUNS / ((done - up) / 1000)).toFixed(1)} a second once the agent was up (${(RUNS / ((done - began) / 1000)).toFixed(1)} with its start)`,
		);
	});
}
