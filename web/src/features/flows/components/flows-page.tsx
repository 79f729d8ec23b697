"use client";
import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo } from "react";
import { useAddress } from "../../../browser/address.ts";
import { useSession } from "../../../browser/session.tsx";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { Choices } from "../../../ui/choices.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { count, plural } from "../../../ui/format.ts";
import { Page } from "../../../ui/page.tsx";
import { Search } from "../../../ui/search.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { type FlowSummary, matching, ORDERS, type Order, orderOf, sorted, tagsOf } from "./flow-order.ts";
import { columns, FlowRow } from "./flow-row.tsx";
import { useFlows } from "./use-flows.ts";

const crumbs = [{ name: "Flows" }];

export function FlowsPage() {
	const { query: flows, flows: list, measure } = useFlows();
	return (
		<Page crumbs={crumbs} title="Flows">
			<h1 className="sr-only">Flows</h1>
			{!list && flows.error && <Trouble title="The flows can't be shown" detail={flows.error.message} again={() => void flows.refetch()} />}
			{!list && !flows.error && <div className="ghost h-9" aria-busy="true" />}
			{list?.length === 0 && <NoFlows />}
			{list && list.length > 0 && <Flows list={list} measure={measure} />}
		</Page>
	);
}

function Flows({ list, measure }: { list: FlowSummary[]; measure(id?: string): void }) {
	const [search, change] = useAddress();
	const [text, setText] = useTyped("q");
	const wanted = useDeferredValue(text);
	const chosen = search.get("tag") ?? "";
	const order = search.get("sort");
	const tags = useMemo(() => tagsOf(list), [list]);
	const filter = useMemo(() => chosen.split(",").filter(Boolean), [chosen]);
	const shown = useMemo(() => sorted(matching(list, wanted, filter), orderOf(order)), [list, wanted, filter, order]);
	const { by, back } = orderOf(order);
	// An order by figures needs them all.
	const byFigures = by === "success" || by === "duration";
	useEffect(() => {
		if (byFigures) measure();
	}, [byFigures, measure]);
	const sort = (next: Order) => change({ sort: next !== by ? (next === "name" ? null : next) : back ? (next === "name" ? null : next) : `-${next}` });
	const only = (next: string[]) => change({ tag: next.join(",") });
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center gap-2">
				<Search label="Find a flow" value={text} onChange={setText} className="max-sm:w-full!" />
				{tags.length > 0 && (
					<Choices
						label="Tags"
						options={tags.map(([tag, n]) => ({ value: tag, name: <Counted tag={tag} n={n} /> }))}
						chosen={filter}
						onChange={only}
					/>
				)}
				{filter.map((tag) => (
					<Button
						key={tag}
						onClick={() => only(filter.filter((one) => one !== tag))}
						aria-label={`Don't filter by the tag ${tag}`}
						className="max-w-48"
					>
						<bdi className="truncate">{tag}</bdi>
						<X size={12} aria-hidden className="shrink-0" />
					</Button>
				))}
				<select
					aria-label="Sort by"
					value={order ?? "name"}
					onChange={(event) => change({ sort: event.target.value === "name" ? null : event.target.value })}
					className="h-7 rounded-md border border-line bg-raised px-2 hover:border-line-strong lg:hidden"
				>
					{ORDERS.flatMap(({ value, name }) => [
						<option key={value} value={value}>{`Sort: ${name}`}</option>,
						<option key={`-${value}`} value={`-${value}`}>{`Sort: ${name}, reversed`}</option>,
					])}
				</select>
				<span role="status" className="ml-auto text-quiet">
					{shown.length < list.length ? `${count(shown.length)} of ${plural(list.length, "flow")}` : plural(list.length, "flow")}
				</span>
			</div>
			<div className={`hidden items-center px-2 pb-1 text-quiet text-small ${columns}`}>
				<Sort order="name" {...{ by, back, sort }} />
				<span>Live</span>
				<span className="text-end">Last runs</span>
				<Sort order="success" {...{ by, back, sort }} title="Of those that ended by themselves among the last 100 runs; cancelled ones don't count" />
				<Sort order="duration" {...{ by, back, sort }} title="Median duration of the successful ones among the last 100 runs" />
				<Sort order="last" {...{ by, back, sort }} />
			</div>
			<ul aria-label="Flows" className="border-line border-t">
				{shown.map((flow, at) => (
					<FlowRow key={flow.id} flow={flow} at={at} measure={measure} />
				))}
			</ul>
			{shown.length === 0 && (
				<p className="flex flex-wrap items-center gap-3 py-6 text-quiet">
					<span className="min-w-0 break-words">
						No flow{" "}
						{wanted.trim() && (
							<>
								has “<bdi>{wanted.trim()}</bdi>” in its name
							</>
						)}
						{wanted.trim() && filter.length > 0 && " and "}
						{filter.length > 0 && (
							<>
								is tagged <bdi>{filter.join(", ")}</bdi>
							</>
						)}
						.
					</span>
					<Button
						onClick={() => {
							setText("");
							change({ q: null, tag: null });
						}}
					>
						Show all
					</Button>
				</p>
			)}
		</>
	);
}

function Counted({ tag, n }: { tag: string; n: number }) {
	return (
		<>
			<bdi>{tag}</bdi> <span className="text-quiet">{count(n)}</span>
		</>
	);
}

interface SortProps {
	order: Order;
	by: Order;
	back: boolean;
	sort(by: Order): void;
	title?: string;
}

/** The head of a column, which sorts by it; pressed again, the other way round. */
function Sort({ order, by, back, sort, title }: SortProps) {
	const name = ORDERS.find(({ value }) => value === order)?.name;
	const on = by === order;
	// Names and shares begin with the least, durations and times with the most.
	const up = (order === "name" || order === "success") !== back;
	return (
		<button
			type="button"
			aria-pressed={on}
			title={title}
			onClick={() => sort(order)}
			className={`flex h-6 items-center gap-1 rounded-sm hover:text-text aria-pressed:text-text ${order === "name" ? "w-fit" : "justify-end"}`}
		>
			{on && (up ? <ArrowUp size={12} aria-hidden /> : <ArrowDown size={12} aria-hidden />)}
			{name}
			{on && back && <span className="sr-only">, reversed</span>}
		</button>
	);
}

const example = `from tidegate import flow

@flow
def hello(name: str = "world"):
    print(f"Hello, {name}!")`;

function NoFlows() {
	const { workspace } = useSession();
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">No flow is deployed yet</h2>
			<p className="text-quiet">A flow is a Python function. Put this into flow.py in an empty folder:</p>
			<Snippet code={example} label="flow.py" />
			<p className="break-words text-quiet">
				The command line works in the one workspace that it is signed in to. Where that is not <bdi className="text-text">{workspace.name}</bdi>, sign
				it in anew and approve it in this browser:
			</p>
			<Snippet code={`npx tidegate login --url ${location.origin}`} label="Sign the command line in to this workspace" />
			<p className="text-quiet">Deploy the folder, then run the flow. It runs on your agent, and appears here at once:</p>
			<Snippet code="npx tidegate deploy" label="Deploy the folder" />
			<Snippet code="npx tidegate run hello --watch" label="Run the flow and follow it" />
		</section>
	);
}
