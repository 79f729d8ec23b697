"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../browser/address.ts";
import { trpc } from "../../../browser/api.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { Search } from "../../../ui/search.tsx";
import { faceOf, StateGlyph } from "../../../ui/state.tsx";

const HOUR = 3_600_000;

/** Stretches of time up to now, as the address names them. */
export const SPANS = [
	{ value: "1h", name: "Last hour", ms: HOUR },
	{ value: "24h", name: "Last 24 hours", ms: 24 * HOUR },
	{ value: "7d", name: "Last 7 days", ms: 7 * 24 * HOUR },
	{ value: "30d", name: "Last 30 days", ms: 30 * 24 * HOUR },
] as const;

/** The address without any filter. */
export const CLEARED = { state: null, flow: null, label: null, since: null, from: null, to: null };

const field = "h-7 max-w-48 rounded-md border border-line bg-raised px-2 hover:border-line-strong";

/** All of it stands in the address. */
export function RunsPageFilter({ filtered, children }: { filtered: boolean; children?: ReactNode }) {
	const [, change] = useAddress();
	const [label, setLabel] = useTyped("label");
	return (
		<div className="mb-3 flex flex-col gap-2">
			<States />
			<div className="flex flex-wrap items-center gap-2">
				<Flow />
				<Search label="Label, as key=value" value={label} onChange={setLabel} />
				<Time />
				{filtered && (
					<Button look="bare" onClick={() => change(CLEARED)}>
						Clear
					</Button>
				)}
				<span className="ml-auto">{children}</span>
			</div>
		</div>
	);
}

function States() {
	const [search, change] = useAddress();
	const chosen = (search.get("state") ?? "").split(",");
	const toggle = (state: RunState) => {
		const next = RUN_STATES.filter((one) => chosen.includes(one) !== (one === state));
		change({ state: next.join(",") });
	};
	return (
		<fieldset className="flex flex-wrap gap-1">
			<legend className="sr-only">States</legend>
			{RUN_STATES.map((state) => (
				<button
					key={state}
					type="button"
					aria-pressed={chosen.includes(state)}
					onClick={() => toggle(state)}
					className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2 text-quiet hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-selected aria-pressed:text-text"
				>
					{/* Here it stands for the word, and pulses for nothing. */}
					<span className="[&_.pulse]:animate-none">
						<StateGlyph state={state} size={12} />
					</span>
					{faceOf(state).word}
				</button>
			))}
		</fieldset>
	);
}

function Flow() {
	const [search, change] = useAddress();
	const id = useId();
	const flows = useQuery(trpc.flows.list.queryOptions({ measured: 0 })).data?.flows ?? [];
	const given = search.get("flow") ?? "";
	const names = flows.map(({ name }) => name);
	return (
		<>
			<label htmlFor={id} className="sr-only">
				Flow
			</label>
			<select id={id} value={given} onChange={(event) => change({ flow: event.target.value })} className={field}>
				<option value="">Any flow</option>
				{given && !names.includes(given) && <option value={given}>{given}</option>}
				{names.map((name) => (
					<option key={name} value={name}>
						{name}
					</option>
				))}
			</select>
		</>
	);
}

const DAYS = "days";

function Time() {
	const [search, change] = useAddress();
	const id = useId();
	const since = search.get("since");
	const byDays = search.has("from") || search.has("to");
	const value = byDays ? DAYS : (SPANS.find((span) => span.value === since)?.value ?? "");
	const choose = (next: string) => {
		if (next !== DAYS) return change({ since: next, from: null, to: null });
		// In the viewer's zone, as the field shows it: the Swedish way of writing dates is the machine's.
		change({ since: null, from: new Date().toLocaleDateString("sv"), to: null });
	};
	return (
		<>
			<label htmlFor={id} className="sr-only">
				Queued
			</label>
			<select id={id} value={value} onChange={(event) => choose(event.target.value)} className={field}>
				<option value="">Any time</option>
				{SPANS.map((span) => (
					<option key={span.value} value={span.value}>
						{span.name}
					</option>
				))}
				<option value={DAYS}>Between days…</option>
			</select>
			{byDays &&
				(["from", "to"] as const).map((name) => (
					<input
						key={name}
						type="date"
						aria-label={name === "from" ? "First day" : "Last day"}
						value={search.get(name) ?? ""}
						onChange={(event) => change({ [name]: event.target.value }, "replace")}
						className={field}
					/>
				))}
		</>
	);
}
