"use client";
import { type ComponentProps, type ReactNode, useId } from "react";

export const inputLook =
	"h-8 w-full min-w-0 rounded-md border border-line-strong bg-ground px-2.5 placeholder:text-quiet aria-invalid:border-failed disabled:opacity-60";

interface Given {
	id: string;
	"aria-invalid": boolean;
	"aria-describedby": string | undefined;
}

interface Props {
	label: string;
	hint?: ReactNode;
	error?: string;
	/** Makes the field itself. */
	children(given: Given): ReactNode;
}

/** A field of any kind with its label above, and what is wrong in it right below. */
export function Labelled({ label, hint, error, children }: Props) {
	const id = useId();
	const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
	return (
		<div className="flex flex-col gap-1">
			<label htmlFor={id} className="font-medium">
				{label}
			</label>
			{children({ id, "aria-invalid": error !== undefined, "aria-describedby": told })}
			{hint && (
				<p id={`${id}-hint`} className="text-quiet text-small">
					{hint}
				</p>
			)}
			{error && (
				<p id={`${id}-error`} role="alert" className="break-words text-failed">
					{error}
				</p>
			)}
		</div>
	);
}

/** A labelled line of text. */
export function Field({ label, hint, error, className = "", ...rest }: Omit<Props, "children"> & Omit<ComponentProps<"input">, "id" | "children">) {
	return (
		<Labelled label={label} hint={hint} error={error}>
			{(given) => <input {...given} autoComplete="off" spellCheck={false} className={`${inputLook} ${className}`} {...rest} />}
		</Labelled>
	);
}

/** The part of a refusal that belongs to a field: refusals of input begin with its name. */
export function errorOf(error: unknown, field: string): string | undefined {
	const message = error instanceof Error ? error.message : "";
	const part = message.split("; ").find((each) => new RegExp(`^${field}(\\.\\d+)?: `).test(each));
	return part?.slice(part.indexOf(": ") + 2).replace(/^./, (first) => first.toUpperCase());
}
