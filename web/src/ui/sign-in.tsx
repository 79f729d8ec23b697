"use client";
/** Signs in: by a one-time link, whose fragment holds the token and, where its maker had it, the workspace key; or by the provider of one's address. */
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { parseKey } from "tidegate/protocol/seal.ts";
import { api, errorCode } from "../browser/api.ts";
import { backFrom } from "../browser/back.ts";
import { tellSignedIn } from "../browser/expiry.ts";
import { goToProvider, signInBy } from "../browser/signing.ts";
import { dropArrived, keepArrived, vaultTrouble, vouchArrived } from "../browser/vault.ts";
import { chooseWorkspace } from "../browser/workspace.ts";
import { Button } from "./button.tsx";
import { Snippet } from "./copy.tsx";
import { errorOf, inputLook, Labelled } from "./field.tsx";
import { Instead, type Other } from "./instead.tsx";
import { Logo } from "./logo.tsx";
import { wordsFor } from "./refused-words.ts";

type Step = { at: "working" } | { at: "asking" } | { at: "failed"; title: string; why: string } | ({ at: "other" } & Other);

const back = (): string => backFrom(location.search, location.origin);

async function arrive(key: string | null): Promise<boolean> {
	if (!key || vaultTrouble()) return false;
	await keepArrived(parseKey(key));
	return true;
}

function failed(code: string): Step {
	const [title, why] = wordsFor(code);
	return { at: "failed", title, why };
}

interface Link {
	token: string | null;
	key: string | null;
}

function takeFragment(): Link {
	const fragment = new URLSearchParams(location.hash.slice(1));
	return { token: fragment.get("token"), key: fragment.get("key") };
}

/** @param instead whoever else is signed in here agreed */
async function signIn({ token, key }: Link, instead = false): Promise<Step> {
	let keyKept = false;
	try {
		keyKept = await arrive(key);
	} catch (cause) {
		return { at: "failed", title: "This link does not sign you in", why: `The workspace key in it can't be kept: ${(cause as Error).message}` };
	} finally {
		// Neither token nor key stays in the address bar or the history.
		if (location.hash) history.replaceState(null, "", location.pathname + location.search);
	}
	if (!token && !keyKept) {
		const code = new URLSearchParams(location.search).get("error");
		return code ? failed(code) : { at: "asking" };
	}
	if (token) {
		const code = await signInBy("link", token, instead);
		if (code === "link_other") return ask({ token, key });
		if (code) return failed(code);
		if (keyKept) await vouchArrived();
		chooseWorkspace(null);
		tellSignedIn();
	}
	// A full load: what the page before knew of another person or workspace is gone.
	location.replace(back());
	return { at: "working" };
}

/** Somebody else is signed in here: who, and whom the link is for. */
async function ask(link: Link & { token: string }): Promise<Step> {
	// Whoever stays gets no key of another's link. It is kept again by whoever goes on.
	if (link.key && !vaultTrouble()) await dropArrived();
	const [who, whom] = await Promise.all([
		api.whoami.query().catch(errorCode),
		api.sessions.look.mutate({ token: link.token }).catch(() => undefined),
	]);
	// Ended meanwhile, or of somebody who is no member any more: nothing is lost by going on.
	if (who === "UNAUTHORIZED" || who === "FORBIDDEN") return signIn(link, true);
	if (whom === null) return failed("link_used");
	if (!whom || typeof who !== "object" || !who.email) return failed("unavailable");
	return { at: "other", link, who: { email: who.email, organization: who.organization.name }, whom };
}

export function SignIn() {
	const [step, setStep] = useState<Step>({ at: "working" });
	const begun = useRef(false);
	useEffect(() => {
		const begin = () => {
			setStep({ at: "working" });
			void signIn(takeFragment()).then(setStep);
		};
		if (!begun.current) begin();
		begun.current = true;
		// A link that is opened in a tab that already shows this page changes the fragment only.
		const arrived = () => location.hash && begin();
		window.addEventListener("hashchange", arrived);
		return () => window.removeEventListener("hashchange", arrived);
	}, []);
	return (
		<Entrance>
			{step.at === "working" && <p role="status">Signing you in…</p>}
			{step.at === "other" && (
				<Instead
					{...step}
					back={back()}
					go={() => {
						setStep({ at: "working" });
						void signIn(step.link, true).then(setStep);
					}}
				/>
			)}
			{(step.at === "asking" || step.at === "failed") && <Asking step={step} fail={(code) => setStep(failed(code))} />}
		</Entrance>
	);
}

/** The frame of pages before anybody is signed in. */
export function Entrance({ children }: { children: ReactNode }) {
	return (
		<main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-16">
			<p className="flex items-center gap-2.5 font-semibold text-large">
				<Logo size={26} />
				Tidegate
			</p>
			{children}
		</main>
	);
}

function Asking({ step, fail }: { step: Extract<Step, { at: "asking" | "failed" }>; fail(code: string): void }) {
	const search = new URLSearchParams(location.search);
	const out = search.has("out");
	return (
		<>
			{step.at === "failed" ? (
				<section role="alert" className="flex flex-col gap-1">
					<h1 className="font-semibold text-title">{step.title}</h1>
					<p className="break-words">{step.why}</p>
				</section>
			) : (
				<section className="flex flex-col gap-1">
					<h1 className="font-semibold text-title">{out ? "You are signed out" : "Sign in"}</h1>
					{out && <p className="text-quiet">This browser has also forgotten the workspace key.</p>}
					{!out && !search.has("back") && (
						<p className="text-quiet">
							With your work e-mail, where your company signs in by an identity provider; else by the link or the invite that somebody sent you: open
							it in this browser.
						</p>
					)}
					{search.has("back") && (
						<p className="text-quiet">You are not signed in, or your session has ended. After it you are back where you were.</p>
					)}
				</section>
			)}
			<ByAddress fail={fail} />
			<section className="flex flex-col gap-2 border-line border-t pt-4">
				<h2 className="font-medium">Sign in with a link</h2>
				<p className="text-quiet">
					Here for the first time, and no link yet? Ask an owner of your organization for an invite. Whoever started this Tidegate themselves prints a
					one-time link where they did:
				</p>
				<Snippet code="npm start" label="Print a new sign-in link" />
			</section>
		</>
	);
}

/** Asks for the address, whose domain tells the provider. */
function ByAddress({ fail }: { fail(code: string): void }) {
	const [email, setEmail] = useState(() => new URLSearchParams(location.search).get("email") ?? "");
	const [wrong, setWrong] = useState<string>();
	const [going, setGoing] = useState(false);

	async function submit(event: FormEvent) {
		event.preventDefault();
		setGoing(true);
		setWrong(await begin(email, fail));
		setGoing(false);
	}

	return (
		<form onSubmit={submit} noValidate className="flex flex-col gap-3">
			<Labelled label="E-mail" error={wrong}>
				{(given) => (
					<input
						{...given}
						type="email"
						name="email"
						autoComplete="username"
						spellCheck={false}
						placeholder="ada@example.com"
						value={email}
						onChange={(event) => {
							setEmail(event.target.value);
							setWrong(undefined);
						}}
						className={inputLook}
					/>
				)}
			</Labelled>
			<Button look="strong" type="submit" disabled={going || email.trim() === ""} className="h-8">
				{going ? "Asking your identity provider…" : "Continue"}
			</Button>
		</form>
	);
}

/** @returns what is wrong with the address, for its field. */
async function begin(email: string, fail: (code: string) => void): Promise<string | undefined> {
	const found = await api.providers.find.query({ email }).catch((error: Error) => error);
	if (found instanceof Error) return errorOf(found, "email") ?? found.message;
	if (!found.provider) {
		const domain = email.trim().split("@").at(-1);
		return `No identity provider signs in addresses of ${domain} here. A one-time link or an invite does.`;
	}
	// Its cookies must come back to where the provider sends the person.
	if (new URL(found.at).origin !== location.origin) {
		location.assign(`${found.at}/sign-in?${new URLSearchParams({ email, back: back() })}`);
		return undefined;
	}
	chooseWorkspace(null);
	const code = await goToProvider(found.provider.id, { email, back: back() });
	if (code) fail(code);
	return undefined;
}
