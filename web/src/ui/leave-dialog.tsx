"use client";
import { useEffect, useRef } from "react";
import { useKey } from "../browser/key.tsx";
import { useLeave } from "../browser/leave.ts";
import { useSession } from "../browser/session.tsx";
import { Button } from "./button.tsx";
import { Snippet } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { toast } from "./toast.ts";

/** Signs out, and asks first where the workspace key would be lost to this browser. */
export function LeaveDialog({ close }: { close(): void }) {
	const { current } = useKey();
	return current.state === "open" ? <Question close={close} /> : <Leaving ready={current.state !== "loading"} close={close} />;
}

const say = (error: Error): void => toast("You are still signed in", { detail: error.message, tone: "bad" });

function Leaving({ ready, close }: { ready: boolean; close(): void }) {
	const leave = useLeave();
	const begun = useRef(false);
	useEffect(() => {
		if (!ready || begun.current) return;
		begun.current = true;
		leave().catch((error: Error) => {
			say(error);
			close();
		});
	}, [ready, leave, close]);
	return null;
}

function Question({ close }: { close(): void }) {
	const leave = useLeave();
	const { workspace } = useSession();
	return (
		<Dialog title="Sign out and forget the key?" close={close}>
			<p>
				This browser holds the workspace key of <bdi className="font-medium">{workspace.name}</bdi>. Signing out forgets it: after the next sign-in,
				code, parameters, logs and results stay sealed until the key is pasted or a colleague gives it again.
			</p>
			<KeepCopy />
			<div className="flex flex-wrap justify-end gap-2">
				<Button onClick={close}>Stay signed in</Button>
				<Button look="danger" onClick={() => void leave().catch(say)}>
					Forget the key and sign out
				</Button>
			</div>
		</Dialog>
	);
}

/** How to keep a copy, also from a browser that is the only place: it never shows the key, but gives it to a command line. */
export function KeepCopy() {
	return (
		<div className="flex flex-col gap-2 text-quiet">
			<p>
				If nobody else holds it, nothing sealed here can ever be read again. Keep a copy first: sign in a command line from this browser, which gives
				it the key along, then write the key to a file.
			</p>
			<Snippet code={`npx tidegate login --url ${location.origin}`} label="Sign a command line in" />
			<Snippet code="npx tidegate key backup" label="Write the key to a file" />
		</div>
	);
}
