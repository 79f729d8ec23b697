"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { useRouter } from "next/navigation";
import { useId, useRef, useState } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { MAX_LABELS } from "tidegate/protocol/limits.ts";
import { checkParameters } from "tidegate/protocol/parameters.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import { trpc } from "../../../browser/api.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { loadOpeners } from "../../../browser/openers.ts";
import { askForKey } from "../../../ui/asked.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Link } from "../../../ui/link.tsx";
import { type Asked, fetchVersion, newRunId, openGiven, openVersion, send, whyNot } from "../../flows/components/form/send.ts";
import { NotTaken } from "../../flows/components/form/trouble.tsx";
import { usePlace } from "./place.ts";
import { type Begin, BeginChoice, Radio } from "./relaunch-begin.tsx";
import { RELAUNCH_OF } from "./relaunch-of.ts";
import type { RunView, Task } from "./view.ts";

/** The same again, or nearly: what the run was given is opened here and sealed anew, for the new run alone. */
export default function RelaunchDialog({ view, from, close }: { view: RunView; from?: Task; close(): void }) {
	const { run } = view;
	const place = usePlace(run);
	const key = useOpenKey();
	const flow = useQuery(trpc.flows.get.queryOptions({ flow: run.flow }));
	const live = flow.data?.live?.number;
	const [number, setNumber] = useState(run.number);
	// What a run remembers lies in a store; one that never began has none, and is done anew.
	const [begin, setBegin] = useState<Begin>({
		at: from ? "task" : run.state === "failed" && run.startedAt ? "failed" : "start",
		task: from?.task,
		keep: false,
		refresh: false,
	});
	const ended = hasEnded(run.state);
	const id = useRef(newRunId());
	const name = useId();
	const router = useRouter();
	const sealed = run.parameters !== null && !key;
	const resumes = async (): Promise<Asked["resumes"]> => {
		if (begin.at === "start" || !ended) return undefined;
		const changed = begin.keep && number !== run.number ? "keep" : undefined;
		if (begin.at === "failed") return { run: run.id, changed };
		const task = view.tasks.get(begin.task ?? "");
		if (!key || !task?.sealed) throw new Error("What this task is called is sealed, and can't be read here: choose another.");
		const { openTask } = await loadOpeners();
		return { run: run.id, changed, from: (await openTask(key, place, task.task, fromBase64(task.sealed))).key };
	};
	const again = useMutation({
		mutationFn: async () => {
			const labels = { ...run.labels };
			delete labels[RELAUNCH_OF];
			if (Object.keys(labels).length < MAX_LABELS) labels[RELAUNCH_OF] = run.id;
			const refresh = begin.refresh || undefined;
			const asked: Asked = { id: id.current, flow: run.flow, number, labels, pool: run.pool, resumes: await resumes(), refresh };
			if (!key) return send(asked);
			const values = (await openGiven(key, run)) ?? {};
			const manifest = await openVersion(key, run.flow, await fetchVersion(run.flow, number));
			checkParameters(manifest.parameters, values);
			return send(asked, { key, number, values });
		},
		onSuccess: (made) => {
			close();
			router.push(`/runs/${made.id}`);
		},
	});
	/** One id for one content: an answer that was lost must not make a second run. */
	const renew = () => {
		id.current = newRunId();
		again.reset();
	};
	const choose = (next: number) => {
		renew();
		setNumber(next);
	};
	const form = `/flows/${encodeURIComponent(run.flow)}/run?relaunch=${run.id}${number === live ? "" : `&version=${number}`}`;
	return (
		<Dialog title="Relaunch this run" close={close}>
			<fieldset className="flex flex-col gap-1.5">
				<legend className="mb-1 font-medium">Version</legend>
				<Radio name={name} checked={number === run.number} choose={() => choose(run.number)}>
					v{run.number}, as it ran{live === run.number && ": it is live"}
				</Radio>
				{live !== undefined && live !== run.number && (
					<Radio name={name} checked={number === live} choose={() => choose(live)}>
						v{live}, which is live now
					</Radio>
				)}
			</fieldset>
			{ended && (
				<BeginChoice
					view={view}
					name={`${name}-begin`}
					begin={begin}
					changed={number !== run.number}
					locked={!key}
					change={(next) => {
						renew();
						setBegin(next);
					}}
				/>
			)}
			{sealed ? (
				<p className="flex items-start gap-2">
					<Lock size={14} aria-hidden className="mt-[3px] shrink-0 text-quiet" />
					<span>
						Its parameters are sealed: only with the workspace key can they be given to another run.{" "}
						<button type="button" onClick={askForKey} className="rounded-sm text-accent underline underline-offset-2">
							Unlock
						</button>{" "}
						this browser first.
					</span>
				</p>
			) : (
				<p className="text-quiet">
					{run.parameters ? "It is given what this run was given" : "This run was given nothing and ran with its defaults, and so will the new one"},
					in the pool <bdi className="text-text">{run.pool}</bdi>, with the same labels and one that names this run.
				</p>
			)}
			{again.error && <NotTaken {...why(again.error)} />}
			<div className="flex flex-wrap justify-end gap-2">
				{key && (
					<Link
						href={form}
						onClick={close}
						className="inline-flex h-7 items-center rounded-md border border-line bg-raised px-2.5 hover:border-line-strong"
					>
						Change parameters…
					</Link>
				)}
				<Button look="strong" disabled={sealed || again.isPending} onClick={() => again.mutate()}>
					Relaunch with v{number}
				</Button>
			</div>
		</Dialog>
	);
}

/** What the browser itself found is as good an answer as the server's. */
function why(error: Error) {
	if (error.name === "ParameterError")
		return { text: `This version takes other parameters. ${error.message.split("\n").slice(0, 3).join("; ")}. Change them, and run it then.` };
	return error.name === "SealError" ? { text: error.message } : whyNot(error);
}
