"use client";
import { type FormEvent, useEffect, useId, useState } from "react";
import { useKey } from "../browser/key.tsx";
import { useSession } from "../browser/session.tsx";
import { AskColleague } from "../features/devices/components/ask-colleague.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { KeepCopy } from "./leave-dialog.tsx";

/** Unlocks this browser by a pasted key, or says which key it holds and forgets it. The key itself is never shown. */
export function KeyDialog({ close }: { close(): void }) {
	const { current } = useKey();
	const [asked] = useState(current.state);
	const given = current.state === "open" && asked === "sealed";
	useEffect(() => {
		// Somebody gave the key while this asked for it: it is done.
		if (given) close();
	}, [given, close]);
	if (given) return null;
	if (current.state === "open") return <Held kid={current.key.kid} close={close} />;
	return (
		<Dialog title="Unlock sealed content" close={close}>
			{current.state === "unavailable" ? (
				<p>{current.why}</p>
			) : (
				<>
					<Unlock close={close} />
					<AskColleague />
				</>
			)}
		</Dialog>
	);
}

function Unlock({ close }: { close(): void }) {
	const { unlock } = useKey();
	const { workspace } = useSession();
	const [printed, setPrinted] = useState("");
	const [wrong, setWrong] = useState<string>();
	const id = useId();

	async function submit(event: FormEvent) {
		event.preventDefault();
		try {
			await unlock(printed);
			close();
		} catch (cause) {
			setWrong((cause as Error).message);
		}
	}

	return (
		<form onSubmit={submit} className="flex flex-col gap-3">
			<p className="text-quiet">
				Code, parameters, logs and results of <bdi className="text-text">{workspace.name}</bdi> were sealed with its workspace key before they came
				here. Whoever set it up has the key: <code className="font-mono text-text">npx tidegate key show</code> prints it.
			</p>
			<label htmlFor={id} className="font-medium">
				Workspace key
			</label>
			{/* Shown as dots: whoever looks over the shoulder would otherwise read everything from then on. */}
			<input
				id={id}
				type="password"
				autoComplete="off"
				spellCheck={false}
				placeholder="tgk_…"
				value={printed}
				onChange={(event) => {
					setPrinted(event.target.value);
					setWrong(undefined);
				}}
				aria-invalid={wrong !== undefined}
				aria-describedby={wrong ? `${id}-wrong` : undefined}
				className="h-8 w-full rounded-md border border-line-strong bg-ground px-2.5 font-mono text-small placeholder:text-quiet aria-invalid:border-failed"
			/>
			{wrong && (
				<p id={`${id}-wrong`} role="alert" className="break-words text-failed">
					{wrong}
				</p>
			)}
			<div className="flex flex-wrap items-center justify-between gap-2">
				<p className="text-quiet text-small">
					{wrong ? null : workspace.kid ? `This workspace uses key id ${workspace.kid}.` : "Nothing has been sealed here yet."}
				</p>
				<Button look="strong" type="submit" disabled={printed.trim() === ""}>
					Unlock
				</Button>
			</div>
		</form>
	);
}

function Held({ kid, close }: { kid: string; close(): void }) {
	const { forget } = useKey();
	return (
		<Dialog title="This browser is unlocked" close={close}>
			<p>
				It holds the workspace key with id <code className="font-mono">{kid}</code>, wrapped to a key of its own that can't be copied out. Content is
				opened here; the server never sees it.
			</p>
			<p className="text-quiet">To lock this browser, it forgets the key.</p>
			<KeepCopy />
			<div className="flex justify-end">
				<Button look="danger" onClick={() => forget().then(close)}>
					Lock this browser
				</Button>
			</div>
		</Dialog>
	);
}
