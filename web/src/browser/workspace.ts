/** Which workspace this browser looks at. */
const WORKSPACE = "tidegate.workspace";

/** Its id; null until the server has named one. */
export const chosenWorkspace = (): string | null => (typeof localStorage === "undefined" ? null : localStorage.getItem(WORKSPACE));

export function chooseWorkspace(id: string | null): void {
	if (id) localStorage.setItem(WORKSPACE, id);
	else localStorage.removeItem(WORKSPACE);
}
