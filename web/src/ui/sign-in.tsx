"use client";
/** Takes a one-time link: its fragment holds the token and, where the maker of the link had it, the workspace key. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { parseKey } from "tidegate/protocol/seal.ts";
import { tellSignedIn } from "../browser/expiry.ts";
import { keepArrived, vaultTrouble } from "../browser/vault.ts";
import { chooseWorkspace } from "../browser/workspace.ts";
import { Snippet } from "./copy.tsx";
import { Logo } from "./logo.tsx";

type Step = { at: "working" } | { at: "no-link"; out: boolean } | { at: "failed"; why: string };

/** Only paths of this site: a link must not send people elsewhere after they signed in. */
function back(): string {
	const wanted = new URLSearchParams(location.search).get("back");
	if (!wanted) return "/flows";
	const url = new URL(wanted, location.origin);
	return url.origin === location.origin && url.pathname !== "/sign-in" ? url.pathname + url.search : "/flows";
}

async function arrive(key: string | null): Promise<boolean> {
	if (!key || vaultTrouble()) return false;
	await keepArrived(parseKey(key));
	return true;
}

const reasons: Record<string, string> = {
	link_used: "This link was used before: each works once.",
	link_expired: "This link is too old: each holds for a day.",
	link_unknown: "This link is not one of ours: it may be cut off, or of another Tidegate.",
};

async function signIn(): Promise<Step> {
	const fragment = new URLSearchParams(location.hash.slice(1));
	const token = fragment.get("token");
	const key = fragment.get("key");
	let keyKept = false;
	try {
		keyKept = await arrive(key);
	} catch (cause) {
		return { at: "failed", why: `The workspace key in this link can't be kept: ${(cause as Error).message}` };
	} finally {
		// Neither token nor key stays in the address bar or the history.
		if (location.hash) history.replaceState(null, "", location.pathname + location.search);
	}
	if (!token && !keyKept) return { at: "no-link", out: new URLSearchParams(location.search).has("out") };
	if (token) {
		const auth = await import("next-auth/react");
		const answer = await auth.signIn("link", { token, redirect: false }).catch(() => undefined);
		if (!answer) return { at: "failed", why: "The server did not answer." };
		if (!answer.ok || answer.error) return { at: "failed", why: reasons[answer.error ?? ""] ?? "The server could not sign you in just now." };
		chooseWorkspace(null);
		tellSignedIn();
	}
	// A full load: what the page before knew of another person or workspace is gone.
	location.replace(back());
	return { at: "working" };
}

export function SignIn() {
	const [step, setStep] = useState<Step>({ at: "working" });
	const begun = useRef(false);
	useEffect(() => {
		const begin = () => {
			setStep({ at: "working" });
			void signIn().then(setStep);
		};
		if (!begun.current) begin();
		begun.current = true;
		// A link that is opened in a tab that already shows this page changes the fragment only.
		const arrived = () => location.hash && begin();
		window.addEventListener("hashchange", arrived);
		return () => window.removeEventListener("hashchange", arrived);
	}, []);
	return (
		<main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-4 px-4 py-16">
			<p className="flex items-center gap-2.5 font-semibold text-large">
				<Logo size={26} />
				Tidegate
			</p>
			<Told step={step} />
		</main>
	);
}

function Told({ step }: { step: Step }) {
	if (step.at === "working") return <p role="status">Signing you in…</p>;
	if (step.at === "no-link") {
		return (
			<Words title={step.out ? "You are signed out" : "Sign in with a link"}>
				<p>
					{step.out ? "This browser has also forgotten the workspace key. " : ""}To sign in, open a one-time link. Where Tidegate was started, run
					this again beside it: it prints a new one.
				</p>
			</Words>
		);
	}
	return (
		<Words title="This link does not sign you in">
			<p>{step.why} Where Tidegate was started, run this again beside it: it prints a new link.</p>
		</Words>
	);
}

function Words({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section role="alert" className="flex flex-col gap-3">
			<h1 className="font-semibold text-title">{title}</h1>
			{children}
			<Snippet code="npm start" label="Print a new sign-in link" />
			<p className="text-quiet">Nobody there? Ask whoever runs your Tidegate for a link.</p>
		</section>
	);
}
