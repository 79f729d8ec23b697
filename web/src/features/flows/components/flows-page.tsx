"use client";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { trpc } from "../../../browser/api.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Snippet } from "../../../ui/copy.tsx";
import { count, plural } from "../../../ui/format.ts";
import { Page } from "../../../ui/page.tsx";
import { Search } from "../../../ui/search.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { FlowRow, type FlowSummary } from "./flow-row.tsx";

const crumbs = [{ name: "Flows" }];

export function FlowsPage() {
	const flows = useQuery(trpc.flows.list.queryOptions({}));
	const list = flows.data?.flows;
	return (
		<Page crumbs={crumbs} title="Flows">
			<h1 className="sr-only">Flows</h1>
			{!list && flows.error && <Trouble title="The flows can't be shown" detail={flows.error.message} again={() => void flows.refetch()} />}
			{!list && !flows.error && <div className="ghost h-9" aria-busy="true" />}
			{list?.length === 0 && <NoFlows />}
			{list && list.length > 0 && <Flows list={list} />}
		</Page>
	);
}

function Flows({ list }: { list: FlowSummary[] }) {
	const [text, setText] = useTyped("q");
	const wanted = useDeferredValue(text).trim().toLowerCase();
	const shown = list.filter((flow) => flow.name.toLowerCase().includes(wanted));
	return (
		<>
			<div className="mb-3 flex items-center gap-3">
				<Search label="Find a flow" value={text} onChange={setText} />
				<span className="ml-auto text-quiet">
					{wanted ? `${count(shown.length)} of ${plural(list.length, "flow")}` : plural(list.length, "flow")}
				</span>
			</div>
			<ul aria-label="Flows" className="border-line border-t">
				{shown.map((flow) => (
					<FlowRow key={flow.id} flow={flow} />
				))}
			</ul>
			{shown.length === 0 && <p className="py-6 text-quiet">No flow has “{wanted}” in its name.</p>}
		</>
	);
}

const example = `from tidegate import flow

@flow
def hello(name: str = "world"):
    print(f"Hello, {name}")`;

function NoFlows() {
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">No flow is deployed yet</h2>
			<p className="text-quiet">A flow is a Python function. Save this as hello.py in an empty folder:</p>
			<Snippet code={example} label="hello.py" />
			<p className="text-quiet">Deploy it from there, then run it. It runs on your agent, and appears here at once:</p>
			<Snippet code="npx tidegate deploy" label="Deploy the folder" />
			<Snippet code="npx tidegate run hello --watch" label="Run the flow and follow it" />
		</section>
	);
}
