"use client";
import type { ReactNode } from "react";
import type { Outputs } from "../../../browser/api.ts";
import { useRemembered } from "../../../browser/remembered.ts";
import { Choices } from "../../../ui/choices.tsx";
import { size } from "../../../ui/format.ts";
import { figures } from "../../../ui/table.tsx";
import { Ago, Took } from "../../../ui/time.tsx";
import { Labels } from "./labels.tsx";

export type Run = Outputs["runs"]["list"]["runs"][number];

interface Column {
	value: string;
	name: string;
	/** Class names of its cells. */
	look: string;
	/** Shown where nothing was chosen. */
	usual?: boolean;
	cell(run: Run): ReactNode;
}

const name = (text: string) => (
	<bdi title={text} className="block max-w-40 truncate xl:max-w-72">
		{text}
	</bdi>
);

/** Beside state, run and version, which are always there. In this order. */
const COLUMNS: Column[] = [
	{
		value: "labels",
		name: "Labels",
		look: "w-full max-sm:hidden",
		usual: true,
		cell: (run) => (
			<span className="block w-56">
				<Labels labels={run.labels} />
			</span>
		),
	},
	{ value: "by", name: "By", look: "text-quiet max-sm:hidden", cell: (run) => name(run.createdBy) },
	{ value: "pool", name: "Pool", look: "text-quiet max-sm:hidden", cell: (run) => name(run.pool) },
	{ value: "agent", name: "Agent", look: "text-quiet max-sm:hidden", usual: true, cell: (run) => (run.agent ? name(run.agent.name) : "—") },
	{ value: "attempt", name: "Attempt", look: `${figures} max-sm:hidden`, cell: (run) => run.attempt },
	{ value: "log", name: "Log", look: `${figures} text-quiet max-sm:hidden`, cell: (run) => size(run.logBytes) },
	{
		value: "waited",
		name: "Waited",
		look: `${figures} max-sm:hidden`,
		cell: (run) => <Took from={run.queuedAt} to={run.claimedAt ?? run.startedAt ?? run.finishedAt} />,
	},
	{
		value: "prepared",
		name: "Prepared",
		look: `${figures} max-sm:hidden`,
		cell: (run) => (run.claimedAt ? <Took from={run.claimedAt} to={run.startedAt ?? run.finishedAt} /> : "—"),
	},
	{
		value: "took",
		name: "Took",
		look: `${figures} max-sm:order-1 max-sm:ml-auto`,
		usual: true,
		cell: (run) => <Took from={run.startedAt} to={run.finishedAt} />,
	},
	{
		value: "queued",
		name: "Queued",
		look: `${figures} text-quiet max-sm:order-2 max-sm:w-full max-sm:text-start`,
		usual: true,
		cell: (run) => <Ago at={run.queuedAt} />,
	},
	{ value: "ended", name: "Ended", look: `${figures} text-quiet max-sm:hidden`, cell: (run) => (run.finishedAt ? <Ago at={run.finishedAt} /> : "—") },
];

/** Shown where nothing was chosen. */
export const USUAL = COLUMNS.filter(({ usual }) => usual);

/** The columns of runs that this browser shows, and how to choose them. */
export function useColumns(): { columns: Column[]; chooser: ReactNode } {
	const [told, remember] = useRemembered("runs.columns", USUAL.map(({ value }) => value).join(","));
	const chosen = told.split(",");
	return {
		columns: COLUMNS.filter(({ value }) => chosen.includes(value)),
		chooser: (
			<span className="ml-auto max-sm:hidden">
				<Choices
					label="Columns"
					options={COLUMNS}
					chosen={chosen}
					onChange={(next) =>
						remember(
							COLUMNS.map(({ value }) => value)
								.filter((value) => next.includes(value))
								.join(","),
						)
					}
				/>
			</span>
		),
	};
}
