import { Search as Glyph } from "lucide-react";
import type { ComponentProps } from "react";

interface Props extends Omit<ComponentProps<"input">, "onChange"> {
	label: string;
	value: string;
	onChange(value: string): void;
}

/** The field that `/` goes to; one on a page. */
export function Search({ label, onChange, className = "", ...rest }: Props) {
	return (
		<span className={`relative inline-flex w-56 min-w-0 items-center ${className}`}>
			<Glyph size={14} aria-hidden className="pointer-events-none absolute left-2 text-quiet" />
			<input
				data-search
				type="search"
				aria-label={label}
				placeholder={label}
				title="Press / to come here"
				onChange={(event) => onChange(event.target.value)}
				className="h-7 w-full min-w-0 rounded-md border border-line bg-raised pr-2 pl-7 placeholder:text-quiet hover:border-line-strong [&::-webkit-search-cancel-button]:hidden"
				{...rest}
			/>
		</span>
	);
}
