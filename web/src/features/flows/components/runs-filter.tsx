"use client";
import { RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../browser/address.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { Choices } from "../../../ui/choices.tsx";
import { Search } from "../../../ui/search.tsx";
import { faceOf, StateWord } from "../../../ui/state.tsx";
import { fromField, rangeOf, SPANS, toField } from "./runs-range.ts";

const field = "h-7 rounded-md border border-line bg-raised px-2 placeholder:text-quiet hover:border-line-strong";
const states = RUN_STATES.map((state) => ({ value: state, name: <StateWord state={state} /> }));

/** Those that the URL names; of what it made up, nothing. */
export function statesOf(search: URLSearchParams): RunState[] {
	const named = (search.get("state") ?? "").split(",");
	return RUN_STATES.filter((state) => named.includes(state));
}

const NONE = { state: null, version: null, label: null, within: null, from: null, to: null };
export const isFiltered = (search: URLSearchParams): boolean => Object.keys(NONE).some((name) => search.has(name));

/** The filter of the runs, all of it in the URL. */
export function RunsFilter() {
	const [search, change] = useAddress();
	const chosen = statesOf(search);
	return (
		<>
			<Choices label="States" options={states} chosen={chosen} onChange={(next) => change({ state: next.join(",") })}>
				{chosen.length === 0 ? "Any state" : chosen.map((state) => faceOf(state).word).join(", ")}
			</Choices>
			<TimeFilter />
			<Typed name="version" numeric />
			<Typed name="label" />
			{isFiltered(search) && (
				<Button look="bare" onClick={() => change(NONE)}>
					Clear
				</Button>
			)}
		</>
	);
}

/** How far back the fields begin, in milliseconds. */
const A_DAY = 86_400_000;

function TimeFilter() {
	const [search, change] = useAddress();
	const { from, to, within } = rangeOf(search);
	const own = from !== undefined || to !== undefined;
	const span = SPANS.find(({ seconds }) => seconds === within)?.value ?? "";
	const choose = (value: string) =>
		change(value === "own" ? { within: null, from: new Date(Date.now() - A_DAY).toISOString() } : { within: value, from: null, to: null });
	return (
		<>
			<select aria-label="Time" value={own ? "own" : span} onChange={(event) => choose(event.target.value)} className={field}>
				<option value="">Any time</option>
				{SPANS.map(({ value, name }) => (
					<option key={value} value={value}>
						{name}
					</option>
				))}
				<option value="own">From … to …</option>
			</select>
			{own && (
				<>
					<Moment name="from" at={from} change={(next) => change({ from: next })} />
					<Moment name="to" at={to} change={(next) => change({ to: next })} />
				</>
			)}
		</>
	);
}

function Moment({ name, at, change }: { name: "from" | "to"; at: string | undefined; change(at: string | null): void }) {
	return (
		<label className="flex items-center gap-1.5 text-quiet">
			{name}
			<input type="datetime-local" value={toField(at)} onChange={(event) => change(fromField(event.target.value))} className={`${field} text-text`} />
		</label>
	);
}

function Typed({ name, numeric = false }: { name: "version" | "label"; numeric?: boolean }) {
	const [text, setText] = useTyped(name);
	if (!numeric) return <Search label="Label, as key=value" value={text} onChange={setText} className="w-44!" />;
	return (
		<input
			aria-label="Version number"
			placeholder="Version"
			inputMode="numeric"
			value={text}
			onChange={(event) => setText(event.target.value.replace(/\D/g, "").slice(0, 9))}
			className={`${field} w-20`}
		/>
	);
}
