"use client";
import { useQuery } from "@tanstack/react-query";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ArtifactContent } from "tidegate/protocol/content.ts";
import { useKey } from "../../../../browser/key.tsx";
import { type Opened, openOnce } from "../../../../browser/opened.ts";
import { usePlace } from "../place.ts";
import type { Artifact, RunView } from "../view.ts";

/** What is shown as one: an artifact, or the metrics of one name, step by step. */
export interface Group {
	/** The first one's. */
	id: string;
	members: Artifact[];
	content: Opened<ArtifactContent>;
}

export const sizeOf = (group: Group): number => group.members.reduce((sum, { size }) => sum + size, 0);

/** Artifacts in the order in which they were made. */
export function useGroups(view: RunView): Group[] {
	const { current } = useKey();
	const key = current.state === "open" ? current.key : undefined;
	const place = usePlace(view.run);
	const list = [...view.artifacts.values()];
	// Grows where one takes the place of its earlier self.
	const told = list.reduce((sum, { execution }) => sum + execution, 0);
	const names = useQuery({
		queryKey: ["artifact names", view.run.id, key?.kid, list.length, told],
		enabled: key !== undefined && list.length > 0,
		gcTime: 0,
		placeholderData: (before) => before,
		queryFn: async () => {
			if (!key) return [];
			const read = (artifact: Artifact) =>
				openOnce(key, `artifact ${artifact.id} ${artifact.execution}`, (openers) =>
					openers.openArtifact(key, place, artifact.id, fromBase64(artifact.sealed)),
				);
			return Promise.all(list.map(async (artifact) => [artifact.id, await read(artifact)] as const));
		},
	});
	const known = new Map<string, Opened<ArtifactContent>>(names.data);
	const series = new Map<string, Group>();
	const groups: Group[] = [];
	for (const artifact of list) {
		const content: Opened<ArtifactContent> = known.get(artifact.id) ?? { state: key || current.state === "loading" ? "opening" : "sealed" };
		const name = artifact.kind === "metrics" && content.state === "open" ? content.value.name : undefined;
		const begun = name === undefined ? undefined : series.get(name);
		if (begun) {
			begun.members.push(artifact);
			continue;
		}
		const group = { id: artifact.id, members: [artifact], content };
		groups.push(group);
		if (name !== undefined) series.set(name, group);
	}
	return groups;
}
