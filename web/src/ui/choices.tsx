"use client";
import { ChevronDown } from "lucide-react";
import { type ReactNode, type ToggleEvent, useId, useRef } from "react";
import { useEchoed } from "../browser/echoed.ts";

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
		document.addEventListener("scroll", (event) => event.target !== panel && panel.isConnected && panel.hidePopover(), { once: true, passive: true });
	};
	const [own, change] = useOwn(chosen);
	const turn = (value: string) => {
		const next = own.includes(value) ? own.filter((one) => one !== value) : [...own, value];
		// In the order of the list, so that one choice is one address.
		const listed = options.map((option) => option.value).filter((one) => next.includes(one));
		const all = [...next.filter((one) => !listed.includes(one)), ...listed];
		change(all);
		onChange(all);
	};
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
						<input type="checkbox" checked={own.includes(value)} onChange={() => turn(value)} className="accent-(--accent)" />
						<span className="min-w-0 truncate">{name}</span>
					</label>
				))}
			</fieldset>
		</>
	);
}

/** What is chosen, at once: what was given follows by way of the address, too late for the next click. */
function useOwn(chosen: string[]): [string[], (chosen: string[]) => void] {
	const given = chosen.join();
	const [own, setOwn, sent] = useEchoed(given);
	const change = (next: string[]) => {
		sent.current.push(next.join());
		setOwn(next.join());
	};
	return [own.split(",").filter(Boolean), change];
}
