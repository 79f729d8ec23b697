"use client";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Search } from "../../../ui/search.tsx";
import type { Found } from "./find.ts";

/** The text of all pages comes with the index, when somebody first looks for something. */
const finder = () => import("./find.ts");

export function DocsSearch() {
	const router = useRouter();
	const box = useRef<HTMLDivElement>(null);
	const list = useId();
	const [words, setWords] = useState("");
	const [found, setFound] = useState<Found[]>([]);
	const [at, setAt] = useState(0);
	const open = words.trim() !== "";

	useEffect(() => {
		let current = true;
		void finder().then(({ find }) => {
			if (!current) return;
			setFound(find(words));
			setAt(0);
		});
		return () => {
			current = false;
		};
	}, [words]);

	useEffect(() => {
		const pressed = (event: globalThis.KeyboardEvent) => {
			const target = event.target as HTMLElement;
			if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
			event.preventDefault();
			box.current?.querySelector("input")?.focus();
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, []);

	const go = (to: Found | undefined) => {
		if (!to) return;
		setWords("");
		router.push(to.href);
	};
	const pressed = (event: KeyboardEvent) => {
		if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
		else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
		else if (event.key === "Enter") go(found[at]);
		else if (event.key === "Escape") setWords("");
		else return;
		event.preventDefault();
	};
	return (
		<div ref={box} className="relative">
			<Search
				label="Search the docs"
				value={words}
				onChange={setWords}
				onKeyDown={pressed}
				role="combobox"
				aria-expanded={open}
				aria-controls={list}
				aria-autocomplete="list"
				aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined}
				className="max-sm:w-36"
			/>
			<div
				id={list}
				role="listbox"
				aria-label="Found in the docs"
				hidden={!open}
				className="absolute top-9 right-0 z-30 max-h-[70dvh] w-105 max-sm:fixed max-sm:inset-x-4 max-sm:top-11 max-sm:w-auto overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-float"
			>
				{found.map((one, n) => (
					<div
						key={one.href}
						id={`${list}-${n}`}
						role="option"
						tabIndex={-1}
						aria-selected={n === at}
						onPointerDown={(event) => {
							event.preventDefault();
							go(one);
						}}
						className="cursor-pointer rounded-md px-2.5 py-1.5 hover:bg-selected aria-selected:bg-selected"
					>
						<span className="block font-medium">
							{one.page}
							{one.heading && <span className="font-normal text-quiet"> · {one.heading}</span>}
						</span>
						<span className="line-clamp-2 text-quiet text-small">{one.text}</span>
					</div>
				))}
				{open && found.length === 0 && (
					<div role="option" aria-selected={false} tabIndex={-1} className="px-2.5 py-1.5 text-quiet">
						Nothing is written about that.
					</div>
				)}
			</div>
		</div>
	);
}
