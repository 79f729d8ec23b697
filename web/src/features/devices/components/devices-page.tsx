"use client";
import { useQuery } from "@tanstack/react-query";
import { LockKeyhole, LockKeyholeOpen } from "lucide-react";
import { useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { deviceName, useOwnKey } from "../../../browser/device.ts";
import { useKey } from "../../../browser/key.tsx";
import { askForKey } from "../../../ui/asked.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { later } from "../../../ui/later.tsx";
import { SettingsPage } from "../../../ui/settings.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { type Device, useAsking, useDeviceChanges } from "./asks.ts";
import { DevicesTable } from "./devices-table.tsx";
import { Fingerprint } from "./fingerprint.tsx";

const GrantDialog = later(() => import("./grant-dialog.tsx").then((module) => module.GrantDialog));
const RemoveDialog = later(() => import("./change-dialogs.tsx").then((module) => module.RemoveDialog));
const EverywhereDialog = later(() => import("./change-dialogs.tsx").then((module) => module.EverywhereDialog));
const RenameDialog = later(() => import("./change-dialogs.tsx").then((module) => module.RenameDialog));

type Opened = { what: "grant" | "remove" | "rename"; device: Device } | undefined;

export function DevicesPage() {
	const devices = useQuery(trpc.devices.list.queryOptions({}));
	useDeviceChanges(true);
	const [opened, setOpened] = useState<Opened>();
	const close = () => setOpened(undefined);
	const list = devices.data?.devices;
	const ownKey = useOwnKey();
	return (
		<SettingsPage section="Devices">
			<h1 className="sr-only">Devices</h1>
			<div className="flex flex-col gap-8">
				<ThisBrowser />
				<Asks grant={(device) => setOpened({ what: "grant", device })} refuse={(device) => setOpened({ what: "remove", device })} />
				<Everywhere />
				<section aria-labelledby="devices" className="flex flex-col gap-2">
					<h2 id="devices" className="font-semibold text-large">
						{devices.data?.all ? "Devices of all members" : "Your devices"}
					</h2>
					<p className="max-w-[72ch] text-quiet">
						Command lines that were signed in here, and browsers that were given the workspace key by another one. A browser that was unlocked by a
						link or by pasting the key is not listed: the server does not know.
					</p>
					{!list && devices.error && (
						<Trouble title="The devices can't be shown" detail={devices.error.message} again={() => void devices.refetch()} />
					)}
					{!list && !devices.error && <div className="ghost h-9" aria-busy="true" />}
					{list && list.length > 0 && (
						<DevicesTable
							devices={list}
							ownKey={ownKey}
							all={devices.data?.all === true}
							rename={(device) => setOpened({ what: "rename", device })}
							remove={(device) => setOpened({ what: "remove", device })}
						/>
					)}
					{list?.length === 0 && <NoDevices />}
				</section>
			</div>
			{opened?.what === "grant" && <GrantDialog device={opened.device} close={close} />}
			{opened?.what === "remove" && <RemoveDialog device={opened.device} close={close} />}
			{opened?.what === "rename" && <RenameDialog device={opened.device} close={close} />}
		</SettingsPage>
	);
}

function ThisBrowser() {
	const { current } = useKey();
	const publicKey = useOwnKey();
	const [name, setName] = useState("");
	// After the first paint: the server does not know which browser it is.
	if (name === "" && publicKey) setName(deviceName());
	return (
		<section aria-labelledby="this-browser" className="flex flex-col gap-2">
			<h2 id="this-browser" className="font-semibold text-large">
				This browser
			</h2>
			<div className="flex min-h-7 flex-wrap items-center gap-x-6 gap-y-1">
				<span>{name || "\u00a0"}</span>
				<span className="flex items-center gap-2">
					<span className="text-quiet">Fingerprint</span>
					<Fingerprint of={publicKey} />
				</span>
				{current.state === "open" && (
					<span className="flex items-center gap-1.5">
						<LockKeyholeOpen size={14} aria-hidden />
						holds workspace key <span className="font-mono">{current.key.kid}</span>
					</span>
				)}
				{current.state === "sealed" && (
					<span className="flex items-center gap-1.5">
						<LockKeyhole size={14} aria-hidden />
						has no workspace key
						<Button onClick={askForKey}>Get it</Button>
					</span>
				)}
				{current.state === "unavailable" && <span className="text-quiet">{current.why}</span>}
			</div>
		</section>
	);
}

/** A browser that was left somewhere, or a cookie that was copied: all sessions end, on the server. */
function Everywhere() {
	const [asked, setAsked] = useState(false);
	return (
		<section aria-labelledby="everywhere" className="flex flex-col gap-2">
			<h2 id="everywhere" className="font-semibold text-large">
				Your sessions
			</h2>
			<p className="max-w-[72ch] text-quiet">
				Each browser in which you signed in holds a session for up to 14 days, or until you sign out there. Command lines are signed out below.
			</p>
			<div>
				<Button onClick={() => setAsked(true)}>Sign out everywhere…</Button>
			</div>
			{asked && <EverywhereDialog close={() => setAsked(false)} />}
		</section>
	);
}

function Asks({ grant, refuse }: { grant(device: Device): void; refuse(device: Device): void }) {
	const { current } = useKey();
	const asking = useAsking(true);
	if (asking.length === 0) return null;
	return (
		<section aria-labelledby="asks" className="flex flex-col gap-2">
			<h2 id="asks" className="font-semibold text-large">
				Waiting for the workspace key
			</h2>
			{current.state !== "open" && <p className="text-quiet">Only an unlocked browser can give the key.</p>}
			<ul className="border-line border-t">
				{asking.map((device) => (
					<li key={device.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line border-b py-2">
						<span className="min-w-0 flex-1 basis-56">
							<bdi className="block truncate font-medium" title={device.person}>
								{device.person}
							</bdi>
							<span className="block truncate text-quiet" title={device.name}>
								on <bdi>{device.name}</bdi>
							</span>
						</span>
						<Fingerprint of={device.publicKey} />
						<span className="flex gap-2">
							<Button onClick={() => refuse(device)} aria-label={`Refuse ${device.person}`}>
								Refuse
							</Button>
							<Button look="strong" disabled={current.state !== "open"} onClick={() => grant(device)} aria-label={`Compare with ${device.person}`}>
								Compare…
							</Button>
						</span>
					</li>
				))}
			</ul>
		</section>
	);
}

function NoDevices() {
	return (
		<div className="flex w-full max-w-xl flex-col gap-3 py-4">
			<p className="text-quiet">None yet. This signs a machine in, with a browser that you approve it in:</p>
			<Snippet code={`tidegate login --url ${location.origin}`} label="Sign a machine in" />
		</div>
	);
}
