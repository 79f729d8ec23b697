"use client";
import { useState } from "react";
import { tellTabs, useKey } from "../browser/key.tsx";
import { useSession } from "../browser/session.tsx";
import { acceptArrived, dropArrived } from "../browser/vault.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

/** A link brought a workspace key, and something speaks against taking it by itself: somebody decides, knowing what it is. Closed, it asks again with the next load. */
export default function OfferedKey() {
	const { offered } = useKey();
	const { id: person, workspace } = useSession();
	const [isLater, setLater] = useState(false);
	const [deciding, setDeciding] = useState(false);
	if (!offered || isLater) return null;
	const { kid, misfit, held } = offered;

	async function done(take: boolean) {
		setDeciding(true);
		await (take ? acceptArrived({ person, workspace: workspace.id }) : dropArrived());
		tellTabs();
		setDeciding(false);
	}

	return (
		<Dialog title={misfit ? "A link brought a key that does not fit" : "A link brought a workspace key"} close={() => setLater(true)}>
			<dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
				<dt className="text-quiet">Key id in the link</dt>
				<dd className="break-all font-mono">{kid}</dd>
				<dt className="text-quiet">
					<bdi className="break-words">{workspace.name}</bdi> uses
				</dt>
				<dd className="break-all font-mono">{workspace.kid ?? "none yet"}</dd>
				{held && (
					<>
						<dt className="text-quiet">This browser holds</dt>
						<dd className="break-all font-mono">{held}</dd>
					</>
				)}
			</dl>
			<p>
				{misfit
					? "It opens nothing here and was not taken. If it is of another workspace of yours, switch there; if you know of no such link, throw it away."
					: `It was not taken yet: this workspace has no key that it could be compared with. Whoever made the link can read what is sealed with it, so take it only from somebody whom you know${held ? "; it replaces the one that this browser holds" : ""}.`}
			</p>
			<div className="flex flex-wrap justify-end gap-2">
				<Button disabled={deciding} onClick={() => void done(false)}>
					Throw it away
				</Button>
				{misfit ? (
					<Button disabled={deciding} onClick={() => setLater(true)}>
						Keep it for another workspace
					</Button>
				) : (
					<Button look="strong" disabled={deciding} onClick={() => void done(true)}>
						Take the key
					</Button>
				)}
			</div>
		</Dialog>
	);
}
