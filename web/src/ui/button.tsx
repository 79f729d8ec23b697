import type { ComponentProps } from "react";

type Look = "plain" | "strong" | "danger" | "bare";

const looks: Record<Look, string> = {
	plain: "border border-line bg-raised text-text hover:border-line-strong",
	strong: "border border-transparent bg-accent-fill text-on-accent hover:brightness-110",
	danger: "border border-failed bg-raised text-failed hover:bg-failed-ground",
	bare: "border border-transparent text-quiet hover:bg-selected hover:text-text",
};

const shape =
	"inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-md px-2.5 whitespace-nowrap transition-colors duration-100 disabled:opacity-60";

export function Button({ look = "plain", className = "", ...rest }: ComponentProps<"button"> & { look?: Look }) {
	return <button type="button" className={`${shape} ${looks[look]} ${className}`} {...rest} />;
}

/** A button that shows only a glyph; `label` names it for those who don't see it, and on hover. */
export function IconButton({ label, className = "", pressed, ...rest }: ComponentProps<"button"> & { label: string; pressed?: boolean }) {
	return (
		<button
			type="button"
			aria-label={label}
			aria-pressed={pressed}
			title={label}
			className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-quiet transition-colors duration-100 hover:bg-selected hover:text-text aria-pressed:bg-selected aria-pressed:text-accent disabled:opacity-50 ${className}`}
			{...rest}
		/>
	);
}
