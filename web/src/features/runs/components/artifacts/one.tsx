"use client";
import { Link as Chain, ChevronRight } from "lucide-react";
import type { MouseEvent } from "react";
import { hrefWith, useAddress } from "../../../../browser/address.ts";
import { plural, size } from "../../../../ui/format.ts";
import { Ago } from "../../../../ui/time.tsx";
import { type RunView, taskName } from "../view.ts";
import { Content } from "./content.tsx";
import { type Group, sizeOf } from "./groups.ts";
import { PinButton } from "./pin-button.tsx";

/** Clicks that a browser has its own answer to. */
const own = (event: MouseEvent): boolean => event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0;

/** One artifact: what it is, and when it is open, what is in it. */
export function One({ view, group, open, turn }: { view: RunView; group: Group; open: boolean; turn(): void }) {
	const [search, change] = useAddress();
	const { id, members, content } = group;
	const first = members[0];
	if (!first) return null;
	const name = content.state === "open" ? content.value.name : undefined;
	const task = first.task ? view.tasks.get(first.task) : undefined;
	const facts = [first.kind, members.length > 1 ? plural(members.length, "step") : undefined, size(sizeOf(group))];
	const link = (changes: Record<string, string | null>) => ({
		href: hrefWith(search, changes),
		onClick: (event: MouseEvent) => {
			if (own(event)) return;
			event.preventDefault();
			change(changes);
		},
	});
	return (
		<section aria-label={name?.slice(0, 200) ?? first.kind} className="border-line border-b">
			<div className="flex min-w-0 items-center gap-2 pr-1 hover:bg-selected max-sm:flex-wrap max-sm:gap-y-0 max-sm:pb-2">
				<h2 className="min-w-0 flex-1 max-sm:basis-full">
					<button
						type="button"
						data-row
						aria-expanded={open}
						onClick={turn}
						className="flex min-h-10 w-full min-w-0 items-center gap-2 px-1 text-start -outline-offset-2"
					>
						<ChevronRight size={14} aria-hidden className={`shrink-0 text-quiet transition-transform duration-100 ${open ? "rotate-90" : ""}`} />
						<bdi className="min-w-0 truncate font-medium" title={name?.slice(0, 300)}>
							{name?.slice(0, 300) ?? (content.state === "opening" ? "\u00a0" : "sealed")}
						</bdi>
						<span className="shrink-0 text-quiet">{facts.filter(Boolean).join(", ")}</span>
					</button>
				</h2>
				<span className="flex min-w-0 shrink-0 items-center gap-3 text-quiet max-sm:w-full max-sm:pl-7 max-sm:*:last:ml-auto">
					{task && first.task && (
						<a
							{...link({ task: first.task })}
							className="max-w-56 truncate underline underline-offset-2 hover:text-text"
							title="The task that made it"
						>
							<bdi>{taskName(task)}</bdi>
						</a>
					)}
					<Ago at={first.at} />
					{open && <PinButton run={view.run} artifact={first} name={name} />}
					<a
						{...link({ artifact: id })}
						title="A link that opens this artifact"
						className="inline-flex size-7 items-center justify-center rounded-md hover:text-text"
					>
						<Chain size={14} aria-hidden />
						<span className="sr-only">Link to this {first.kind}</span>
					</a>
				</span>
			</div>
			{open && (
				<div className="min-w-0 px-1 pt-1 pb-5 sm:px-6">
					<Content run={view.run} group={group} />
				</div>
			)}
		</section>
	);
}
