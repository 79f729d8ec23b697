"use client";
import { Globe, Pencil, SquareTerminal, Trash2 } from "lucide-react";
import { IconButton } from "../../../ui/button.tsx";
import { ActionsHead, head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import type { Device } from "./asks.ts";
import { Fingerprint } from "./fingerprint.tsx";

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
		<Table
			heads={
				<>
					<th className={`${head} w-1/3`}>Device</th>
					{all && <th className={`${head} w-1/4`}>Whose</th>}
					<th className={head}>Workspace key</th>
					<th className={head}>Fingerprint</th>
					<th className={head}>Last used</th>
					<ActionsHead />
				</>
			}
		>
			{devices.map((device) => (
				<tr key={device.id} className={row}>
					<td className={`${rowCell} max-w-0 max-sm:w-full max-sm:max-w-full`}>
						<span className="flex min-w-0 items-center gap-2" title={device.name}>
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
						<td className={`${rowCell} max-w-0 truncate text-quiet max-sm:max-w-28`} title={device.person}>
							<bdi>{device.own ? "you" : device.person}</bdi>
						</td>
					)}
					<td className={rowCell}>{KEY[device.state]}</td>
					<td className={`${rowCell} text-quiet text-small max-sm:order-last max-sm:w-full`}>
						<Fingerprint of={device.publicKey} />
					</td>
					<td className={`${rowCell} text-quiet`}>
						{device.kind === "cli" ? (
							<>
								<span className="sm:sr-only">last used </span>
								{device.lastUsedAt ? <Ago at={device.lastUsedAt} /> : "not yet"}
							</>
						) : (
							<span className="max-sm:hidden">—</span>
						)}
					</td>
					<td className={`${rowCell} max-sm:ml-auto`}>
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
		</Table>
	);
}
