"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleSlash } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useAddress } from "../../../browser/address.ts";
import { errorCode, trpc } from "../../../browser/api.ts";
import { useKey } from "../../../browser/key.tsx";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Field } from "../../../ui/field.tsx";
import { Page } from "../../../ui/page.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { Fingerprint } from "./fingerprint.tsx";
import { Decide, type Login } from "./login-decide.tsx";

const crumbs = [{ name: "Sign in a command line" }];

/** Where `tidegate login` sends people: who asks, and yes or no. */
export function LoginPage() {
	const [search, change] = useAddress();
	const code = search.get("code") ?? "";
	return (
		<Page crumbs={crumbs} title="Sign in a command line">
			<div className="mx-auto flex w-full max-w-xl flex-col gap-5 py-6">
				<h1 className="font-semibold text-title">Sign in a command line</h1>
				{code ? <Known code={code} again={() => change({ code: null })} /> : <Type enter={(typed) => change({ code: typed })} />}
			</div>
		</Page>
	);
}

function Type({ enter, wrong, before = "" }: { enter(code: string): void; wrong?: string; before?: string }) {
	const [code, setCode] = useState(before.slice(0, 20));
	function submit(event: FormEvent) {
		event.preventDefault();
		enter(code.trim());
	}
	return (
		<form onSubmit={submit} className="flex flex-col gap-3">
			<p className="text-quiet">
				<code className="font-mono text-text">tidegate login</code> shows a code on the terminal. Type it here.
			</p>
			<Field
				label="Code"
				error={wrong}
				value={code}
				onChange={(event) => setCode(event.target.value)}
				placeholder="WXYK-3489"
				maxLength={20}
				autoCapitalize="characters"
				className="max-w-56 font-mono uppercase"
			/>
			<div>
				<Button look="strong" type="submit" disabled={code.trim() === ""}>
					Go on
				</Button>
			</div>
		</form>
	);
}

function Known({ code, again }: { code: string; again(): void }) {
	const client = useQueryClient();
	const [, change] = useAddress();
	const look = useQuery(trpc.login.look.queryOptions({ code: code.slice(0, 100) }, { refetchOnWindowFocus: true }));
	const [done, setDone] = useState<"approved" | "denied">();
	const settle = (how: "approved" | "denied") => () => {
		setDone(how);
		void client.invalidateQueries(trpc.devices.pathFilter());
	};
	// Somebody else was faster, or it ran out: what is true now is asked for again.
	const onError = () => void look.refetch();
	const approve = useMutation(trpc.login.approve.mutationOptions({ onSuccess: settle("approved"), onError }));
	const deny = useMutation(trpc.login.deny.mutationOptions({ onSuccess: settle("denied"), onError }));
	const wrong = approve.error ?? deny.error;
	if (done) return <Done how={done} publicKey={look.data?.publicKey} />;
	if (errorCode(look.error) === "NOT_FOUND") return <Type enter={(typed) => change({ code: typed })} wrong={look.error?.message} before={code} />;
	if (!look.data && look.error) return <Trouble title="The code can't be looked up" detail={look.error.message} again={() => void look.refetch()} />;
	if (!look.data) return <div className="ghost h-40" aria-busy="true" />;
	if (look.data.state !== "asks") return <Over state={look.data.state} again={again} />;
	return (
		<>
			<Decide
				login={look.data}
				code={code}
				pending={approve.isPending || deny.isPending}
				approve={(key) => approve.mutate({ code, key })}
				deny={() => deny.mutate({ code })}
			/>
			{wrong && (
				<p role="alert" className="break-words text-failed">
					{wrong.message}
				</p>
			)}
		</>
	);
}

function Done({ how, publicKey }: { how: "approved" | "denied"; publicKey: string | undefined }) {
	const { current } = useKey();
	return (
		<section role="status" className="flex items-start gap-2">
			{how === "approved" ? (
				<CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-succeeded" />
			) : (
				<CircleSlash size={16} aria-hidden className="mt-0.5 shrink-0 text-cancelled" />
			)}
			{how === "approved" ? (
				<div className="flex min-w-0 flex-col gap-2">
					<p>Approved. Go back to the terminal: it goes on within seconds. What it shows must be the same as this; then you can close this page.</p>
					<dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5">
						<dt className="text-quiet">Fingerprint</dt>
						<dd>
							<Fingerprint of={publicKey} />
						</dd>
						{current.state === "open" && (
							<>
								<dt className="text-quiet">Workspace key</dt>
								<dd className="break-words font-mono">{current.key.kid}</dd>
							</>
						)}
					</dl>
				</div>
			) : (
				<p>Refused. The command line is told so and gets nothing.</p>
			)}
		</section>
	);
}

const OVER: Record<Exclude<Login["state"], "asks">, string> = {
	approved: "This code was approved before. If the terminal still waits, give it a few seconds.",
	taken: "This code was used before: each works once.",
	denied: "This sign-in was refused before.",
	expired: "This code has expired: each holds for ten minutes.",
};

function Over({ state, again }: { state: Exclude<Login["state"], "asks">; again(): void }) {
	return (
		<section role="alert" className="flex flex-col gap-3">
			<p>{OVER[state]} For a new code, run this again:</p>
			<Snippet code={`tidegate login --url ${location.origin}`} label="Ask for a new code" />
			<div>
				<Button onClick={again}>Type another code</Button>
			</div>
		</section>
	);
}
