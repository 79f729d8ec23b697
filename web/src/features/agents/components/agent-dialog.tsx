"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Confirm, Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { duration, plural } from "../../../ui/format.ts";
import type { Agent } from "./fleet.ts";
import { refusalOf } from "./refusal.ts";

interface Props {
	agent: Agent;
	/** Seconds. */
	lease: number;
	others: number;
	close(): void;
}

/** Another name for an agent, and the way to turn it away. */
export function AgentDialog({ agent, lease, others, close }: Props) {
	const [name, setName] = useState(agent.name);
	const [revoking, setRevoking] = useState(false);
	const rename = useMutation(trpc.agents.rename.mutationOptions({ onSuccess: close }));
	if (revoking) return <Revoke agent={agent} lease={lease} others={others} close={close} />;
	const submit = (event: FormEvent) => {
		event.preventDefault();
		rename.mutate({ id: agent.id, name: name.trim() });
	};
	return (
		<Dialog title="Rename or revoke" close={close}>
			<form onSubmit={submit} className="flex flex-col gap-3">
				<Field
					label="Name"
					value={name}
					onChange={(event) => {
						setName(event.target.value);
						rename.reset();
					}}
					hint="How people see it. Runs of before show the new name too."
					error={refusalOf(rename.error, "name")}
				/>
				<div className="flex flex-wrap justify-between gap-2">
					<Button look="danger" onClick={() => setRevoking(true)}>
						Revoke…
					</Button>
					<Button look="strong" type="submit" disabled={rename.isPending || name.trim() === "" || name.trim() === agent.name}>
						Rename
					</Button>
				</div>
			</form>
		</Dialog>
	);
}

function Revoke({ agent, lease, others, close }: Props) {
	const revoke = useMutation(trpc.agents.revoke.mutationOptions({ onSuccess: close }));
	const { running } = agent;
	return (
		<Confirm
			title="Revoke this agent?"
			close={close}
			doing="Revoke the agent"
			pending={revoke.isPending}
			done={() => revoke.mutate({ id: agent.id })}
		>
			<p>
				<bdi className="break-words font-medium">{agent.name}</bdi> gets no more runs, and nothing that it reports is taken.{" "}
				{running > 0
					? `${plural(running, "run")} that it has ${running === 1 ? "goes" : "go"} to ${others > 0 ? "other agents of the pool" : "the queue, since no other agent of the pool is online,"} after the lease of ${duration(lease * 1_000, true)}, as a new attempt. Its own processes go on there until they end.`
					: "It has no run now."}
			</p>
			<p className="mt-2">For good: its machine can be an agent again only by a new token. To update it, drain it instead.</p>
			{revoke.error && (
				<p role="alert" className="mt-2 text-failed">
					{revoke.error.message}
				</p>
			)}
		</Confirm>
	);
}
