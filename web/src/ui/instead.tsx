"use client";
/** Asks whether a one-time link may sign out whoever else is signed in in this browser. */
import { Button } from "./button.tsx";

interface Person {
	email: string;
	organization: string;
}

export interface Other {
	/** As it was in the fragment, which is gone: it was not used up. */
	link: { token: string; key: string | null };
	/** Who is signed in. */
	who: Person;
	/** Whom the link is for. */
	whom: Person;
}

/** Two organizations may each have an account of one address. */
const named = ({ email, organization }: Person, other: Person) => (
	<bdi className="font-medium">{email === other.email ? `${email} of ${organization}` : email}</bdi>
);

export function Instead({ who, whom, back, go }: Pick<Other, "who" | "whom"> & { back: string; go(): void }) {
	return (
		<section className="flex flex-col gap-4">
			<h1 className="break-words font-semibold text-title">Sign in as {named(whom, who)} instead?</h1>
			<p className="break-words">
				You are signed in here as {named(who, whom)}, and this link is for {named(whom, who)}. Going on signs {named(who, whom)} out in all tabs of
				this browser; the workspace keys of each of you stay your own.
			</p>
			<Button look="strong" className="h-8 min-w-0" onClick={go}>
				<span className="truncate">Sign out and go on as {named(whom, who)}</span>
			</Button>
			<a href={back} className="self-start break-words rounded-sm text-accent underline underline-offset-2">
				Stay signed in as {named(who, whom)}
			</a>
			<p className="text-quiet">If you stay, the link is not used up: it can still be opened in another browser.</p>
		</section>
	);
}
