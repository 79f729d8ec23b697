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
const nameOf = ({ email, organization }: Person, other: Person): string => (email === other.email ? `${email} of ${organization}` : email);

export function Instead({ who, whom, back, go }: Pick<Other, "who" | "whom"> & { back: string; go(): void }) {
	const [here, there] = [nameOf(who, whom), nameOf(whom, who)];
	return (
		<section className="flex flex-col gap-4">
			<h1 className="break-words font-semibold text-title">
				Sign in as <bdi>{there}</bdi> instead?
			</h1>
			<p className="break-words">
				You are signed in here as <bdi className="font-medium">{here}</bdi>, and this link is for <bdi className="font-medium">{there}</bdi>. Going on
				signs <bdi>{here}</bdi> out in all tabs of this browser; the workspace keys of each of you stay your own.
			</p>
			<Button look="strong" className="h-8 min-w-0" onClick={go}>
				<span className="truncate">
					Sign out and go on as <bdi>{there}</bdi>
				</span>
			</Button>
			<a href={back} className="self-start break-words rounded-sm text-accent underline underline-offset-2">
				Stay signed in as <bdi>{here}</bdi>
			</a>
			<p className="text-quiet">If you stay, the link is not used up: it can still be opened in another browser.</p>
		</section>
	);
}
