import { type ComponentProps, type ReactNode, useId } from "react";

interface Props extends Omit<ComponentProps<"input">, "id"> {
	label: string;
	/** What it means, said beside it. */
	hint?: ReactNode;
	/** What is wrong with what was typed; said beside it too. */
	wrong?: string;
}

/** A labelled field. A refusal stands where its cause is. */
export function Field({ label, hint, wrong, className = "", ...rest }: Props) {
	const id = useId();
	return (
		<div className="flex flex-col gap-1">
			<label htmlFor={id} className="font-medium">
				{label}
			</label>
			<input
				id={id}
				autoComplete="off"
				spellCheck={false}
				aria-invalid={wrong !== undefined}
				aria-describedby={`${id}-more`}
				className={`h-8 w-full min-w-0 rounded-md border border-line-strong bg-ground px-2.5 placeholder:text-quiet aria-invalid:border-failed ${className}`}
				{...rest}
			/>
			<p id={`${id}-more`} role={wrong ? "alert" : undefined} className={`break-words text-small ${wrong ? "text-failed" : "text-quiet"}`}>
				{wrong ?? hint}
			</p>
		</div>
	);
}
