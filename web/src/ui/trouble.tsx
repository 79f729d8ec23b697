import type { ReactNode } from "react";
import { Button } from "./button.tsx";

/** Something could not be shown: what, why, and what to do. */
export function Trouble({ title, detail, again, children }: { title: string; detail?: string; again?(): void; children?: ReactNode }) {
	return (
		<section role="alert" className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 py-16">
			<h1 className="font-semibold text-title">{title}</h1>
			{detail && <p className="w-full break-words text-quiet">{detail}</p>}
			{children}
			{again && <Button onClick={again}>Try again</Button>}
		</section>
	);
}
