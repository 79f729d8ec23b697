/** Where the project lies in a traceback as Python prints it: on an agent in the run's directory, a path that says nothing to who reads it. */
import type { ErrorContent } from "./content.ts";

/** @returns the directory with its last slash, told by a frame of which both its own and its printed path are known. */
export function projectOf({ frames, traceback }: Pick<ErrorContent, "frames" | "traceback">): string | undefined {
	for (const { file, line, own } of frames) {
		if (!own) continue;
		const at = traceback.indexOf(`${file}", line ${line}`);
		if (at > 0) return traceback.slice(traceback.lastIndexOf('"', at) + 1, at) || undefined;
	}
	return undefined;
}

/** @returns the text with the project's own files named from the project on, as they are on the author's machine. */
export function shortTraceback(error: Pick<ErrorContent, "frames" | "traceback">): string {
	const project = projectOf(error);
	return project === undefined ? error.traceback : error.traceback.replaceAll(`File "${project}`, 'File "');
}
