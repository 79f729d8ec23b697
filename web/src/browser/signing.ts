"use client";
/** The steps of a sign-in that pages share. They go by script, since a form that is redirected to a provider would break the content policy. */

/** Two tabs that begin at once may each be given a cross-site token, of which one is void: the next try has the one that holds. */
const TRIES = 3;
/** A void cross-site token is no error to next-auth: it answers with the page that it would have people start from again. */
const isVoid = (url: string | null | undefined): boolean => Boolean(url && new URL(url, location.origin).searchParams.has("csrf"));

/** @param id of the provider. Leaves the page, or says by which code it can't. */
export async function goToProvider(id: string, given: { email?: string; back: string; invite?: string }): Promise<string | undefined> {
	try {
		for (let tried = 0; tried < TRIES; tried++) {
			const { csrfToken } = (await (await fetch("/api/auth/csrf")).json()) as { csrfToken: string };
			const body = new URLSearchParams({ csrfToken, json: "true", callbackUrl: given.back, email: given.email ?? "", invite: given.invite ?? "" });
			const answer = await fetch(`/api/auth/signin/${id}`, { method: "POST", body });
			if (answer.status === 429) return "too_many";
			const { url } = (await answer.json()) as { url?: string };
			if (isVoid(url)) continue;
			if (!url) return "unavailable";
			const to = new URL(url, location.origin);
			if (to.pathname === "/sign-in" && to.searchParams.has("error")) return to.searchParams.get("error") ?? "unavailable";
			location.assign(to);
			return undefined;
		}
	} catch {
		// Said below.
	}
	return "unavailable";
}

/**
 * @param instead of whoever else is signed in here, who agreed; without it a link is refused there (link_other), and stays good.
 * @returns the code by which the token was refused; undefined where it signed in.
 */
export async function signInBy(kind: "link" | "invite", token: string, instead = false): Promise<string | undefined> {
	const auth = await import("next-auth/react");
	for (let tried = 0; tried < TRIES; tried++) {
		const answer = await auth.signIn(kind, { token, redirect: false, ...(instead && { instead: "true" }) }).catch(() => undefined);
		if (!answer) return "unavailable";
		if (!isVoid(answer.url)) return answer.ok && !answer.error ? undefined : (answer.error ?? "unavailable");
	}
	return "unavailable";
}

/** Ends the session, on the server and in this browser. Rejects where the server did not: a copy of the cookie would still open it. */
export async function signOut(): Promise<void> {
	for (let tried = 0; tried < TRIES; tried++) {
		const { csrfToken } = (await (await fetch("/api/auth/csrf")).json()) as { csrfToken: string };
		const answer = await fetch("/api/auth/signout", {
			method: "POST",
			body: new URLSearchParams({ csrfToken, json: "true", callbackUrl: "/sign-in" }),
		});
		if (!answer.ok) break;
		const { url } = (await answer.json()) as { url?: string };
		if (!isVoid(url)) return;
	}
	throw new Error("The server did not sign you out just now. Try again in a few seconds.");
}

const INVITE = "tidegate.invite";

/** The token of an invite that this tab came by: a reload, or a provider that sends the person back, must not lose it. */
export const keptInvite = (): string | null => sessionStorage.getItem(INVITE);
export const keepInvite = (token: string): void => sessionStorage.setItem(INVITE, token);
export const forgetInvite = (): void => sessionStorage.removeItem(INVITE);
