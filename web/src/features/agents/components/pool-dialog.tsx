"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import type { Pool } from "./fleet.ts";
import { refusalOf } from "./refusal.ts";

const LEASE = 30;
/** As the server has it: a week. */
const LONGEST = 7 * 24 * 3600;

/** What a figure field holds: nothing, a whole number within bounds, or something else. */
function figure(text: string, least: number, most = 1_000_000): number | null | undefined {
	if (text.trim() === "") return null;
	const number = Number(text);
	return /^\d+$/.test(text.trim()) && number >= least && number <= most ? number : undefined;
}

/** Makes a pool, or changes what one may do. @param pool none: a new one */
export function PoolDialog({ pool, close }: { pool: Pool | null; close(): void }) {
	const [name, setName] = useState("");
	const [limit, setLimit] = useState(pool?.limit?.toString() ?? "");
	const [lease, setLease] = useState(String(pool?.leaseSeconds ?? LEASE));
	const create = useMutation(trpc.pools.create.mutationOptions({ onSuccess: close }));
	const change = useMutation(trpc.pools.change.mutationOptions({ onSuccess: close }));
	const runs = figure(limit, 1);
	const seconds = figure(lease, 5, LONGEST);
	const [asked, setAsked] = useState(false);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		setAsked(true);
		if (runs === undefined || !seconds) return;
		if (pool) change.mutate({ pool: pool.name, limit: runs, leaseSeconds: seconds });
		else create.mutate({ name: name.trim(), limit: runs ?? undefined, leaseSeconds: seconds });
	};
	const error = create.error ?? change.error;
	return (
		<Dialog title={pool ? "Limit and lease" : "New pool"} close={close}>
			<form onSubmit={submit} className="flex flex-col gap-3">
				{pool && (
					<p className="break-words text-quiet">
						Of pool <bdi className="font-medium text-text">{pool.name}</bdi>. What runs goes on, whatever you change.
					</p>
				)}
				{!pool && (
					<Field
						label="Name"
						value={name}
						placeholder="gpu"
						onChange={(event) => {
							setName(event.target.value);
							create.reset();
						}}
						hint="By it agents are enrolled and runs are sent there: tidegate run FLOW --pool NAME."
						error={refusalOf(create.error, "name")}
					/>
				)}
				<Field
					label="Runs at once"
					value={limit}
					inputMode="numeric"
					placeholder="no limit"
					onChange={(event) => setLimit(event.target.value)}
					hint="At most so many over all agents of the pool, whatever slots they have. Others wait in the queue. Empty: no limit."
					error={asked && runs === undefined ? "A whole number of at least 1, or nothing. To run none, pause the pool." : undefined}
				/>
				<Field
					label="Lease in seconds"
					value={lease}
					inputMode="numeric"
					onChange={(event) => setLease(event.target.value)}
					hint="How long an agent may be silent before its runs go to another: long enough for its network to come back."
					error={asked && !seconds ? "A whole number from 5 to 604800, a week." : undefined}
				/>
				<div className="flex flex-wrap items-center justify-end gap-2">
					{pool && error && (
						<p role="alert" className="mr-auto min-w-0 break-words text-failed">
							{error.message}
						</p>
					)}
					<Button look="strong" type="submit" disabled={create.isPending || change.isPending || (!pool && name.trim() === "")}>
						{pool ? "Save" : "Make the pool"}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
