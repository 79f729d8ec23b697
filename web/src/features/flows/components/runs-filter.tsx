"use client";
import { useId } from "react";
import { RUN_STATES } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../browser/address.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { Search } from "../../../ui/search.tsx";
import { faceOf } from "../../../ui/state.tsx";

const field = "h-7 rounded-md border border-line bg-raised px-2 placeholder:text-quiet hover:border-line-strong";

/** The filter of the runs, all of it in the URL. */
export function RunsFilter() {
	const [search, change] = useAddress();
	const id = useId();
	const filtered = ["state", "version", "label"].some((name) => search.has(name));
	return (
		<div className="mb-3 flex flex-wrap items-center gap-2">
			<label htmlFor={id} className="sr-only">
				State
			</label>
			<select id={id} value={search.get("state") ?? ""} onChange={(event) => change({ state: event.target.value })} className={field}>
				<option value="">Any state</option>
				{RUN_STATES.map((state) => (
					<option key={state} value={state}>
						{faceOf(state).word}
					</option>
				))}
			</select>
			<Typed name="version" numeric />
			<Typed name="label" />
			{filtered && (
				<Button look="bare" onClick={() => change({ state: null, version: null, label: null })}>
					Clear
				</Button>
			)}
		</div>
	);
}

function Typed({ name, numeric = false }: { name: "version" | "label"; numeric?: boolean }) {
	const [text, setText] = useTyped(name);
	if (!numeric) return <Search label="Label, as key=value" value={text} onChange={setText} />;
	return (
		<input
			aria-label="Version number"
			placeholder="Version"
			inputMode="numeric"
			value={text}
			onChange={(event) => setText(event.target.value.replace(/\D/g, ""))}
			className={`${field} w-20`}
		/>
	);
}
