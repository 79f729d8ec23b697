"use client";
import { useQuery } from "@tanstack/react-query";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { trpc } from "../../../browser/api.ts";
import { Snippet } from "../../../ui/copy.tsx";
import { useManifest, useVersion } from "../../versions/components/version.ts";
import { entriesOf } from "./form/fields.ts";
import { runCommand } from "./run-command.ts";

/** In place of the runs of a flow that has none: the command that makes the first, with what it cannot do without. */
export default function NoRuns({ flow }: { flow: string }) {
	const told = useQuery(trpc.flows.get.queryOptions({ flow }));
	const version = useVersion(flow, told.data?.live?.number);
	const manifest = useManifest(flow, version.data);
	const entries = manifest.state === "open" ? entriesOf(manifest.value.parameters as ValueSchema) : [];
	const required = entries.filter((entry) => entry.required).map(({ name }) => name);
	return (
		<div className="flex max-w-xl flex-col gap-3 py-4">
			<p className="text-quiet">This flow has not run yet. Run it:</p>
			<Snippet code={runCommand(flow, required)} label="Run this flow and follow it" />
		</div>
	);
}
