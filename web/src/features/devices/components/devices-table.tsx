"use client";
import { Globe, Pencil, SquareTerminal, Trash2 } from "lucide-react";
import { IconButton } from "../../../ui/button.tsx";
import { cell, head } from "../../../ui/table.ts";
import { Ago } from "../../../ui/time.tsx";
import type { Device } from "./asks.ts";
import { Fingerprint } from "./fingerprint.tsx";

const narrow = "max-sm:h-auto max-sm:border-0 max-sm:p-0";

const KEY: Record<Device["state"], string> = {
	none: "signed in, no key",
	asks: "asks for the key",
	granted: "key not fetched yet",
	holds: "holds the key",
};

interface Props {
	devices: Device[];
	/** This browser's. */
	ownKey: string | undefined;
	/** Whether others' are among them. */
	all: boolean;
	rename(device: Device): void;
	remove(device: Device): void;
}

export function DevicesTable({ devices, ownKey, all, rename, remove }: Props) {
	return (
		<table className="w-full border-collapse max-sm:block">
			<thead className="max-sm:sr-only">
				<tr>
					<th className={`${head} w-1/3`}>Device</th>
					{all && <th className={`${head} w-1/4`}>Whose</th>}
					<th className={head}>Workspace key</th>
					<th className={head}>Fingerprint</th>
					<th className={head}>Last used</th>
					<th className={head}>
						<span className="sr-only">Actions</span>
					</th>
				</tr>
			</thead>
			<tbody className="max-sm:block">
				{devices.map((device) => (
					<tr
						key={device.id}
						className="hover:bg-selected max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1 max-sm:border-line max-sm:border-b max-sm:py-2"
					>
						<td className={`${cell} ${narrow} max-w-0 max-sm:w-full max-sm:max-w-full`}>
							<span className="flex min-w-0 items-center gap-2" title={device.name}>
								{device.kind === "cli" && <span className="sm:hidden">last used: </span>}
								{device.kind === "cli" ? (
									<SquareTerminal size={14} aria-hidden className="shrink-0" />
								) : (
									<Globe size={14} aria-hidden className="shrink-0" />
								)}
								<bdi className="truncate font-medium">{device.name}</bdi>
								<span className="sr-only">{device.kind === "cli" ? "(command line)" : "(browser)"}</span>
								{device.publicKey === ownKey && <span className="shrink-0 rounded-sm bg-selected px-1.5 text-accent text-small">this browser</span>}
							</span>
						</td>
						{all && (
							<td className={`${cell} ${narrow} max-w-0 truncate text-quiet max-sm:max-w-28`} title={device.person}>
								<bdi>{device.own ? "you" : device.person}</bdi>
							</td>
						)}
						<td className={`${cell} ${narrow}`}>{KEY[device.state]}</td>
						<td className={`${cell} ${narrow} text-quiet text-small max-sm:order-last max-sm:w-full`}>
							<Fingerprint of={device.publicKey} />
						</td>
						<td className={`${cell} ${narrow} text-quiet`}>
							{device.kind === "cli" ? device.lastUsedAt ? <Ago at={device.lastUsedAt} /> : "not yet" : <span className="max-sm:hidden">—</span>}
						</td>
						<td className={`${cell} ${narrow} max-sm:ml-auto`}>
							<span className="flex justify-end">
								<IconButton label={`Rename ${device.name}`} onClick={() => rename(device)}>
									<Pencil size={14} aria-hidden />
								</IconButton>
								<IconButton label={`Remove ${device.name}`} onClick={() => remove(device)}>
									<Trash2 size={14} aria-hidden />
								</IconButton>
							</span>
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
