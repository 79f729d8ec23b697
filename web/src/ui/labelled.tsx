import type { ReactNode } from "react";

export const input =
	"h-8 w-full min-w-0 rounded-md border border-line-strong bg-ground px-2.5 placeholder:text-quiet aria-invalid:border-failed disabled:opacity-60";

interface Props {
	id: string;
	label: string;
	/** What is wrong with it: shown beside it, and heard with it by `aria-describedby={wrongId(id)}`. */
	wrong?: string;
	children: ReactNode;
}

export const wrongId = (id: string): string => `${id}-wrong`;

/** Whatever is filled in on a form, with its name above and what is wrong with it below. */
export function Labelled({ id, label, wrong, children }: Props) {
	return (
		<div className="flex min-w-0 flex-col gap-1">
			<label htmlFor={id} className="font-medium">
				{label}
			</label>
			{children}
			{wrong && (
				<p id={wrongId(id)} role="alert" className="break-words text-failed">
					{wrong}
				</p>
			)}
		</div>
	);
}
