"use client";
import { ChevronDown } from "lucide-react";
import { type ReactNode, type ToggleEvent, useId, useRef } from "react";

interface Props {
	label: string;
	/** What the button says; the label where nothing is given. */
	children?: ReactNode;
	options: { value: string; name: ReactNode }[];
	chosen: string[];
	onChange(chosen: string[]): void;
}

/** Several of a list, from a panel that opens below its button. Closed by Escape or a click elsewhere, as the browser does by itself. */
export function Choices({ label, children, options, chosen, onChange }: Props) {
	const id = useId();
	const button = useRef<HTMLButtonElement>(null);
	const place = ({ newState, currentTarget: panel }: ToggleEvent<HTMLFieldSetElement>) => {
		const there = button.current?.getBoundingClientRect();
		if (newState !== "open" || !there) return;
		panel.style.top = `${there.bottom + 4}px`;
		panel.style.left = `${Math.max(8, Math.min(there.left, document.documentElement.clientWidth - 232))}px`;
		document.addEventListener("scroll", (event) => event.target !== panel && panel.hidePopover(), { once: true, passive: true });
	};
	const turn = (value: string) => onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
	return (
		<>
			<button
				ref={button}
				type="button"
				popoverTarget={id}
				className="inline-flex h-7 max-w-56 items-center gap-1.5 rounded-md border border-line bg-raised px-2 hover:border-line-strong"
			>
				<span className="truncate">{children ?? label}</span>
				<ChevronDown size={14} aria-hidden className="shrink-0 text-quiet" />
			</button>
			<fieldset
				id={id}
				popover="auto"
				aria-label={label}
				onBeforeToggle={place}
				className="inset-auto m-0 max-h-[60dvh] w-56 overflow-y-auto rounded-md border border-line bg-raised p-1 text-text shadow-(--shadow-float)"
			>
				{options.map(({ value, name }) => (
					<label key={value} className="flex min-h-7 cursor-pointer items-center gap-2 rounded-sm px-2 hover:bg-selected">
						<input type="checkbox" checked={chosen.includes(value)} onChange={() => turn(value)} className="accent-(--accent)" />
						<span className="min-w-0 truncate">{name}</span>
					</label>
				))}
			</fieldset>
		</>
	);
}
