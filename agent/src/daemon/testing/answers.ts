/** What runs were answered, as the control plane of the agent's tests tells it. */
import type { AnswersRequest, ExecutionRef, News } from "../../protocol/wire.ts";
import type { RunRecord } from "./deployed.ts";

/** Those past a number, in bodies of two, so that more than one is asked for. */
export function answersOf(runs: readonly RunRecord[], asked: AnswersRequest): { header: unknown; parts: Uint8Array[] } {
	const record = runs.find(({ assignment }) => assignment.run === asked.run && assignment.token === asked.token) as RunRecord;
	const parts: Uint8Array[] = [];
	const given = record.answers.slice(asked.after, asked.after + 2);
	const answers = given.map((each) => {
		const told = runs.flatMap((run) => (run.assignment.run === asked.run ? run.waits : [])).find(({ task }) => task === each.task);
		if (!told) throw new Error("an answer to what was never told");
		return { ...each, kind: told.kind, wait: parts.push(told.sealed) - 1, part: each.part ? parts.push(each.part) - 1 : null };
	});
	const after = asked.after + given.length;
	return { header: { answers, marks: [], after, more: after < record.answers.length }, parts };
}

/** Of each that is held: where it is other than what the agent heard. */
export function newsOf(runs: readonly RunRecord[], holding: readonly (ExecutionRef & { answered?: number; paused?: boolean })[]): News[] {
	return runs.flatMap((record) => {
		const held = holding.find(({ run, execution }) => run === record.assignment.run && execution === record.assignment.execution);
		if (!held || record.finish || (held.answered === record.answers.length && held.paused === record.paused)) return [];
		return [{ run: held.run, execution: held.execution, answered: record.answers.length, paused: record.paused }];
	});
}
