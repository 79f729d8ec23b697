"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { MAX_LABELS } from "tidegate/protocol/limits.ts";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { Button } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import { RELAUNCH_OF } from "../../../runs/components/relaunch-of.ts";
import { check } from "./check.ts";
import { Form, idOf } from "./context.ts";
import { carry, type FieldProblem, type Given, givenOf } from "./draft.ts";
import { Entries } from "./field.tsx";
import { type Entry, entriesOf } from "./fields.ts";
import { drop, keep } from "./kept.ts";
import { asLabels, type Choices, labelProblem, Options } from "./options.tsx";
import type { Prepared } from "./prepare.ts";
import { newRunId, send, whyNot } from "./send.ts";
import { NotTaken } from "./trouble.tsx";

interface State extends Choices {
	number: number;
	entries: Entry[];
	given: Given;
	/** The run that it was filled from last. */
	from: string | null;
	/** What happened to it by itself, for the person who typed. */
	notes: string[];
}

function begin({ manifest, begun, kept }: Prepared, from: string | null): State {
	const entries = entriesOf(manifest.parameters as ValueSchema);
	const fresh: State = { number: manifest.number, entries, given: givenOf(entries, {}), labels: [], pool: "", from: null, notes: [] };
	if (kept && kept.from === from) {
		const given = kept.number === manifest.number ? { ...fresh.given, ...kept.given } : givenOf(entries, {});
		return { ...fresh, given, labels: kept.labels, pool: kept.pool, from, notes: ["What you typed before is here again."] };
	}
	return begun ? fill(fresh, begun) : fresh;
}

function fill(state: State, begun: NonNullable<Prepared["begun"]>): State {
	const stray = Object.keys(begun.values).filter((name) => !state.entries.some((entry) => entry.name === name));
	return {
		...state,
		given: givenOf(state.entries, begun.values),
		labels: begun.labels,
		pool: begun.pool,
		from: begun.run,
		notes: stray.length > 0 ? [`v${state.number} takes no ${stray.join(", ")}: what v${begun.number} was given for it is left out.`] : [],
	};
}

function move(state: State, { manifest }: Prepared): State {
	const entries = entriesOf(manifest.parameters as ValueSchema);
	const { given, dropped } = carry(state.entries, state.given, entries);
	const notes = [`These are the parameters of v${manifest.number} now. What you typed is carried over.`];
	if (dropped.length > 0) notes.push(`It takes no ${dropped.join(", ")}: what you typed there is left out.`);
	return { ...state, number: manifest.number, entries, given, notes };
}

interface Props {
	flow: string;
	workspaceKey: WorkspaceKey;
	prepared: Prepared;
	/** Whether the version is asked for as the live one. */
	live: boolean;
	from: string | null;
	relaunch: boolean;
	/** The version that was live is not any more. */
	overtaken(): void;
}

export function RunForm({ flow, workspaceKey, prepared, live, from, relaunch, overtaken }: Props) {
	const { manifest, begun } = prepared;
	const [state, setState] = useState(() => begin(prepared, from));
	if (state.number !== manifest.number) setState(move(state, prepared));
	else if (begun && begun.run === from && state.from !== begun.run) setState(fill(state, begun));
	const [tried, setTried] = useState(false);
	const checked = useMemo(() => check(manifest.parameters, state.entries, state.given), [manifest, state.entries, state.given]);
	const problems = tried && "problems" in checked ? checked.problems : [];
	const wrongLabels = tried ? labelProblem(state.labels) : undefined;
	const form = useId();
	const router = useRouter();
	/** One id for one content: an answer that was lost must not make a second run. */
	const id = useRef(newRunId());
	const run = useMutation({
		mutationFn: () => {
			const labels = asLabels(state.labels);
			if (relaunch && from && Object.keys(labels).length < MAX_LABELS) labels[RELAUNCH_OF] = from;
			const { number } = manifest;
			const asked = { id: id.current, flow, number, live: live || undefined, labels, pool: state.pool || undefined } as const;
			return send(asked, { key: workspaceKey, number, values: "values" in checked ? checked.values : {} });
		},
		onSuccess: (made) => {
			drop(workspaceKey, flow);
			router.push(`/runs/${made.id}`);
		},
		onError: (error) => {
			if ((error as { data?: { reason?: string } }).data?.reason === "not_live") overtaken();
		},
	});
	const touched = useRef(false);
	const change = (next: Partial<State>) => {
		touched.current = true;
		id.current = newRunId();
		run.reset();
		setState((before) => ({ ...before, ...next }));
	};
	useKeeping(workspaceKey, flow, state, touched);
	useEffect(() => {
		// A finger would get a keyboard over half of the page.
		if (document.activeElement !== document.body || !matchMedia("(pointer: fine)").matches) return;
		document.getElementById(form)?.querySelector<HTMLElement>("input, textarea, select")?.focus({ preventScroll: true });
	}, [form]);

	function submit(event: FormEvent) {
		event.preventDefault();
		setTried(true);
		const first = "problems" in checked ? checked.problems[0] : undefined;
		if (first) return focus(form, first);
		if (labelProblem(state.labels)) return document.getElementById("labels-first")?.focus();
		run.mutate();
	}

	const context = useMemo(
		() => ({ problems: new Map(problems.map(({ path, what }) => [path, what])), id: (path: string) => idOf(form, path) }),
		[problems, form],
	);
	return (
		<form id={form} onSubmit={submit} noValidate aria-label={`Run ${flow}`} className="flex max-w-2xl flex-col gap-5">
			{state.notes.map((note) => (
				<p key={note} role="status" className="break-words text-quiet">
					<bdi>{note}</bdi>
				</p>
			))}
			<Form value={context}>
				{state.entries.length === 0 ? (
					<p className="text-quiet">This flow takes no parameters.</p>
				) : (
					<Entries entries={state.entries} given={state.given} change={(given) => change({ given })} />
				)}
			</Form>
			<Options value={state} problem={wrongLabels} change={(choices) => change(choices)} />
			<div className="flex flex-col gap-2 border-line border-t pt-4">
				{run.error && <NotTaken {...whyNot(run.error)} />}
				<Wrong problems={problems} />
				<div className="flex flex-wrap items-center gap-3">
					<Button look="strong" type="submit" disabled={run.isPending || run.isSuccess}>
						Run v{manifest.number}
					</Button>
					<p className="text-quiet text-small">
						Parameters are sealed in this browser before they leave it. What you type is kept, sealed too, until you close this tab.
					</p>
				</div>
			</div>
		</form>
	);
}

function Wrong({ problems }: { problems: FieldProblem[] }) {
	const elsewhere = problems.filter(({ path }) => path === "");
	return (
		<div role="alert" className="text-failed empty:hidden">
			{problems.length > 0 && <p>{plural(problems.length, "value needs", "values need")} another look. Nothing was sent.</p>}
			{elsewhere.map(({ what }) => (
				<p key={what} className="break-words">
					{what}
				</p>
			))}
		</div>
	);
}

function focus(form: string, { path }: FieldProblem): void {
	const id = idOf(form, path);
	const element = document.getElementById(id) ?? document.getElementById(`${id}-all`);
	element?.focus();
	element?.scrollIntoView({ block: "center" });
}

/** A moment after the last key, so that no key waits for it. Milliseconds. */
const SETTLE = 200;

function useKeeping(key: WorkspaceKey, flow: string, state: State, touched: { current: boolean }): void {
	useEffect(() => {
		if (!touched.current) return;
		const { number, given, labels, pool, from } = state;
		const timer = setTimeout(() => void keep(key, flow, { number, given, labels, pool, from }), SETTLE);
		return () => clearTimeout(timer);
	}, [key, flow, state, touched]);
}
