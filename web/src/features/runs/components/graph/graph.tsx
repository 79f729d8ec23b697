"use client";
import "@xyflow/react/dist/base.css";
import { Background, Controls, type Edge, type Node, type NodeChange, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { useMedia } from "../../../../browser/media.ts";
import { Button } from "../../../../ui/button.tsx";
import { count, plural } from "../../../../ui/format.ts";
import { Link } from "../../../../ui/link.tsx";
import { tasksAsDone } from "../timeline/rows.ts";
import type { RunView } from "../view.ts";
import { buildGraph, fits, type Graph, MAX_EDGES, MAX_NODES } from "./build.ts";
import { FRAME, LayingOut } from "./coming.tsx";
import { endLayouts, type Layout, layOut, NODE } from "./layout.ts";
import { nodeTypes, type TaskNode } from "./node.tsx";

/** How long the structure has to stay as it is before it is laid out anew, in milliseconds. */
const SETTLE = 300;
/** Nodes beyond this exist only while they are seen; the keyboard cannot reach the others then. */
const ALL_THERE = 300;

/** Who used whose result, live: a state recolours its node, and only a new node or edge moves the others. */
export function TaskGraph({ view }: { view: RunView }) {
	const [search, change] = useAddress();
	const collapsed = search.has("collapsed");
	const { tasks, earlier } = view;
	const { id } = view.run;
	const graph = useMemo(() => buildGraph(tasksAsDone({ tasks, earlier, run: { id } }), collapsed), [tasks, earlier, id, collapsed]);
	if (graph.nodes.length === 0)
		return <p className="py-6 text-quiet">{view.run.finishedAt ? "This run called no task." : "Tasks appear here as the flow calls them."}</p>;
	if (!fits(graph)) return <TooMany graph={graph} collapsed={collapsed} collapse={() => change({ collapsed: "1" })} />;
	return (
		<div className="flex min-w-0 flex-col gap-2">
			<p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-quiet">
				<span className="tabular-nums">
					{plural(graph.nodes.length, "node")}, {plural(graph.edges.length, "edge")} of {plural(view.tasks.size, "task")}
				</span>
				<Button aria-pressed={collapsed} onClick={() => change({ collapsed: collapsed ? null : "1" })} className="aria-pressed:bg-selected">
					One node for each function
				</Button>
			</p>
			{graph.edges.length === 0 && graph.nodes.length > 1 && (
				<p className="text-quiet text-small">
					An edge is drawn where a task is given another's future, not its value:{" "}
					<Link href="/docs/write-a-flow#tasks" className="rounded-sm text-accent underline underline-offset-2">
						how to write it
					</Link>
				</p>
			)}
			<ReactFlowProvider>
				<Drawn view={view} graph={graph} />
			</ReactFlowProvider>
		</div>
	);
}

function TooMany({ graph, collapsed, collapse }: { graph: Graph; collapsed: boolean; collapse(): void }) {
	const { nodes, edges } = graph;
	return (
		<div className="flex max-w-xl flex-col items-start gap-3 py-6">
			<p>
				{count(nodes.length)} nodes and {count(edges.length)} edges are more than can be told apart here: up to {count(MAX_NODES)} nodes and{" "}
				{count(MAX_EDGES)} edges are drawn. {collapsed ? "The timeline shows them all." : "Tasks of one function can stand together as one node."}
			</p>
			{!collapsed && <Button onClick={collapse}>One node for each function</Button>}
		</div>
	);
}

/** The layout of the newest structure that has settled; the one before stays until it is there. */
function useLayout(graph: Graph, down: boolean): { layout: Layout | undefined; trouble: string | undefined } {
	const [layout, setLayout] = useState<Layout>();
	const [trouble, setTrouble] = useState<string>();
	const wanted = `${graph.structure} ${down}`;
	// biome-ignore lint/correctness/useExhaustiveDependencies: the graph changes with every state, its structure does not
	useEffect(() => {
		let current = true;
		const timer = setTimeout(
			() =>
				layOut(graph, down).then(
					(found) => current && setLayout(found),
					(cause: Error) => current && setTrouble(cause.message),
				),
			layout ? SETTLE : 0,
		);
		return () => {
			current = false;
			clearTimeout(timer);
		};
	}, [wanted]);
	useEffect(() => endLayouts, []);
	return { layout, trouble };
}

function Drawn({ view, graph }: { view: RunView; graph: Graph }) {
	const [search, change] = useAddress();
	const down = !useMedia("(min-width: 600px)");
	const { layout, trouble } = useLayout(graph, down);
	const chosen = search.get("task");
	const { run } = view;
	const nodes = useMemo(
		() =>
			graph.nodes.flatMap((node): Node<TaskNode>[] => {
				const position = layout?.get(node.id);
				if (!position) return [];
				return [{ id: node.id, type: "task", position, ...NODE, data: { run, node, down }, selected: node.id === chosen, ariaLabel: node.group.fn }];
			}),
		[graph, layout, chosen, run, down],
	);
	const edges = useMemo(
		() =>
			graph.edges.filter(({ from, to }) => layout?.has(from) && layout.has(to)).map(({ id, from, to }): Edge => ({ id, source: from, target: to })),
		[graph, layout],
	);
	// A click and Enter both end in a change of what is selected.
	const changed = useCallback(
		(changes: NodeChange<Node<TaskNode>>[]) => {
			for (const one of changes) if (one.type === "select" && one.selected) change({ task: one.id, line: null, at: null });
		},
		[change],
	);
	return (
		<section aria-label="Graph" className={FRAME} aria-busy={!layout && !trouble}>
			{!layout && !trouble && <LayingOut />}
			{trouble && (
				<p role="alert" className="p-4 text-failed">
					The graph could not be laid out: {trouble}. The timeline shows the same tasks.
				</p>
			)}
			{layout && (
				<ReactFlow
					nodes={nodes}
					edges={edges}
					nodeTypes={nodeTypes}
					onNodesChange={changed}
					nodesDraggable={false}
					nodesConnectable={false}
					edgesFocusable={false}
					deleteKeyCode={null}
					multiSelectionKeyCode={null}
					selectionKeyCode={null}
					minZoom={0.05}
					maxZoom={2}
					fitView
					fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
					onlyRenderVisibleElements={nodes.length > ALL_THERE}
					// The page scrolls by the wheel; the graph zooms with Ctrl, or by its buttons.
					zoomOnScroll={false}
					preventScrolling={false}
				>
					<Fit layout={layout} />
					<Background gap={24} />
					<Controls showInteractive={false} position="top-right" />
				</ReactFlow>
			)}
		</section>
	);
}

/** Shows all of it when it was laid out anew, unless somebody has moved it meanwhile. */
function Fit({ layout }: { layout: Layout }) {
	const flow = useReactFlow();
	const [fitted, setFitted] = useState<{ x: number; y: number; zoom: number }>();
	// biome-ignore lint/correctness/useExhaustiveDependencies: once for each layout
	useEffect(() => {
		const now = flow.getViewport();
		if (fitted && (now.x !== fitted.x || now.y !== fitted.y || now.zoom !== fitted.zoom)) return;
		const frame = requestAnimationFrame(() => void flow.fitView({ maxZoom: 1, padding: 0.1 }).then(() => setFitted(flow.getViewport())));
		return () => cancelAnimationFrame(frame);
	}, [layout]);
	return null;
}
