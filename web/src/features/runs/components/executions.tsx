"use client";
import { useAddress } from "../../../browser/address.ts";
import { duration, size } from "../../../ui/format.ts";
import { notOpen } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { StateWord } from "../../../ui/state.tsx";
import { cell, figures, head } from "../../../ui/table.tsx";
import { Ago, Took } from "../../../ui/time.tsx";
import { useError } from "./place.ts";
import type { Execution, Run, RunView } from "./view.ts";

/** Each claim by an agent, and what it took. */
export function Executions({ view }: { view: RunView }) {
	if (view.executions.length === 0) return <p className="py-6 text-quiet">No agent has taken this run yet.</p>;
	return (
		<div className="overflow-x-auto" {...reachable("Executions")}>
			<table className="w-full border-collapse">
				<thead>
					<tr>
						<th className={head}>Execution</th>
						<th className={head}>Attempt</th>
						<th className={head}>Outcome</th>
						<th className={head}>Raised</th>
						<th className={head}>Agent</th>
						<th className={`${head} ${figures}`}>Prepared in</th>
						<th className={`${head} ${figures}`}>Took</th>
						<th className={`${head} ${figures}`}>Exit</th>
						<th className={`${head} ${figures}`}>CPU</th>
						<th className={`${head} ${figures}`}>Peak memory</th>
						<th className={`${head} ${figures}`}>Claimed</th>
					</tr>
				</thead>
				<tbody>
					{view.executions.map((execution) => (
						<Row key={execution.execution} run={view.run} execution={execution} />
					))}
				</tbody>
			</table>
		</div>
	);
}

function Row({ run, execution }: { run: Run; execution: Execution }) {
	const [, change] = useAddress();
	const { outcome, startedAt, finishedAt, claimedAt, signal, code, cpuSeconds, peakMemory, reason } = execution;
	return (
		<tr className="hover:bg-selected">
			<td className={cell}>
				<button
					type="button"
					data-row
					onClick={() => change({ tab: null, execution: String(execution.execution) })}
					title="Show its lines"
					className="rounded-sm text-accent underline-offset-2 hover:underline"
				>
					{execution.execution}
				</button>
			</td>
			<td className={cell}>{execution.attempt}</td>
			<td className={cell}>
				<StateWord state={outcome ?? (startedAt ? "running" : "starting")} />
				{reason && <span className="ml-2 text-quiet">{reason}</span>}
			</td>
			<td className={`${cell} max-w-64 truncate`}>
				<Raised run={run} execution={execution} />
			</td>
			<td className={`${cell} max-w-48 truncate`}>
				<bdi title={execution.agent.name}>{execution.agent.name}</bdi>
			</td>
			<td className={`${cell} ${figures} text-quiet`}>
				<Took from={claimedAt} to={startedAt ?? finishedAt} />
			</td>
			<td className={`${cell} ${figures}`}>
				<Took from={startedAt} to={finishedAt} />
			</td>
			<td className={`${cell} ${figures}`}>{signal ?? code ?? "—"}</td>
			<td className={`${cell} ${figures} text-quiet`}>{cpuSeconds === null ? "—" : duration(cpuSeconds * 1_000)}</td>
			<td className={`${cell} ${figures} text-quiet`}>{peakMemory === null ? "—" : size(peakMemory)}</td>
			<td className={`${cell} ${figures} text-quiet`}>
				<Ago at={claimedAt} />
			</td>
		</tr>
	);
}

/** What ended the attempt, where it was the flow's own error. */
function Raised({ run, execution }: { run: Run; execution: Execution }) {
	const error = useError(run, execution);
	if (error.state === "none") return <span className="text-quiet">—</span>;
	if (error.state !== "open") return notOpen(error);
	const text = `${error.value.type}: ${error.value.message}`;
	return (
		<bdi title={text.slice(0, 1_000)} className="text-failed">
			{text.split("\n")[0]?.slice(0, 200)}
		</bdi>
	);
}
