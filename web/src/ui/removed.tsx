"use client";
import { LogOut } from "lucide-react";
import type { Session } from "../browser/session.tsx";
import { signOut } from "../browser/signing.ts";
import { switchWorkspace } from "../browser/switching.ts";
import { useTitle } from "../browser/tab.ts";
import { forgetAllKeys } from "../browser/vault.ts";
import { Button } from "./button.tsx";
import { Logo } from "./logo.tsx";

/** In place of all pages, for who is no member any more. Nothing of the workspace stays on the screen. */
export default function Removed({ was, other }: { was: Session | undefined; other: Session | undefined }) {
	useTitle("Removed");
	async function leave() {
		// Where keys can't be kept there is none to forget.
		await forgetAllKeys(was?.id).catch(() => undefined);
		// Who is no member opens nothing by the session either.
		await signOut().catch(() => undefined);
		location.assign("/sign-in?out=1");
	}
	return (
		<main className="mx-auto flex min-h-dvh w-full max-w-lg flex-col items-start gap-3 px-4 py-16">
			<Logo />
			<div role="alert" className="flex w-full flex-col gap-3">
				<h1 className="break-words font-semibold text-title">
					{was ? (
						<>
							You were removed from <bdi>{was.workspace.name}</bdi>
						</>
					) : (
						"You are no member of a workspace here"
					)}
				</h1>
				<p className="break-words text-quiet">
					{was ? (
						<>
							You are no member of <bdi>{was.organization.name}</bdi> any more, so its pages are closed to you.
						</>
					) : (
						"You are signed in, but no workspace is open to you any more."
					)}{" "}
					Ask one of its admins for an invite if this is a mistake. Signing out also forgets the workspace keys that this browser holds.
				</p>
			</div>
			<div className="flex flex-wrap gap-2">
				{other && (
					<Button look="strong" onClick={() => switchWorkspace(other.workspace)}>
						Go to <bdi>{other.workspace.name}</bdi>
					</Button>
				)}
				<Button onClick={() => void leave()}>
					<LogOut size={14} aria-hidden />
					Sign out
				</Button>
			</div>
		</main>
	);
}
