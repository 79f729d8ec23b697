"use client";
import { useKey } from "../../../../browser/key.tsx";
import { useRemembered } from "../../../../browser/remembered.ts";
import { plural } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { Refused, SealedPanel } from "../../../../ui/lock.tsx";
import { tall } from "./tall.ts";
import { usePins } from "./use-pins.ts";

const PinnedOne = later(() => import("./pinned-one.tsx").then((module) => module.PinnedOne));

/** What people pinned from runs of the flow, as of the newest run that has it. @param expected how many, known before they are */
export function Pinned({ flow, expected }: { flow: string; expected: number }) {
	const { current } = useKey();
	const { pins, error } = usePins(flow);
	const [shown, show] = useRemembered("pins", "shown");
	const open = shown === "shown";
	const sealed = current.state === "sealed" || current.state === "unavailable";
	return (
		<section aria-label="Pinned" className="min-w-0 border-line border-y">
			<h2>
				<button
					type="button"
					aria-expanded={open}
					onClick={() => show(open ? "hidden" : "shown")}
					className="flex h-9 w-full items-center gap-2 px-1 text-start hover:bg-selected"
				>
					<span className="font-medium">Pinned</span>
					<span className="min-w-0 truncate text-quiet">{plural(expected, "artifact")}, as of the newest run</span>
					<span className="ml-auto text-quiet">{open ? "Hide" : "Show"}</span>
				</button>
			</h2>
			{open && (
				<div className="grid grid-cols-[repeat(auto-fit,minmax(min(420px,100%),1fr))] gap-x-6 pb-3">
					{sealed && <SealedPanel what="Pinned artifacts" />}
					{error && !pins && <Refused why={error.message} />}
					{!sealed &&
						!error &&
						!pins &&
						Array.from({ length: expected }, (_, i) => <div key={String(i)} className={`ghost ${tall}`} aria-busy="true" />)}
					{!sealed &&
						pins?.map((one) => (
							<div key={one.pin.artifact.id} className={tall}>
								<PinnedOne one={one} flow={flow} />
							</div>
						))}
				</div>
			)}
		</section>
	);
}
