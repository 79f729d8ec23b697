"use client";
import { isAt, PLACES } from "../ui/places.ts";
import { toastAfterLoad } from "../ui/toast.ts";
import { chooseWorkspace } from "./workspace.ts";

/** Pages that are the same in every workspace, so that their whole address can be kept. */
const ANYWHERE = /^\/(settings|docs)\//;

/** The address of `path` in another workspace: its place, without ids, which mean nothing there. */
export const pathElsewhere = (path: string): string => (ANYWHERE.test(path) ? path : (PLACES.find((place) => isAt(path, place))?.href ?? "/flows"));

/** By a full load: nothing that the page knew of the workspace before may be seen in the next. */
export function switchWorkspace({ id, name }: { id: string; name: string }): void {
	chooseWorkspace(id);
	toastAfterLoad(`This is ${name} now`);
	location.assign(pathElsewhere(location.pathname));
}
