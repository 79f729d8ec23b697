"use client";
/**
 * Of every page: in an unlocked browser, a calm notice that somebody asks for the workspace key; in a locked one that asked, the place where the
 * granted key arrives. Fixed to a corner, so that nothing moves when it comes. In either, the question about a key that a link brought.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { usePathname } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { receive } from "../../../browser/device.ts";
import { useKey } from "../../../browser/key.tsx";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { useCorner } from "../../../ui/corner.ts";
import { plural } from "../../../ui/format.ts";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { type Device, useAsking, useDeviceChanges, useOwnDevice } from "./asks.ts";

const OfferedKey = later(() => import("../../../ui/offered-key.tsx").then((module) => module.default));

const DEVICES = "/settings/devices";
/** Pages that show it themselves, or where a person decides something else at the same place. */
const QUIET = [DEVICES, "/device"];

/** Whoever said "later" is not asked again by a reload. */
const LATER = "tidegate.later";
const readLater = (): string[] => sessionStorage.getItem(LATER)?.split(" ") ?? [];

export function Asking() {
	const { current, offered } = useKey();
	return (
		<>
			{current.state === "open" && <Others />}
			{current.state === "sealed" && <Arriving />}
			{offered && <OfferedKey />}
		</>
	);
}

function Others() {
	useDeviceChanges(true);
	const asking = useAsking(true);
	const path = usePathname();
	const corner = useRef<HTMLDivElement>(null);
	useCorner(corner);
	const [seen, setSeen] = useState(readLater);
	function later() {
		const all = asking.map(({ id }) => id);
		sessionStorage.setItem(LATER, all.join(" "));
		setSeen(all);
	}
	const fresh = asking.filter(({ id }) => !seen.includes(id));
	return (
		<div ref={corner} role="status" className="fixed right-4 bottom-4 z-30 w-[min(380px,calc(100vw-32px))] empty:hidden">
			{fresh[0] && !QUIET.includes(path) && <Notice first={fresh[0]} count={fresh.length} later={later} />}
		</div>
	);
}

function Notice({ first, count, later }: { first: Device; count: number; later(): void }) {
	return (
		<div className="flex flex-col gap-2 rounded-md border border-line bg-raised p-3 shadow-(--shadow-float)">
			<p className="flex items-start gap-2">
				<KeyRound size={15} aria-hidden className="mt-0.5 shrink-0 text-accent" />
				<span className="min-w-0">
					<bdi className="block truncate font-medium" title={first.person}>
						{first.person}
					</bdi>{" "}
					<span className="line-clamp-2 break-words">
						asks for the workspace key on <bdi>{first.name}</bdi>
						{count > 1 && `; ${plural(count - 1, "more device")} too`}
					</span>
				</span>
			</p>
			<div className="flex justify-end gap-2">
				<Button look="bare" onClick={later}>
					Later
				</Button>
				<Link
					href={DEVICES}
					className="inline-flex h-7 items-center rounded-md border border-transparent bg-accent-fill px-2.5 text-on-accent hover:brightness-110"
				>
					Compare and decide
				</Link>
			</div>
		</div>
	);
}

/** Takes the key as soon as it is granted. What does not open is said where the key is asked for. */
function Arriving() {
	const { id: person, workspace } = useSession();
	const client = useQueryClient();
	const { device } = useOwnDevice(true);
	useDeviceChanges(device?.state === "asks" || device?.state === "granted");
	const taken = useMutation(trpc.devices.take.mutationOptions());
	const rejected = useMutation(trpc.devices.reject.mutationOptions());
	const { mutate } = taken;
	const { mutate: reject } = rejected;
	const grant = device?.grant;
	const id = device?.id;
	const [wrong, setWrong] = useState<string>();
	const corner = useRef<HTMLDivElement>(null);
	useCorner(corner);
	useEffect(() => {
		if (!grant || !id) return;
		// The first grant of a workspace names its key: it may be later than what this page knows.
		receive(grant.wrapped, { person, workspace: workspace.id }, workspace.kid ?? grant.kid).then(
			(kept) => {
				if (kept) mutate({ id });
				if (kept && workspace.kid === null) void client.invalidateQueries(trpc.whoami.queryFilter());
			},
			(cause: Error) => {
				setWrong(`${grant.by} gave this browser a key that was not taken: ${cause.message}`);
				// Void, and in the log with who gave it; without this nobody else could give the right one.
				reject({ id });
			},
		);
	}, [grant, id, client, mutate, reject, person, workspace.id, workspace.kid]);
	return (
		<div ref={corner} role="status" className="fixed right-4 bottom-4 z-30 w-[min(380px,calc(100vw-32px))] empty:hidden">
			{wrong && (
				<p className="break-words rounded-md border border-failed bg-raised p-3 text-failed shadow-(--shadow-float)">
					<bdi>{wrong}</bdi> Ask again, or paste the key.
				</p>
			)}
		</div>
	);
}
