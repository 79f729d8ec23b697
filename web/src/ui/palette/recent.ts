/** What was chosen from the palette last, in this browser and for each workspace. */
import { chosenWorkspace } from "../../browser/workspace.ts";

const KEPT = 6;
const place = (): string => `tidegate.recent.${chosenWorkspace()}`;

/** Ids of entries, the last first. */
export function recent(): string[] {
	try {
		const value: unknown = JSON.parse(localStorage.getItem(place()) ?? "[]");
		return Array.isArray(value) ? value.filter((id) => typeof id === "string").slice(0, KEPT) : [];
	} catch {
		return [];
	}
}

export const remember = (id: string): void =>
	localStorage.setItem(place(), JSON.stringify([id, ...recent().filter((one) => one !== id)].slice(0, KEPT)));
