"use client";
/** Devices that ask, and what this one was given: asked for when the server says that something changed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, type Outputs, trpc } from "../../../browser/api.ts";
import { useOwnKey } from "../../../browser/device.ts";

export type Device = Outputs["devices"]["list"]["devices"][number];

/** Renews all that is shown of devices, for as long as the caller is on the page. Only one of a page needs to. */
export function useDeviceChanges(listening: boolean): void {
	const client = useQueryClient();
	useEffect(() => {
		if (!listening) return;
		const renew = () => void client.invalidateQueries(trpc.devices.pathFilter());
		const changes = api.devices.changes.subscribe({}, { onStarted: renew, onData: renew });
		return () => changes.unsubscribe();
	}, [client, listening]);
}

/** What this browser is to the workspace; null where it never asked, undefined until that is known. */
export function useOwnDevice(wanted: boolean) {
	const publicKey = useOwnKey();
	const own = useQuery(trpc.devices.own.queryOptions({ publicKey: publicKey ?? "" }, { enabled: wanted && publicKey !== undefined }));
	return { publicKey, device: own.data?.device };
}

/** Devices other than this browser that wait for the key. */
export function useAsking(wanted: boolean): Device[] {
	const publicKey = useOwnKey();
	const asking = useQuery(trpc.devices.asking.queryOptions({}, { enabled: wanted, refetchOnWindowFocus: true }));
	return (asking.data?.devices ?? []).filter((device) => device.publicKey !== publicKey);
}
