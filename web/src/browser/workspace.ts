/**
 * Which workspace this tab looks at. A new tab begins with the one that was chosen last; then it keeps its own, so that a switch in
 * another tab never makes this one ask another workspace for the ids that it shows.
 */
const WORKSPACE = "tidegate.workspace";

/** Its id; null until the server has named one. */
export const chosenWorkspace = (): string | null =>
	typeof localStorage === "undefined" ? null : (sessionStorage.getItem(WORKSPACE) ?? localStorage.getItem(WORKSPACE));

export function chooseWorkspace(id: string | null): void {
	for (const kept of [sessionStorage, localStorage]) {
		if (id) kept.setItem(WORKSPACE, id);
		else kept.removeItem(WORKSPACE);
	}
}

let person = "";
/** Whom this page was made for: every request says so, and is refused once somebody else has signed in in this browser. Empty until it is known. */
export const pageOf = (): string => person;
export function makePageOf(id: string): void {
	person ||= id;
}

/** The workspace that the server answered for: the one asked for, or another where this person may not see that. */
export function keepWorkspace(id: string): void {
	if (chosenWorkspace() === id) sessionStorage.setItem(WORKSPACE, id);
	else chooseWorkspace(id);
}
