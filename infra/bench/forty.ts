// Forty tasks one after the other, each fibo(10): from the trigger to the end as the client sees it.
import { deploy, project, withStack } from "./flows.ts";
import { machine, median, row, sample } from "./measure.ts";

const FLOW = `from tidegate import flow, task

@task
def fibo(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a

@flow
def forty() -> int:
    return sum(fibo(10) for _ in range(40))
`;

export async function bench(): Promise<void> {
	machine();
	await withStack(2, async (stack) => {
		await deploy(stack, project(stack, "forty", { "flow.py": FLOW }));
		const taken = await sample(30, async () => {
			const result = await (await stack.client.trigger("forty")).result();
			if (result !== 2200) throw new Error(`forty answered ${JSON.stringify(result)}, not 2200`);
		});
		row("40 tasks, trigger → finished", taken);
		console.log(`\nmedian ${(median(taken) / 1000).toFixed(3)} s (the aim: ≤ 0.3 s)`);
	});
}
