/** Doing a flow's body, then whatever it began. */
import { Cancelled, FlowTimedOut } from "./failures.ts";
import type { Ended } from "./options.ts";
import type { Definition } from "./registry.ts";
import { LONGEST_TIMER, type Run, scopes } from "./scope.ts";

/** Milliseconds that finally blocks have, of what was cancelled and of what took too long: then the agent ends it by force. */
const GRACE = { cancelled: 8000, over: 2500 };

/** After the body's own end its tasks are waited for, those too that they begin. */
async function ended(run: Run): Promise<void> {
	while (run.open.size > 0) await Promise.all(run.open);
}

/** Gives or throws what `body` does. @param seconds that it may take @param whole what the timeout says, of which an earlier start may have used a part */
export async function perform(run: Run, name: string, body: () => Promise<unknown>, seconds: number | undefined, whole = seconds): Promise<unknown> {
	const over = (): void => run.stop(new FlowTimedOut(`${name} took longer than its timeout of ${whole} s`));
	const timer = seconds === undefined || seconds > LONGEST_TIMER ? undefined : setTimeout(over, seconds * 1000);
	let late: NodeJS.Timeout | undefined;
	const left = new Promise<never>((_, reject) => {
		run.signal.addEventListener("abort", () => {
			const { reason } = run.signal;
			late = setTimeout(() => reject(reason), reason instanceof Cancelled ? GRACE.cancelled : GRACE.over);
		});
	});
	try {
		const value = await Promise.race([scopes.run(run.root, body), left]);
		await Promise.race([ended(run), left]);
		if (run.signal.aborted) throw run.signal.reason;
		return value;
	} catch (thrown) {
		run.ending = true;
		if (!run.signal.aborted) await Promise.race([ended(run), left]);
		throw run.signal.aborted ? run.signal.reason : thrown;
	} finally {
		clearTimeout(timer);
		clearTimeout(late);
		for (const call of run.calls) call.abandon();
	}
}

/** The hooks of a flow for one kind of end, as a body: each is called, and then the first failure thrown. */
export function hooksOf(flow: Definition, on: "success" | "failure" | "cancel", end: Ended): () => Promise<undefined> {
	return async () => {
		const failures: unknown[] = [];
		for (const hook of flow.policy?.hooks[on] ?? []) {
			try {
				await hook(end);
			} catch (thrown) {
				failures.push(thrown);
			}
		}
		if (failures.length > 0) throw failures[0];
		return undefined;
	};
}
