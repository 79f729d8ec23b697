"use client";
/** The controls of single values. */
import { type KeyboardEvent, useRef, useState } from "react";
import { exact } from "../../../../ui/format.ts";
import { useControl } from "./context.ts";
import { type Draft, zoneOf } from "./draft.ts";
import type { Field } from "./fields.ts";

export interface ControlProps<F extends Field = Field> {
	field: F;
	draft: Draft;
	path: string;
	/** What it is called where no label names it. */
	label?: string;
	change(draft: Draft): void;
}

export const input =
	"min-h-7 w-full min-w-0 rounded-md border border-line-strong bg-ground px-2 py-[3px] placeholder:text-quiet aria-invalid:border-failed";

const textOf = (draft: Draft): string => ("text" in draft ? draft.text : "");

export function TextControl({ draft, path, label, change }: ControlProps) {
	const text = textOf(draft);
	const [long, setLong] = useState(text.length > 80 || text.includes("\n"));
	const control = useControl(path);
	const arrived = useRef(false);
	const shared = { ...control, "aria-label": label, value: text, spellCheck: false, autoComplete: "off" };
	if (long)
		return (
			<textarea
				{...shared}
				ref={(element) => {
					if (arrived.current) element?.focus();
					arrived.current = false;
				}}
				rows={Math.min(12, Math.max(3, text.split("\n").length))}
				onChange={(event) => change({ text: event.target.value })}
				className={input}
			/>
		);
	return (
		<input
			{...shared}
			onChange={(event) => change({ text: event.target.value })}
			onPaste={(event) => {
				const pasted = event.clipboardData.getData("text");
				if (!pasted.includes("\n")) return;
				// A field of one line would drop the others unseen.
				event.preventDefault();
				const { selectionStart, selectionEnd } = event.currentTarget;
				arrived.current = true;
				setLong(true);
				change({ text: text.slice(0, selectionStart ?? text.length) + pasted + text.slice(selectionEnd ?? text.length) });
			}}
			className={input}
		/>
	);
}

/** A field of its own kind would keep what is no number to itself, so that nobody could say what is wrong with it. */
export function NumberControl({ field, draft, path, label, change }: ControlProps<Field & { kind: "number" }>) {
	const text = textOf(draft);
	const step = (event: KeyboardEvent) => {
		const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
		if (!by || !/^-?\d*\.?\d*$/.test(text.trim())) return;
		event.preventDefault();
		const digits = text.split(".")[1]?.length ?? 0;
		change({ text: (Number(text) + by * 10 ** -digits).toFixed(digits) });
	};
	return (
		<input
			{...useControl(path)}
			aria-label={label}
			value={text}
			inputMode={field.integer ? "numeric" : "decimal"}
			title="Arrow keys step"
			autoComplete="off"
			onKeyDown={step}
			onChange={(event) => change({ text: event.target.value })}
			className={`${input} max-w-60 tabular-nums`}
		/>
	);
}

export function SwitchControl({ draft, path, label, change }: ControlProps) {
	// A switch has no third position: what was not decided is a choice, and stays one while it is here.
	const [undecided] = useState(!("on" in draft));
	const control = useControl(path);
	const on = "on" in draft ? draft.on : undefined;
	if (undecided)
		return (
			<select
				{...control}
				aria-label={label}
				value={on === undefined ? "" : String(on)}
				onChange={(event) => change({ on: event.target.value === "true" })}
				className={`${input} max-w-60`}
			>
				<option value="" disabled>
					Choose…
				</option>
				<option value="true">true</option>
				<option value="false">false</option>
			</select>
		);
	return (
		<span className="flex min-h-7 items-center gap-2">
			<input
				{...control}
				type="checkbox"
				role="switch"
				aria-checked={on ?? false}
				aria-label={label}
				checked={on ?? false}
				onChange={(event) => change({ on: event.target.checked })}
				className="relative h-4 w-7 shrink-0 cursor-pointer appearance-none rounded-full border border-quiet bg-sunken transition-colors duration-100 after:absolute after:top-px after:left-px after:size-3 after:rounded-full after:bg-quiet after:transition-transform checked:border-accent-fill checked:bg-accent-fill checked:after:translate-x-3 checked:after:bg-on-accent"
			/>
			<span aria-hidden className="text-quiet">
				{String(on ?? false)}
			</span>
		</span>
	);
}

export function ChoiceControl({ field, draft, path, label, change }: ControlProps<Field & { kind: "choice" }>) {
	const at = "at" in draft ? draft.at : -1;
	const stray = textOf(draft);
	return (
		<select
			{...useControl(path)}
			aria-label={label}
			value={at}
			onChange={(event) => change({ at: Number(event.target.value) })}
			className={`${input} max-w-96`}
		>
			{at < 0 && (
				<option value={-1} disabled>
					{stray ? `${stray} (not offered any more)` : "Choose…"}
				</option>
			)}
			{field.options.map((option, index) => (
				<option key={JSON.stringify(option)} value={index}>
					{typeof option === "string" ? option : option === null ? "none" : JSON.stringify(option)}
				</option>
			))}
		</select>
	);
}

export function DateControl({ draft, path, label, change }: ControlProps) {
	return (
		<input
			{...useControl(path)}
			type="date"
			aria-label={label}
			value={textOf(draft)}
			onChange={(event) => change({ text: event.target.value })}
			className={`${input} max-w-60`}
		/>
	);
}

export function InstantControl({ draft, path, label, change }: ControlProps) {
	const control = useControl(path);
	const text = textOf(draft);
	// Finer than a browser's own field can show: it stays the text that it is.
	if (!("zone" in draft))
		return (
			<input
				{...control}
				aria-label={label}
				value={text}
				onChange={(event) => change(event.target.value === "" ? { text: "", zone: "local" } : { text: event.target.value })}
				className={`${input} max-w-96 font-mono text-small`}
			/>
		);
	const { zone } = draft;
	const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const utc = zone === "+00:00" ? zone : "Z";
	const known = ["local", utc, ""];
	const instant = zone === "" ? undefined : new Date(text + zoneOf(text, zone));
	return (
		<span className="flex flex-wrap items-center gap-x-2 gap-y-1">
			<input
				{...control}
				type="datetime-local"
				step="any"
				aria-label={label}
				value={text}
				onChange={(event) => change({ text: event.target.value, zone })}
				className={`${input} max-w-60`}
			/>
			<select
				aria-label={`Time zone of ${label ?? path}`}
				value={zone}
				onChange={(event) => change({ text, zone: event.target.value })}
				className={`${input} max-w-60`}
			>
				<option value="local">
					{mine}
					{text && `, UTC${zoneOf(text, "local")}`}
				</option>
				<option value={utc}>UTC</option>
				<option value="">no zone</option>
				{!known.includes(zone) && <option value={zone}>UTC{zone}</option>}
			</select>
			{instant && zone !== "local" && !Number.isNaN(instant.getTime()) && (
				<span className="w-full text-quiet text-small">{exact(instant.toISOString())} here</span>
			)}
		</span>
	);
}

export function JsonControl({ draft, path, label, change }: ControlProps) {
	const text = textOf(draft);
	return (
		<textarea
			{...useControl(path)}
			aria-label={label}
			value={text}
			spellCheck={false}
			autoComplete="off"
			placeholder="JSON"
			rows={Math.min(20, Math.max(2, text.split("\n").length))}
			onChange={(event) => change({ text: event.target.value, json: true })}
			className={`${input} font-mono text-small/5`}
		/>
	);
}
