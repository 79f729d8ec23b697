"use client";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { count, duration } from "../../../../ui/format.ts";
import { faceOf, StateGlyph, toneFill } from "../../../../ui/state.tsx";
import { useMarkedBy } from "../marks.ts";
import { useGroupName, useTask } from "../place.ts";
import { over, sharesOf, worst } from "../timeline/rows.ts";
import { callOf, openName, type Run, type Task } from "../view.ts";
import type { GraphNode } from "./build.ts";

export interface TaskNode extends Record<string, unknown> {
	run: Run;
	node: GraphNode;
	down: boolean;
}

const unchanged = (a: NodeProps<Node<TaskNode>>, b: NodeProps<Node<TaskNode>>) =>
	a.selected === b.selected &&
	a.data.node.group.tasks.length === b.data.node.group.tasks.length &&
	a.data.down === b.data.down &&
	look(a.data) === look(b.data);
const look = ({ node }: TaskNode): string => `${sharesOf(node.shares)} ${node.group.to} ${node.task?.sealed?.slice(0, 40)}`;

/** One task or one map: its name, its state, and how the states are shared out. */
const TaskNodeView = memo(function TaskNodeView({ data: { run, node, down }, selected }: NodeProps<Node<TaskNode>>) {
	const { group, shares, task } = node;
	const state = worst(shares);
	const all = group.tasks.length;
	const done = over(shares);
	const took = group.from && group.to ? duration(Date.parse(group.to) - Date.parse(group.from)) : faceOf(state).word;
	return (
		<div
			className={`flex h-full flex-col justify-center gap-0.5 overflow-hidden rounded-md border bg-raised px-2.5 ${selected ? "border-accent outline-1 outline-accent" : "border-line-strong"}`}
			title={sharesOf(shares)
				.map(([one, n]) => `${count(n)} ${faceOf(one).word}`)
				.join(", ")}
		>
			<Handle type="target" position={down ? Position.Top : Position.Left} isConnectable={false} />
			<span className="flex min-w-0 items-center gap-1.5">
				<StateGlyph state={state} size={12} />
				<span className="sr-only">{faceOf(state).word}: </span>
				<span className="min-w-0 flex-1 truncate">{task ? <Name run={run} node={node} /> : <GroupName run={run} node={node} />}</span>
				{!task && (
					<span className="shrink-0 text-quiet text-small tabular-nums">
						{done < all ? `${count(done)}/` : "× "}
						{count(all)}
					</span>
				)}
			</span>
			<span className="flex items-center gap-2 text-quiet text-small tabular-nums">
				{!task && (
					<span className="flex h-1.5 min-w-0 flex-1 overflow-hidden rounded-sm">
						{sharesOf(shares).map(([one, n]) => (
							<span key={one} className={`min-w-[3px] ${toneFill[faceOf(one).tone]}`} style={{ flexGrow: n }} />
						))}
					</span>
				)}
				<span className={`shrink-0 ${task ? "pl-[18px]" : ""}`}>{task?.from && task.from !== run.id ? <Taken run={run} task={task} /> : took}</span>
			</span>
			<Handle type="source" position={down ? Position.Bottom : Position.Right} isConnectable={false} />
		</div>
	);
}, unchanged);

/** From another run. */
function Taken({ run, task }: { run: Run; task: Task }) {
	const marked = useMarkedBy(task, useTask(run, task));
	return marked ? "marked by hand" : task.cached ? "cached" : "remembered";
}

function Name({ run, node }: { run: Run; node: GraphNode }) {
	const task = node.group.tasks[0] as NonNullable<GraphNode["task"]>;
	const content = useTask(run, task);
	const call = content.state === "open" && callOf(task, content.value.key);
	return (
		<>
			<bdi>{content.state === "open" ? openName(task, content.value) : node.group.fn}</bdi>
			{call && <span className="pl-1.5 text-quiet text-small tabular-nums">{call}</span>}
		</>
	);
}

function GroupName({ run, node }: { run: Run; node: GraphNode }) {
	return <bdi>{useGroupName(run, node.group)}</bdi>;
}

export const nodeTypes = { task: TaskNodeView };
