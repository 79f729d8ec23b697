"use client";
import type { ReactNode } from "react";
import { useExpired } from "../browser/expiry.ts";
import { Button } from "./button.tsx";

/** Something could not be shown: what, why, and what to do. */
export function Trouble({ title, detail, again, children }: { title: string; detail?: string; again?(): void; children?: ReactNode }) {
	// Without a session nothing can be shown, and the bar below says what to do: this page asks again by itself then.
	const expired = useExpired();
	if (expired && again) return <p className="py-16 text-center text-quiet">This is shown as soon as you are signed in again.</p>;
	return (
		<section role="alert" className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 py-16">
			<h1 className="font-semibold text-title">{title}</h1>
			{detail && <p className="w-full break-words text-quiet">{detail}</p>}
			{children}
			{again && <Button onClick={again}>Try again</Button>}
		</section>
	);
}
