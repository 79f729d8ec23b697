"use client";
import { useMutation } from "@tanstack/react-query";
import { Pause as Bars, Play } from "lucide-react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { trpc } from "../../../browser/api.ts";
import { useCommands } from "../../../browser/commands.ts";
import { useMay } from "../../../browser/may.ts";
import { Button } from "../../../ui/button.tsx";
import { toast } from "../../../ui/toast.ts";
import type { RunView } from "./view.ts";

/** Holds a run at its next task, and lets it go on: what the other undoes needs no question. */
export function Pause({ view: { run, kin } }: { view: RunView }) {
	const { may, why } = useMay("run");
	const id = `pause ${run.id}`;
	const refused = (error: { message: string }) => toast("Not done", { id, tone: "bad", detail: error.message });
	const pause = useMutation(
		trpc.runs.pause.mutationOptions({
			onSuccess: ({ state }) =>
				toast(state === "held" ? "Held" : "Asked to pause", {
					id,
					detail: state === "held" ? undefined : "It stops before its next task, and frees its slot.",
				}),
			onError: refused,
		}),
	);
	const resume = useMutation(trpc.runs.resume.mutationOptions({ onSuccess: () => toast("It goes on", { id }), onError: refused }));
	const paused = run.state === "held" || run.pausing;
	const stranded = kin.store !== null && !kin.store.reachable && ["queued", "held", "waiting"].includes(run.state);
	const offered = may && !hasEnded(run.state) && run.state !== "cancelling";
	const turn = () => (paused ? resume.mutate({ id: run.id }) : pause.mutate({ id: run.id }));
	useCommands(offered ? [{ name: paused ? "Resume this run" : "Pause this run", icon: paused ? Play : Bars, key: "p", run: turn }] : []);
	if (hasEnded(run.state) || run.state === "cancelling") return null;
	const name = paused ? "Resume" : "Pause";
	return (
		<>
			{stranded && (
				<Button
					disabled={!may || resume.isPending}
					title={why ?? "What its store remembers is out of reach: all is done again, on any agent of the pool"}
					onClick={() => resume.mutate({ id: run.id, scratch: true })}
				>
					Go on without its store
				</Button>
			)}
			<Button
				disabled={!may || pause.isPending || resume.isPending}
				title={why ?? (paused ? "Let it go on" : "Hold it at its next task")}
				onClick={turn}
				look={paused ? "strong" : "plain"}
			>
				{paused ? <Play size={12} aria-hidden /> : <Bars size={12} aria-hidden />}
				<span className={paused ? "" : "max-sm:sr-only"}>{name}</span>
			</Button>
		</>
	);
}
