"use client";
import { useMutation } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useId, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useNow } from "../../../browser/clock.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { duration, plural } from "../../../ui/format.ts";
import type { Agent, Pool } from "./fleet.ts";

interface Props {
	pools: Pool[];
	/** Chosen at first. */
	pool: string | null;
	/** All there are, live: who comes with the token is among them. */
	agents: Agent[];
	close(): void;
}

interface Made {
	id: string;
	token: string;
	pool: string;
	/** Of this browser's clock, milliseconds. */
	until: number;
}

/** From the choice of a pool to the agent that arrived: a token, the commands that use it, and who came with it. */
export function AddAgent({ pools, pool, agents, close }: Props) {
	const [chosen, setChosen] = useState(pool ?? pools[0]?.name ?? "");
	const [made, setMade] = useState<Made>();
	const make = useMutation(
		trpc.agents.createToken.mutationOptions({
			onSuccess: ({ id, token, seconds }, { pool: of }) => setMade({ id, token, pool: of, until: Date.now() + seconds * 1_000 }),
		}),
	);
	const arrived = made && agents.find((agent) => agent.token === made.id);
	const ask = () => make.mutate({ pool: chosen });
	return (
		<Dialog title="Add an agent" close={close}>
			{!made && <Choose pools={pools} chosen={chosen} choose={setChosen} pending={make.isPending} make={ask} />}
			{made && !arrived && <Waiting made={made} pending={make.isPending} again={ask} />}
			{arrived && <Arrived agent={arrived} close={close} />}
			{make.error && (
				<p role="alert" className="break-words text-failed">
					{make.error.message}
				</p>
			)}
		</Dialog>
	);
}

interface Choosing {
	pools: Pool[];
	chosen: string;
	choose(pool: string): void;
	pending: boolean;
	make(): void;
}

function Choose({ pools, chosen, choose, pending, make }: Choosing) {
	const id = useId();
	return (
		<>
			<p className="text-quiet">
				An agent runs flows on a machine of yours, with Linux or macOS, Node 20 or newer, and Python 3.9 or newer for Python flows. It only ever dials
				out: no port is opened, no address has to be known.{" "}
				<a href="/docs/install-an-agent" target="_blank" rel="noreferrer" className="rounded-sm text-accent underline underline-offset-2">
					How to install it
				</a>
			</p>
			<div className="flex flex-col gap-1">
				<label htmlFor={id} className="font-medium">
					Pool that it serves
				</label>
				<select
					id={id}
					value={chosen}
					onChange={(event) => choose(event.target.value)}
					className="h-8 w-full min-w-0 rounded-md border border-line-strong bg-ground px-2"
				>
					{pools.map(({ name }) => (
						<option key={name}>{name}</option>
					))}
				</select>
			</div>
			<div className="flex justify-end">
				<Button look="strong" disabled={pending} onClick={make}>
					Make a token
				</Button>
			</div>
		</>
	);
}

function Waiting({ made, pending, again }: { made: Made; pending: boolean; again(): void }) {
	const left = made.until - useNow();
	if (left <= 0) {
		return (
			<>
				<p role="status">The token has expired, and nobody came with it.</p>
				<div className="flex justify-end">
					<Button look="strong" disabled={pending} onClick={again}>
						Make another
					</Button>
				</div>
			</>
		);
	}
	return (
		<>
			<p>
				On the agent's machine, where <code className="font-mono">tidegate</code>{" "}
				<a href="/docs/install-an-agent" target="_blank" rel="noreferrer" className="rounded-sm text-accent underline underline-offset-2">
					is installed
				</a>
				. The token admits one agent to pool <bdi className="break-words font-medium">{made.pool}</bdi>, which is called after its machine unless you
				add <code className="font-mono">--name NAME</code>.
			</p>
			<Snippet code={`tidegate agent enrol ${made.token} --url ${location.origin} --key`} label="Enrol the agent" />
			<p className="text-quiet">
				With <code className="font-mono">--key</code> it asks for the workspace key, which never comes here. Where you are signed in to a command
				line, this shows it:
			</p>
			<Snippet code="npx tidegate key show" label="Show the workspace key" />
			<Snippet code="tidegate agent start" label="Start the agent" />
			<p role="status" className="flex items-center gap-2 text-quiet">
				<span aria-hidden className="pulse size-2.5 rounded-full border-2 border-waiting" />
				Waiting for it to arrive
			</p>
			<p className="text-quiet text-small tabular-nums">
				The token is shown only now, and is valid for another {duration(Math.max(60_000, left), true).replace(/ \d+\u202fs$/, "")}.
			</p>
		</>
	);
}

function Arrived({ agent, close }: { agent: Agent; close(): void }) {
	const online = agent.state === "online";
	return (
		<>
			<p role="status" className="flex items-start gap-2">
				<span aria-hidden className={`mt-0.5 inline-flex size-4 shrink-0 items-center justify-center ${online ? "text-succeeded" : "text-waiting"}`}>
					{online ? <Check size={16} strokeWidth={2.5} /> : <span className="pulse size-2.5 rounded-full border-2 border-current" />}
				</span>
				<span className="min-w-0 break-words">
					<bdi className="font-medium">{agent.name}</bdi>
					{online ? (
						<>
							{" is online"}
							{agent.slots !== null && `, with ${plural(agent.slots, "slot")}`}. It takes runs from pool{" "}
							<bdi className="font-medium">{agent.pool}</bdi>.
						</>
					) : (
						" is enrolled. Start it there:"
					)}
				</span>
			</p>
			{!online && <Snippet code="tidegate agent start" label="Start the agent" />}
			<div className="flex justify-end">
				<Button look={online ? "strong" : "plain"} onClick={close}>
					{online ? "Done" : "Close"}
				</Button>
			</div>
		</>
	);
}
