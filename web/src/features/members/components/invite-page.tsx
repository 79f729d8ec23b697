"use client";
/** Where an invite leads. Its fragment holds the token and, where the inviting browser had it, the workspace key, which is kept here and never sent. */
import { useEffect, useRef, useState } from "react";
import { parseKey } from "tidegate/protocol/seal.ts";
import { api, type Outputs } from "../../../browser/api.ts";
import { tellSignedIn } from "../../../browser/expiry.ts";
import { forgetInvite, goToProvider, keepInvite, keptInvite, signInBy, signOut } from "../../../browser/signing.ts";
import { keepArrived, vaultTrouble, vouchArrived } from "../../../browser/vault.ts";
import { chooseWorkspace } from "../../../browser/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { wordsFor } from "../../../ui/refused-words.ts";
import { Entrance } from "../../../ui/sign-in.tsx";

type Look = Outputs["invites"]["look"];
type Arrived =
	| { at: "looking" }
	| { at: "refused"; title: string; why: string }
	/** `signedIn`: who is, in this browser. */
	| { at: "open"; token: string; look: Look; kept: string; signedIn: string | undefined };

/** @returns what became of the key: kept, none in the link, or why it can't be kept. */
async function keepKey(printed: string | null): Promise<string> {
	if (!printed) return "none";
	try {
		const trouble = vaultTrouble();
		if (trouble) return trouble;
		await keepArrived(parseKey(printed));
		return "kept";
	} catch (cause) {
		return (cause as Error).message;
	}
}

async function arrive(): Promise<Arrived> {
	const fragment = new URLSearchParams(location.hash.slice(1));
	const kept = await keepKey(fragment.get("key"));
	const token = fragment.get("token") ?? keptInvite();
	if (fragment.has("token")) keepInvite(token as string);
	// Neither token nor key stays in the address bar or the history.
	if (location.hash) history.replaceState(null, "", location.pathname);
	if (!token)
		return {
			at: "refused",
			title: "This is where invites lead",
			why: "Open the whole link that you were given: this address alone has no invite in it.",
		};
	try {
		const [look, who] = await Promise.all([api.invites.look.mutate({ token }), api.whoami.query().catch(() => undefined)]);
		return { at: "open", token, kept, look, signedIn: who?.email ?? undefined };
	} catch (error) {
		const { data, message } = error as { data?: { reason?: string }; message: string };
		const [title, why] = wordsFor(data?.reason ?? "unavailable");
		if (data?.reason?.startsWith("invite_")) forgetInvite();
		return { at: "refused", title, why: data ? why : `${why} (${message})` };
	}
}

export function InvitePage() {
	const [arrived, setArrived] = useState<Arrived>({ at: "looking" });
	const begun = useRef(false);
	useEffect(() => {
		if (!begun.current) void arrive().then(setArrived);
		begun.current = true;
		// Another invite that is opened in the same tab changes the fragment only.
		const again = () => location.hash && void arrive().then(setArrived);
		window.addEventListener("hashchange", again);
		return () => window.removeEventListener("hashchange", again);
	}, []);
	return (
		<Entrance>
			{arrived.at === "looking" && <p role="status">Looking at your invite…</p>}
			{arrived.at === "refused" && (
				<section role="alert" className="flex flex-col gap-2">
					<h1 className="font-semibold text-title">{arrived.title}</h1>
					<p className="break-words">{arrived.why}</p>
					<a href="/sign-in" className="self-start rounded-sm text-accent underline underline-offset-2">
						Sign in
					</a>
				</section>
			)}
			{arrived.at === "open" && <Open {...arrived} />}
		</Entrance>
	);
}

function Open({ token, look, kept, signedIn }: Extract<Arrived, { at: "open" }>) {
	const [trouble, setTrouble] = useState<string>();
	const [going, setGoing] = useState(false);
	const other = signedIn !== undefined && signedIn !== look.email ? signedIn : undefined;

	async function go(accept: () => Promise<string | undefined>) {
		setGoing(true);
		// Whoever goes on as somebody else leaves nothing of the one before: not the session, nor the choice of a workspace.
		const left = other
			? await signOut().then(
					() => undefined,
					() => "unavailable",
				)
			: undefined;
		chooseWorkspace(null);
		setTrouble(left ?? (await accept()));
		setGoing(false);
	}
	async function byLink(): Promise<string | undefined> {
		const code = await signInBy("invite", token);
		if (code) return code;
		if (kept === "kept") await vouchArrived();
		tellSignedIn();
		forgetInvite();
		location.replace("/flows");
		return undefined;
	}

	return (
		<section className="flex flex-col gap-4">
			<h1 className="break-words font-semibold text-title">
				Join <bdi>{look.organization}</bdi>
			</h1>
			<p className="break-words">
				<bdi>{look.invitedBy}</bdi> invites <bdi className="font-medium">{look.email}</bdi> to the workspace <bdi>{look.workspace}</bdi> as{" "}
				{look.role}.
			</p>
			{other && (
				<section role="alert" className="flex flex-col gap-2 rounded-md border border-line-strong p-3">
					<p className="break-words">
						You are signed in here as <bdi className="font-medium">{other}</bdi>, and this invite is for{" "}
						<bdi className="font-medium">{look.email}</bdi>. Accepting it signs <bdi>{other}</bdi> out in all tabs of this browser; the workspace keys
						of each of you stay your own.
					</p>
					<a href="/flows" className="self-start rounded-sm text-accent underline underline-offset-2">
						Stay signed in as <bdi>{other}</bdi>
					</a>
				</section>
			)}
			<div className="flex flex-col gap-2">
				{look.providers.map(({ id, name }) => (
					<Button
						key={id}
						look="strong"
						disabled={going}
						className="h-8 min-w-0"
						onClick={() => void go(() => goToProvider(id, { email: look.email, back: "/flows", invite: token }))}
					>
						<span className="truncate">
							{other ? "Sign out and continue with " : "Continue with "}
							<bdi>{name}</bdi>
						</span>
					</Button>
				))}
				{look.link && (
					<Button look={look.providers.length > 0 ? "plain" : "strong"} disabled={going} className="h-8" onClick={() => void go(byLink)}>
						{other ? "Sign out and accept" : look.providers.length > 0 ? "Accept by this link alone" : "Accept"}
					</Button>
				)}
			</div>
			{trouble && (
				<p role="alert" className="break-words text-failed">
					{wordsFor(trouble).join(": ")}
				</p>
			)}
			<p className="text-quiet">
				{kept === "kept" && "The link brought the workspace key: it is kept in this browser, and the server never sees it. "}
				{kept === "none" && "To read sealed content you will need the workspace key as well: whoever invited you has it. "}
				{kept !== "kept" && kept !== "none" && `The workspace key in the link can't be kept here: ${kept} `}
				The invite holds until {exact(look.expiresAt)}.
			</p>
		</section>
	);
}
